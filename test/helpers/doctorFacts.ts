/** What `doctor` finds out about a machine on which everything is well. */

import type { DoctorFacts, ModelFacts } from "../../src/doctor/facts";

export const ALL_WELL = {
  program: { sightline: "1.2.3", onnxRuntime: "1.30.0", node: "20.1.2", platform: "linux-x64" },
  processor: {
    model: "A processor",
    arch: "x64",
    nCores: 8,
    usableCores: 8,
    simd: ["avx2", "avx512_vnni"],
  },
  memory: { totalBytes: 32e9, availableBytes: 20e9, swapTotalBytes: 8e9, swapUsedBytes: 1e6 },
  graphics: {
    vulkanLoader: "/usr/lib/libvulkan.so.1",
    vulkanDrivers: ["radeon_icd.x86_64.json"],
    nvidiaAdapters: [],
  },
  devices: [
    { device: "webgpu", state: "works", gflops: { device: 900, cpu: 100 }, float16: true },
    { device: "cuda", state: "absent", why: "No library." },
    { device: "cpu", state: "works", gflops: { device: 100, cpu: 100 }, float16: true },
  ],
  store: {
    folder: "/home/user/.cache/sightline",
    freeBytes: 300e9,
    disk: "solid",
    models: [storedModel("opt", "int8+f32", 3.8e9)],
    sets: [],
    copies: [],
    unfinished: [],
    caches: { features: 1e6, demo: 1e7, cuda: 0 },
  },
  hub: { hasToken: false },
  problems: [],
} as const satisfies DoctorFacts;

/** A whole model of the store. */
export function storedModel(name: string, precision: string, bytes: number): ModelFacts {
  const folder = `/models/${name}`;
  return {
    ...{ name, folder, state: "ready", kind: "generation", languageModel: "opt" },
    ...{ architecture: "BLIP-2 OPT", precision, bytes, memoryBytes: bytes + 1e8 },
  };
}
