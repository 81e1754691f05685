import assert from "node:assert/strict";

import { adviceOf, type AdviceId } from "../../../src/doctor/advice";
import type { DeviceFacts, DoctorFacts } from "../../../src/doctor/facts";
import { ALL_WELL, storedModel } from "../../helpers/doctorFacts";

const idsOf = (facts: DoctorFacts): readonly AdviceId[] => adviceOf(facts).map(({ id }) => id);

/** The machine with another WebGPU. */
function withWebgpu(webgpu: Omit<DeviceFacts, "device">): DoctorFacts {
  const others = ALL_WELL.devices.filter(({ device }) => device !== "webgpu");
  return { ...ALL_WELL, devices: [{ device: "webgpu", ...webgpu }, ...others] };
}

const withStore = (store: Partial<DoctorFacts["store"]>): DoctorFacts => ({
  ...ALL_WELL,
  store: { ...ALL_WELL.store, ...store },
});

const NO_VULKAN = { state: "absent", why: "The library libvulkan.so.1 is not installed." } as const;
const NVIDIA = { ...ALL_WELL.graphics, nvidiaDriver: "550.54.15" };
const REMEMBERED = {
  file: "/store/device.json",
  reason: { code: "slower", device: "webgpu" } as const,
  ageMs: 5,
  isInForce: true,
};

describe("adviceOf", () => {
  it("has nothing to say about a machine on which everything is well", () => {
    assert.deepEqual(adviceOf(ALL_WELL), []);
  });

  const cases: readonly [id: AdviceId, facts: DoctorFacts, words: RegExp][] = [
    ["device.forget", { ...ALL_WELL, remembered: REMEMBERED }, /Delete \/store\/device\.json/],
    [
      "device.slow",
      withWebgpu({ state: "works", gflops: { device: 0.3, cpu: 100 }, float16: false }),
      /in software/,
    ],
    [
      "vulkan.loader",
      { ...withWebgpu(NO_VULKAN), graphics: { vulkanDrivers: [], nvidiaAdapters: [] } },
      /libvulkan1 or vulkan-loader/,
    ],
    [
      "vulkan.driver",
      { ...withWebgpu(NO_VULKAN), graphics: { ...ALL_WELL.graphics, vulkanDrivers: [] } },
      /mesa-vulkan-drivers/,
    ],
    [
      "cuda.provider",
      { ...ALL_WELL, graphics: NVIDIA, cuda: { missingLibraries: [] } },
      /sightline cuda install/,
    ],
    [
      "cuda.libraries",
      {
        ...ALL_WELL,
        graphics: NVIDIA,
        cuda: { providerFolder: "/cuda", missingLibraries: ["libcudart.so.13", "libcudnn.so.9"] },
      },
      /libcudart\.so\.13 \(CUDA 13\), libcudnn\.so\.9 \(cuDNN 9\).*SIGHTLINE_CUDA_LIBRARIES/,
    ],
    [
      "memory.short",
      { ...ALL_WELL, memory: { totalBytes: 4e9, availableBytes: 3.8e9 } },
      /opt needs about 3\.9 GB .* 3\.8 GB are available\. .*--precision small/,
    ],
    [
      "memory.swap",
      { ...ALL_WELL, memory: { ...ALL_WELL.memory, swapUsedBytes: 2e9 } },
      /2\.0 GB are swapped out/,
    ],
    [
      "precision.exact",
      withStore({ models: [storedModel("exact", "f32", 15e9)] }),
      /In f32: exact/,
    ],
    [
      "processor.quota",
      { ...ALL_WELL, processor: { ...ALL_WELL.processor, usableCores: 1.5 } },
      /1\.5 of 8 cores/,
    ],
    [
      "processor.simd",
      { ...ALL_WELL, processor: { ...ALL_WELL.processor, simd: ["avx2"] } },
      /no VNNI/,
    ],
    ["disk.full", withStore({ freeBytes: 1e9 }), /Only 1\.0 GB are free/],
    ["disk.slow", withStore({ disk: "network" }), /network file system/],
    [
      "models.copies",
      withStore({
        copies: [
          ["a", "b"],
          ["c", "d"],
        ],
      }),
      /a and b; c and d/,
    ],
  ];
  for (const [id, facts, words] of cases) {
    it(`gives ${id} alone where it applies`, () => {
      const advice = adviceOf(facts);
      assert.deepEqual(idsOf(facts), [id]);
      assert.match(advice[0]!.text, words);
    });
  }

  it("does not ask to forget a device that is still of no use", () => {
    const slow = withWebgpu({ state: "works", gflops: { device: 1, cpu: 100 }, float16: false });
    assert.ok(!idsOf({ ...slow, remembered: REMEMBERED }).includes("device.forget"));
    assert.deepEqual(idsOf({ ...ALL_WELL, remembered: { ...REMEMBERED, isInForce: false } }), []);
  });

  it("does not offer a smaller precision to a model that has it", () => {
    for (const precision of ["int8+int4", "small"]) {
      const models = [storedModel("opt", precision, 2e9)];
      const facts = { ...withStore({ models }), memory: { totalBytes: 2e9, availableBytes: 1e9 } };
      assert.deepEqual(idsOf(facts), ["memory.short"]);
      assert.doesNotMatch(adviceOf(facts)[0]!.text, /precision/);
    }
  });

  it("leaves small models and the demo in f32", () => {
    const models = [storedModel("kit", "f32", 1e6), storedModel("demo", "f32", 1e9)];
    assert.deepEqual(idsOf(withStore({ models })), []);
  });

  it("offers CUDA's libraries only where there is an adapter for them", () => {
    assert.deepEqual(idsOf({ ...ALL_WELL, cuda: { missingLibraries: [] } }), []);
  });

  it("says that a processor without AVX2 is slow, and nothing of one it cannot read", () => {
    const { simd, ...unread } = ALL_WELL.processor;
    assert.equal(simd.length, 2);
    assert.deepEqual(idsOf({ ...ALL_WELL, processor: unread }), []);
    assert.deepEqual(idsOf({ ...ALL_WELL, processor: { ...unread, arch: "arm64", simd: [] } }), []);
    const [advice] = adviceOf({ ...ALL_WELL, processor: { ...unread, simd: ["sse4_1"] } });
    assert.match(advice!.text, /no AVX2/);
  });

  it("copes with a machine of which nothing is known", () => {
    assert.deepEqual(adviceOf({ devices: [], hub: { hasToken: false }, problems: ["All."] }), []);
  });
});
