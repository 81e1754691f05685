import assert from "node:assert/strict";
import {
  appendFile,
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { AppError, isCancelled } from "../../../../src/base/errors";
import { demoFolder, ensureDemoModel } from "../../../../src/library/store/demoModel";
import { openModelFolder, verifyFiles } from "../../../../src/engine/session/modelFolder";
import { modelStoreOf, type ModelStore } from "../../../../src/library/store/modelStore";
import { fixturePath } from "../../../helpers/fixtures";

const checkpoint = fixturePath("kits", "itm", "checkpoint");

describe("ensureDemoModel", () => {
  let root: string;
  let store: ModelStore;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "sightline-demo-"));
    const home = path.join(root, "home");
    store = modelStoreOf({ env: { SIGHTLINE_HOME: home }, platform: "linux", homeDir: root });
  });
  afterEach(() => rm(root, { recursive: true }));

  it("converts once and finds the model afterwards", async () => {
    let nReports = 0;
    const onProgress = (): void => {
      nReports++;
    };
    const folder = await ensureDemoModel({ demoCheckpoint: checkpoint, store, onProgress });
    assert.equal((await openModelFolder(folder)).config.kind, "retrieval");
    assert.ok(nReports > 0);
    nReports = 0;
    assert.equal(await ensureDemoModel({ demoCheckpoint: checkpoint, store, onProgress }), folder);
    assert.equal(nReports, 0);
    assert.deepEqual(await readdir(store.modelsDir), [path.basename(folder)]);
  });

  it("makes a model again whose weights changed but not their size", async () => {
    const folder = await ensureDemoModel({ demoCheckpoint: checkpoint, store });
    const file = path.join(folder, "vision_encoder.onnx_data");
    const { size } = await stat(file);
    await writeFile(file, Buffer.alloc(size, 1));
    assert.equal(await ensureDemoModel({ demoCheckpoint: checkpoint, store }), folder);
    await verifyFiles(await openModelFolder(folder));
  });

  it("makes a model again that lost its manifest", async () => {
    const folder = await ensureDemoModel({ demoCheckpoint: checkpoint, store });
    await rm(path.join(folder, "manifest.json"));
    await ensureDemoModel({ demoCheckpoint: checkpoint, store });
    await verifyFiles(await openModelFolder(folder));
  });

  it("gives another checkpoint another folder", async () => {
    const copy = path.join(root, "checkpoint");
    await cp(checkpoint, copy, { recursive: true });
    const first = await demoFolder({ demoCheckpoint: copy, store });
    assert.equal(first, await demoFolder({ demoCheckpoint: checkpoint, store }));
    await appendFile(path.join(copy, "generation_config.json"), "\n");
    assert.notEqual(first, await demoFolder({ demoCheckpoint: copy, store }));
  });

  it("converts once for calls that come together, and leaves no lock", async () => {
    let nBegun = 0;
    const call = (): Promise<string> => {
      let isFirst = true;
      const onProgress = (): void => {
        if (isFirst) nBegun += 1;
        isFirst = false;
      };
      return ensureDemoModel({ demoCheckpoint: checkpoint, store, onProgress });
    };
    const folders = await Promise.all([call(), call(), call()]);
    assert.equal(new Set(folders).size, 1);
    assert.equal(nBegun, 1);
    assert.deepEqual(await readdir(store.locksDir), []);
  });

  it("deletes the demos of other versions that nobody used for a day, and nothing else", async () => {
    const dayAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
    const hourAgo = new Date(Date.now() - 60 * 60 * 1000);
    const folders: readonly (readonly [string, Date])[] = [
      ["demo-000000000000", dayAgo],
      ["demo-111111111111", hourAgo],
      ["demo-mine", dayAgo],
      ["other", dayAgo],
    ];
    for (const [name, date] of folders) {
      const folder = path.join(store.modelsDir, name);
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, "manifest.json"), "{}");
      await utimes(folder, date, date);
    }
    const made = await ensureDemoModel({ demoCheckpoint: checkpoint, store });
    assert.deepEqual(
      (await readdir(store.modelsDir)).sort(),
      ["demo-111111111111", path.basename(made), "demo-mine", "other"].sort(),
    );
  });

  it("tells other versions that the demo is in use", async () => {
    const folder = await ensureDemoModel({ demoCheckpoint: checkpoint, store });
    const dayAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(folder, dayAgo, dayAgo);
    await ensureDemoModel({ demoCheckpoint: checkpoint, store });
    assert.ok(Date.now() - (await stat(folder)).mtimeMs < 60_000);
  });

  it("says so when the checkpoint is missing from the installation", async () => {
    const missing = path.join(root, "nothing");
    await assert.rejects(ensureDemoModel({ demoCheckpoint: missing, store }), (thrown) => {
      assert.ok(thrown instanceof AppError);
      assert.equal(thrown.code, "checkpoint.missing");
      assert.ok(thrown.message.includes(missing));
      return true;
    });
  });

  it("names the variable that moves the store when it cannot be written", async () => {
    // A file where the store should be, because permissions do not stop an administrator.
    await writeFile(store.root, "");
    await chmod(store.root, 0o444);
    await assert.rejects(ensureDemoModel({ demoCheckpoint: checkpoint, store }), (thrown) => {
      assert.ok(thrown instanceof AppError);
      assert.equal(thrown.code, "convert.failed");
      assert.match(thrown.message, /SIGHTLINE_HOME/);
      return true;
    });
  });

  it("leaves nothing behind when it is cancelled", async () => {
    await mkdir(store.modelsDir, { recursive: true });
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = (): void => {
      controller.abort();
    };
    await assert.rejects(
      ensureDemoModel({ demoCheckpoint: checkpoint, store, signal, onProgress }),
      isCancelled,
    );
    assert.deepEqual(await readdir(store.modelsDir), []);
  });
});
