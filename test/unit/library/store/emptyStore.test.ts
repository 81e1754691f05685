import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../../../src/base/errors";
import { openModelFolder } from "../../../../src/engine/session/modelFolder";
import {
  emptyStore,
  type EmptyOptions,
  storeContents,
} from "../../../../src/library/store/emptyStore";
import { withModelLock } from "../../../../src/library/store/modelLock";
import { modelStoreOf, type ModelStore } from "../../../../src/library/store/modelStore";
import { EngineRoll } from "../../../../src/roll/engineRoll";
import { kitModel, temporaryFolder } from "../../../helpers/kitModel";

const NAME = "blip2-opt-2.7b";
const UUID = "01234567-89ab-cdef-0123-456789abcdef";

describe("emptyStore", () => {
  let store: ModelStore;
  let model: string;
  let options: EmptyOptions & { readonly rollFolder: string };
  const at = (...names: string[]): string => path.join(store.root, ...names);
  const put = async (...names: string[]): Promise<string> => {
    const file = at(...names);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, new Uint8Array(100));
    return file;
  };

  beforeEach(async () => {
    const home = path.join(await temporaryFolder(), "store");
    store = modelStoreOf({ env: { SIGHTLINE_HOME: home }, platform: "linux", homeDir: "/" });
    // A short path, because it becomes the address of a socket.
    options = { store, downloads: [NAME], rollFolder: path.join(await temporaryFolder(), "r") };
    model = at("models", "itm");
    await cp(await kitModel("itm"), model, { recursive: true });
    await put("models", "itm.partial-12", "part.data");
    await put("models", `.deleted-${UUID}`, "part.data");
    await put("models", `.adding-${NAME}`, "part.data");
    await put("downloads", NAME, "weights.safetensors.partial");
    await put("features", "0123456789abcdef", "1.features");
    await put("cuda", "onnxruntime-1.30.0", "record.json");
    await put("cuda", "download", "package.nupkg.partial");
    await put("device.json");
  });

  const isBusy = (thrown: unknown): boolean =>
    thrown instanceof AppError && thrown.code === "model.busy";

  it("leaves nothing of what Sightline made, and frees what it said", async () => {
    const contents = await storeContents(options);
    assert.deepEqual(contents.foreign, []);
    assert.equal(contents.folder, store.root);
    const { models, downloads, cuda, caches } = contents.sizes;
    assert.equal(models + downloads + cuda + caches, contents.bytes);
    assert.deepEqual({ downloads, cuda, caches }, { downloads: 100, cuda: 200, caches: 200 });
    assert.ok(models > 200);
    assert.deepEqual(await emptyStore(options), { freedBytes: contents.bytes, left: [] });
    assert.ok(!existsSync(store.root));
  });

  it("finds nothing in a store that is not there", async () => {
    await rm(store.root, { recursive: true });
    assert.equal((await storeContents(options)).bytes, 0);
    assert.deepEqual(await emptyStore(options), { freedBytes: 0, left: [] });
  });

  it("leaves what somebody else put there, wherever it is, and names it", async () => {
    const elsewhere = await temporaryFolder();
    await writeFile(path.join(elsewhere, "manifest.json"), "{}");
    await symlink(elsewhere, at("models", "link"), "junction");
    const foreign = [
      await put("cuda", "notes.txt"),
      await put("downloads", "my-checkpoint", "model.safetensors"),
      await put("features", "0123456789abcdef", "notes.txt"),
      await put("models", "itm", "notes.txt"),
      await put("models", "mine", "manifest.json"),
      await put("models", "notes.txt"),
      await put("thesis", "chapter.md"),
    ];
    const named = (file: string): boolean =>
      left.some((other) => file === other || file.startsWith(other + path.sep));
    const told = (await storeContents(options)).foreign;
    const { left } = await emptyStore(options);
    assert.deepEqual(left, told);
    assert.equal(left.length, foreign.length + 1);
    for (const file of foreign) assert.ok(existsSync(file) && named(file), file);
    assert.ok(existsSync(path.join(elsewhere, "manifest.json")));
    assert.deepEqual(await readdir(model), ["notes.txt"]);
    assert.ok(!existsSync(at("device.json")));
  });

  it("goes on where it was stopped", async () => {
    const { manifest } = await openModelFolder(model);
    for (const { path: name } of manifest.files.slice(1)) await rm(path.join(model, name));
    await rm(at("cuda"), { recursive: true });
    assert.deepEqual((await emptyStore(options)).left, []);
    assert.ok(!existsSync(store.root));
  });

  it("deletes nothing while a process writes to any model", async () => {
    const before = await storeContents(options);
    await withModelLock({ store, folder: at("models", "other"), ifBusy: "refuse" }, async () => {
      await assert.rejects(emptyStore(options), isBusy);
    });
    assert.deepEqual(await storeContents(options), before);
    assert.deepEqual((await emptyStore(options)).left, []);
  });

  it("deletes nothing while a command reads this store, and does not mind one of another", async () => {
    let home = store.root;
    const roll = new EngineRoll({
      folder: options.rollFolder,
      describe: () => ({ holder: "command", store: home, model: "itm", bytes: 1, state: "busy" }),
      release: () => Promise.resolve(false),
    });
    await roll.join();
    try {
      await assert.rejects(emptyStore(options), /command in a terminal .*model itm/);
      await openModelFolder(model);
      home = await temporaryFolder();
      assert.deepEqual((await emptyStore(options)).left, []);
    } finally {
      await roll.dispose();
    }
  });

  it("ends idle engines of other windows, and deletes nothing while one is at work", async () => {
    let state: "busy" | "ready" | "gone" = "busy";
    const roll = new EngineRoll({
      folder: options.rollFolder,
      describe: () =>
        state === "gone" ? undefined : { holder: "window", model: "itm", bytes: 1, state },
      release: () => {
        const isFree = state !== "busy";
        if (isFree) state = "gone";
        return Promise.resolve(isFree);
      },
    });
    await roll.join();
    try {
      await assert.rejects(emptyStore(options), isBusy);
      await openModelFolder(model);
      state = "ready";
      assert.deepEqual((await emptyStore(options)).left, []);
      assert.equal(state, "gone");
    } finally {
      await roll.dispose();
    }
  });
});
