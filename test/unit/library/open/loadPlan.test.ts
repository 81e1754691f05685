import assert from "node:assert/strict";
import { cp, readFile, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { openModelFolder } from "../../../../src/engine/session/modelFolder";
import { freeMemoryFor, type MemorySources } from "../../../../src/machine/freeMemory";
import { planLoad } from "../../../../src/library/open/loadPlan";
import type { NvidiaAdapter } from "../../../../src/machine/facts";
import { type ModelStore, modelStoreOf } from "../../../../src/library/store/modelStore";
import type { DeviceChoice } from "../../../../src/model/ask/device";
import {
  formatManifest,
  MANIFEST_FILE,
  parseManifest,
} from "../../../../src/model/folder/manifest";
import { cpuMemoryBytesOf, memoryBytesOf } from "../../../../src/model/folder/memoryEstimate";
import { kitModel, temporaryFolder } from "../../../helpers/kitModel";

const adapter = (freeBytes: number): NvidiaAdapter => ({ name: "A", totalBytes: 1e12, freeBytes });

/** A machine without an adapter. */
function memoryOf(systemBytes: number): MemorySources {
  return {
    systemBytes: () => Promise.resolve(systemBytes),
    adapters: () => Promise.resolve([]),
    isCpuRemembered: () => Promise.resolve(false),
  };
}

/** Gives a file of a model so many bytes, of which the disk holds none, and says so in the manifest. */
async function enlarge(folder: string, name: string, bytes: number): Promise<void> {
  await truncate(path.join(folder, name), bytes);
  const file = path.join(folder, MANIFEST_FILE);
  const manifest = parseManifest(await readFile(file, "utf8"), file);
  const files = manifest.files.map((entry) => (entry.path === name ? { ...entry, bytes } : entry));
  await writeFile(file, formatManifest({ ...manifest, files }));
}

describe("freeMemoryFor", () => {
  const free = async (
    device: DeviceChoice,
    bytes: { readonly system: number; readonly adapters: readonly number[] },
    isCpuRemembered = false,
  ): Promise<string> => {
    const found = await freeMemoryFor(device, {
      systemBytes: () => Promise.resolve(bytes.system),
      adapters: () => Promise.resolve(bytes.adapters.map(adapter)),
      isCpuRemembered: () => Promise.resolve(isCpuRemembered),
    });
    return `${found.bytes} ${found.place}`;
  };

  it("is the adapter's for a device on it, of the adapter that has most", async () => {
    const bytes = { system: 5, adapters: [7, 9] };
    for (const device of ["cuda", "webgpu", "dml"] as const) {
      assert.equal(await free(device, bytes), "9 adapter");
    }
    for (const device of ["cpu", "coreml"] as const) {
      assert.equal(await free(device, bytes), "5 system");
    }
  });

  it("is the system's where no adapter tells of a memory of its own", async () => {
    assert.equal(await free("webgpu", { system: 5, adapters: [] }), "5 system");
    assert.equal(await free("auto", { system: 5, adapters: [] }), "5 system");
  });

  it("is the larger one where nobody named a device, and the system's once the CPU is settled on", async () => {
    assert.equal(await free("auto", { system: 5, adapters: [9] }), "9 adapter");
    assert.equal(await free("auto", { system: 12, adapters: [9] }), "12 system");
    assert.equal(await free("auto", { system: 5, adapters: [9] }, true), "5 system");
  });
});

describe("planLoad", () => {
  let store: ModelStore;
  beforeEach(async () => {
    const env = { SIGHTLINE_HOME: await temporaryFolder() };
    store = modelStoreOf({ env, platform: "linux", homeDir: "/" });
  });

  const plan = (
    model: string | undefined,
    free: number,
    device: DeviceChoice = "cpu",
  ): ReturnType<typeof planLoad> => planLoad({ model, store, device, memory: memoryOf(free) });

  /** @returns what it needs. */
  const add = async (kit: string, precision: string): Promise<number> => {
    const folder = path.join(store.modelsDir, `${kit}-${precision}`);
    await cp(await kitModel(kit, precision), folder, { recursive: true });
    return memoryBytesOf((await openModelFolder(folder)).manifest);
  };

  it("says what a model needs and what is free", async () => {
    const neededBytes = await add("opt", "f32");
    assert.deepEqual(await plan("opt-f32", 1e12), { neededBytes, availableBytes: 1e12 });
    const folder = await kitModel("opt", "f32");
    assert.deepEqual(await plan(folder, 1e12), { neededBytes, availableBytes: 1e12 });
  });

  it("names the largest model of the same checkpoint that fits", async () => {
    const [f32, f16, small] = [
      await add("opt", "f32"),
      await add("opt", "f16"),
      await add("opt", "int4"),
    ];
    await add("opt-odd", "int4");
    assert.ok(small < f16 && f16 < f32);
    const at = async (free: number): Promise<string | undefined> =>
      (await plan("opt-f32", free, "webgpu")).smaller?.name;
    assert.equal(await at(f32), undefined);
    assert.equal(await at(f32 - 1), "opt-f16");
    assert.equal(await at(f16 - 1), "opt-int4");
    assert.equal(await at(small - 1), undefined);
    assert.deepEqual((await plan("opt-f32", small, "webgpu")).smaller, {
      name: "opt-int4",
      neededBytes: small,
    });
  });

  it("leaves out what stays in its file, where the CPU is sure to compute", async () => {
    await add("opt", "f32");
    const folder = path.join(store.modelsDir, "opt-f32");
    await enlarge(folder, "vision_encoder.onnx_data", 300_000_000);
    const { manifest } = await openModelFolder(folder);
    const wholeBytes = memoryBytesOf(manifest);
    const neededBytes = cpuMemoryBytesOf(manifest);
    assert.ok(neededBytes < wholeBytes - 250e6);
    for (const free of [wholeBytes, neededBytes, 1]) {
      assert.equal((await plan("opt-f32", free)).neededBytes, neededBytes);
    }
    const memory = memoryOf(neededBytes);
    // A processor's own graphics shares the memory and takes the whole of it.
    const auto = await planLoad({ model: "opt-f32", store, device: "auto", memory });
    assert.equal(auto.neededBytes, wholeBytes);
    const isCpuRemembered = (): Promise<boolean> => Promise.resolve(true);
    const known = { ...memory, isCpuRemembered };
    const settled = await planLoad({ model: "opt-f32", store, device: "auto", memory: known });
    assert.equal(settled.neededBytes, neededBytes);
  });

  it("lets the demo be, and asks the system when nobody else says", async () => {
    assert.deepEqual(await plan("demo", 5), { neededBytes: 0, availableBytes: 5 });
    const { availableBytes } = await planLoad({ model: undefined, store, device: "cpu" });
    assert.ok(availableBytes > 0 && Number.isFinite(availableBytes));
  });

  it("looks at the adapter's memory where the weights will lie, and counts what is given back", async () => {
    const neededBytes = await add("opt", "f32");
    const held = { folder: path.join(store.modelsDir, "opt-f32"), device: "cuda" } as const;
    const memory = { ...memoryOf(1), adapters: () => Promise.resolve([adapter(100)]) };
    const at = { model: "opt-f32", store, device: "cuda", memory } as const;
    assert.deepEqual(await planLoad(at), { neededBytes, availableBytes: 100, isOnAdapter: true });
    assert.equal((await planLoad({ ...at, held })).availableBytes, 100 + neededBytes);
    const onCpu = await planLoad({ ...at, held: { ...held, device: "cpu" } });
    assert.equal(onCpu.availableBytes, 100);
  });

  it("names a model that is not there", async () => {
    await assert.rejects(plan("nothing", 5), { code: "model.missing" });
  });
});
