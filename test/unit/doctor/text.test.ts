import assert from "node:assert/strict";

import { describeFacts } from "../../../src/doctor/text";
import type { DoctorFacts } from "../../../src/doctor/facts";
import { ALL_WELL } from "../../helpers/doctorFacts";

describe("describeFacts", () => {
  it("lays out every section with its labels in line", () => {
    const facts: DoctorFacts = {
      ...ALL_WELL,
      program: { ...ALL_WELL.program, glibc: "2.36" },
      cuda: { providerFolder: "/store/cuda", missingLibraries: ["libcudnn.so.9"] },
      graphics: {
        ...ALL_WELL.graphics,
        nvidiaDriver: "550.54.15",
        nvidiaAdapters: [{ name: "An adapter", totalBytes: 24e9, freeBytes: 20e9 }],
      },
      remembered: {
        ...{
          file: "/store/device.json",
          reason: { code: "slower", device: "webgpu" } as const,
          ageMs: 3 * 86_400_000,
        },
        isInForce: false,
      },
      store: {
        ...ALL_WELL.store,
        models: [
          { name: "demo", state: "bundled" },
          ...ALL_WELL.store.models,
          { name: "bad", state: "damaged", problem: "A file is missing." },
        ],
        sets: [
          { name: "blip-base", missing: [] },
          { name: "blip-large", missing: ["blip-vqa-capfilt-large"] },
        ],
        unfinished: [{ name: "blip2-opt-6.7b", bytes: 2e9 }],
        caches: { features: 1e6, demo: 1e7, cuda: 3e8 },
      },
      hub: { endpoint: "https://mirror.example", proxy: "proxy:3128", hasToken: true },
      problems: ["The memory could not be looked at."],
    };
    const advice = [
      { id: "disk.full", text: "Free some space." },
      { id: "disk.slow", text: "Buy a disk." },
    ] as const;
    assert.equal(describeFacts(facts, advice), FULL_REPORT);
  });

  it("keeps a text of several lines from a driver on one line", () => {
    const devices = [{ device: "webgpu", state: "failed", why: "first\nsecond\n" }] as const;
    const text = describeFacts({ ...ALL_WELL, devices }, []);
    assert.match(text, /^ {2}webgpu {2}failed in the test: first second$/m);
  });

  it("says what is not known, and that there is nothing to advise", () => {
    const text = describeFacts({ devices: [], hub: { hasToken: false }, problems: [] }, []);
    assert.equal(
      text,
      [
        "What would make it faster\n  Nothing that can be seen from here.\n",
        "Drivers\n  not read on this platform\n",
        "Downloads, as the environment has them\n  Endpoint  default\n  Proxy     none in the environment\n  Token     not set\n",
      ].join("\n"),
    );
  });

  it("says in plain words that there is no NVIDIA card, and keeps a card's own reason", () => {
    const why = "OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library";
    const devices = [{ device: "cuda", state: "absent", why }] as const;
    const none = { ...ALL_WELL.graphics, nvidiaAdapters: [] };
    const line = (graphics: DoctorFacts["graphics"]): string | undefined =>
      /^ {2}cuda {2}(.*)$/m.exec(
        describeFacts(
          { devices, hub: ALL_WELL.hub, problems: [], ...(graphics && { graphics }) },
          [],
        ),
      )?.[1];
    assert.equal(line(none), "not available: no NVIDIA card found");
    const reason = "not available: Failed to load shared library";
    assert.equal(line({ ...none, nvidiaDriver: "550.54.15" }), reason);
    assert.equal(line(undefined), reason);
  });

  it("tells how each test of a device ended", () => {
    const states = ["absent", "failed", "wrong", "crashed", "timeout"] as const;
    const devices = states.map((state) => ({ device: "webgpu", state }) as const);
    const text = describeFacts({ ...ALL_WELL, devices }, []);
    for (const words of [
      "not available",
      "failed in the test",
      "computes wrong results",
      "crashed the test process",
      "did not finish the test",
    ]) {
      assert.match(text, new RegExp(`^ {2}webgpu {2}${words}$`, "m"));
    }
  });
});

const FULL_REPORT = `What would make it faster
  1.  Free some space.
  2.  Buy a disk.

Program
  Sightline     1.2.3
  ONNX Runtime  1.30.0
  Node.js       20.1.2
  System        linux-x64, glibc 2.36

Processor
  Model         A processor
  Cores         8 of 8 usable
  Instructions  avx2 avx512_vnni

Memory
  Available  20.0 GB of 32.0 GB
  Swap       1.0 MB of 8.0 GB used

Devices
  webgpu  works: 900.0 GFLOPS, the CPU 100.0 GFLOPS, f16 supported
  cuda    not available: No library.
  cpu     works: 100.0 GFLOPS
  auto    The CPU is used because WebGPU is slower here: it probably runs in software, without a graphics adapter. (Found out 3 days ago, no longer in force: /store/device.json)

Drivers
  Vulkan loader   /usr/lib/libvulkan.so.1
  Vulkan drivers  radeon_icd.x86_64.json
  NVIDIA driver   550.54.15
  NVIDIA adapter  An adapter, 20.0 GB of 24.0 GB free

CUDA
  Provider           /store/cuda
  Missing libraries  libcudnn.so.9 (cuDNN 9)

Store
  Folder                   /home/user/.cache/sightline
  Free                     300 GB (solid-state disk)
  Model demo               converted when first used
  Model opt                BLIP-2 OPT, generation, int8+f32, 3.8 GB on disk, about 3.9 GB of memory, whole
  Model bad                damaged: A file is missing.
  Set blip-base            whole
  Set blip-large           blip-vqa-capfilt-large is missing
  Download blip2-opt-6.7b  2.0 GB arrived, unfinished
  Image features           1.0 MB
  Demo                     10.0 MB
  CUDA libraries           300 MB

Downloads, as the environment has them
  Endpoint  https://mirror.example
  Proxy     proxy:3128
  Token     set

Problems
  The memory could not be looked at.
`;
