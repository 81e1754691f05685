import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { featureFolder } from "../../../../src/engine/picture/featureCache";
import { openModelFolder } from "../../../../src/engine/session/modelFolder";
import { deleteModel } from "../../../../src/library/store/deleteModel";
import { ensureDemoModel } from "../../../../src/library/store/demoModel";
import { folderBytes } from "../../../../src/library/store/diskSpace";
import { withModelLock } from "../../../../src/library/store/modelLock";
import {
  listModels,
  modelStoreOf,
  type ModelStore,
} from "../../../../src/library/store/modelStore";
import { fixturePath } from "../../../helpers/fixtures";
import { EngineRoll } from "../../../../src/roll/engineRoll";
import { kitModel, temporaryFolder } from "../../../helpers/kitModel";

const demoCheckpoint = fixturePath("kits", "itm", "checkpoint");

describe("deleteModel", () => {
  let store: ModelStore;
  let rollFolder: string;
  beforeEach(async () => {
    rollFolder = path.join(await temporaryFolder(), "r");
    const env = { SIGHTLINE_HOME: await temporaryFolder() };
    store = modelStoreOf({ env, platform: "linux", homeDir: "/" });
    await mkdir(store.modelsDir);
  });

  const remove = (
    name: string,
    beforeRemoval?: (folder: string) => Promise<void>,
  ): Promise<{ readonly freedBytes: number }> =>
    deleteModel({
      name,
      store,
      demoCheckpoint,
      rollFolder,
      ...(beforeRemoval === undefined ? {} : { beforeRemoval }),
    });

  it("deletes a model and its image features, and says how much that frees", async () => {
    const folder = path.join(store.modelsDir, "itm");
    await cp(await kitModel("itm"), folder, { recursive: true });
    const { identity } = await openModelFolder(folder);
    const features = featureFolder(store.featuresDir, identity);
    await mkdir(features, { recursive: true });
    await writeFile(path.join(features, "1.features"), new Uint8Array(1000));
    const expected = (await folderBytes(folder)) + 1000;
    assert.deepEqual(await remove("itm"), { freedBytes: expected });
    assert.deepEqual(await readdir(store.modelsDir), []);
    assert.deepEqual(await readdir(store.featuresDir), []);
  });

  it("lets go of the model before it goes", async () => {
    const folder = path.join(store.modelsDir, "m");
    await mkdir(folder);
    const seen: string[] = [];
    await remove("m", async (given) => {
      await stat(given);
      seen.push(given);
    });
    assert.deepEqual(seen, [folder]);
  });

  it("deletes what is damaged, and of a link only the link", async () => {
    const elsewhere = await temporaryFolder();
    await writeFile(path.join(elsewhere, "manifest.json"), "{}");
    await symlink(elsewhere, path.join(store.modelsDir, "link"), "junction");
    await symlink(path.join(elsewhere, "gone"), path.join(store.modelsDir, "dangling"), "junction");
    await mkdir(path.join(store.modelsDir, "empty"));
    for (const name of ["link", "dangling", "empty"]) {
      assert.deepEqual(await remove(name), { freedBytes: 0 });
    }
    assert.deepEqual(await readdir(store.modelsDir), []);
    assert.equal(await readFile(path.join(elsewhere, "manifest.json"), "utf8"), "{}");
  });

  it("deletes the demo, which then comes back", async () => {
    assert.deepEqual(await remove("demo"), { freedBytes: 0 });
    const folder = await ensureDemoModel({ demoCheckpoint, store });
    const bytes = await folderBytes(folder);
    assert.deepEqual(await remove("demo"), { freedBytes: bytes });
    assert.deepEqual(await listModels(store), []);
    assert.equal(await ensureDemoModel({ demoCheckpoint, store }), folder);
  });

  it("refuses names that are not there, and names that lead elsewhere", async () => {
    await mkdir(path.join(store.root, "precious"));
    await mkdir(path.join(store.modelsDir, "m.partial-1"));
    await writeFile(path.join(store.modelsDir, "file"), "");
    const names = ["gone", "../precious", "..", ".", "", "m.partial-1", "file", "/", store.root];
    for (const name of names) await failsWith(remove(name), "model.missing");
    assert.deepEqual((await readdir(store.modelsDir)).sort(), ["file", "m.partial-1"]);
    await stat(path.join(store.root, "precious"));
  });

  it("refuses a model that another process is writing", async () => {
    const folder = path.join(store.modelsDir, "m");
    await mkdir(folder);
    await withModelLock({ store, folder, ifBusy: "wait" }, () =>
      failsWith(remove("m"), "model.busy"),
    );
    await remove("m");
  });

  it("ends an idle engine that holds the model, and deletes none that somebody works with", async () => {
    for (const name of ["m", "other"]) await mkdir(path.join(store.modelsDir, name));
    let model = "m";
    let isIdle = false;
    const roll = new EngineRoll({
      folder: rollFolder,
      describe: () => ({ holder: "command", store: store.root, model, bytes: 1, state: "busy" }),
      release: () => Promise.resolve(isIdle),
    });
    await roll.join();
    try {
      await failsWith(remove("m"), "model.busy");
      model = path.join(store.modelsDir, "m");
      await failsWith(remove("m"), "model.busy");
      await remove("other");
      isIdle = true;
      await remove("m");
      assert.deepEqual(await readdir(store.modelsDir), []);
    } finally {
      await roll.dispose();
    }
  });

  it("says so when the model is gone by the time that it would go", async () => {
    const folder = path.join(store.modelsDir, "m");
    await mkdir(folder);
    const twice = remove("m", async () => {
      const { removeModelFolder } = await import("../../../../src/library/store/removeModelFolder");
      await removeModelFolder(folder);
    });
    await failsWith(twice, "model.missing");
  });

  it("deletes what an earlier process could not finish", async () => {
    await mkdir(path.join(store.modelsDir, ".deleted-1", "deep"), { recursive: true });
    await mkdir(path.join(store.modelsDir, "m"));
    await remove("m");
    assert.deepEqual(await readdir(store.modelsDir), []);
  });
});

async function failsWith(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(work, (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    return true;
  });
}
