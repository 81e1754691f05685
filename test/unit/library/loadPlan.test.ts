import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import path from "node:path";
import { openModelFolder } from "../../../src/engine/modelFolder";
import { planLoad } from "../../../src/library/loadPlan";
import { modelStoreOf, type ModelStore } from "../../../src/library/modelStore";
import { memoryBytesOf } from "../../../src/model/memoryEstimate";
import { kitModel, temporaryFolder } from "../../helpers/kitModel";

describe("planLoad", () => {
  let store: ModelStore;
  beforeEach(async () => {
    const env = { SIGHTLINE_HOME: await temporaryFolder() };
    store = modelStoreOf({ env, platform: "linux", homeDir: "/" });
  });

  const plan = (model: string | undefined, free: number): ReturnType<typeof planLoad> =>
    planLoad({ model, store, availableBytes: () => Promise.resolve(free) });

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
      (await plan("opt-f32", free)).smaller?.name;
    assert.equal(await at(f32), undefined);
    assert.equal(await at(f32 - 1), "opt-f16");
    assert.equal(await at(f16 - 1), "opt-int4");
    assert.equal(await at(small - 1), undefined);
    assert.deepEqual((await plan("opt-f32", small)).smaller, {
      name: "opt-int4",
      neededBytes: small,
    });
  });

  it("lets the demo be, and asks the system when nobody else says", async () => {
    assert.deepEqual(await plan("demo", 5), { neededBytes: 0, availableBytes: 5 });
    const { availableBytes } = await planLoad({ model: undefined, store });
    assert.ok(availableBytes > 0 && Number.isFinite(availableBytes));
  });

  it("names a model that is not there", async () => {
    await assert.rejects(plan("nothing", 5), { code: "model.missing" });
  });
});
