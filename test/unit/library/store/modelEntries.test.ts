import assert from "node:assert/strict";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { openModelFolder } from "../../../../src/engine/session/modelFolder";
import { ensureDemoModel } from "../../../../src/library/store/demoModel";
import { listEntries, precisionsOf, totalBytes } from "../../../../src/library/store/modelEntries";
import { modelStoreOf, type ModelStore } from "../../../../src/library/store/modelStore";
import { fixturePath } from "../../../helpers/fixtures";
import { kitModel, temporaryFolder } from "../../../helpers/kitModel";

const demoCheckpoint = fixturePath("kits", "itm", "checkpoint");

describe("listEntries", () => {
  let store: ModelStore;
  beforeEach(async () => {
    const env = { SIGHTLINE_HOME: await temporaryFolder() };
    store = modelStoreOf({ env, platform: "linux", homeDir: "/" });
  });

  const copy = (kit: string, name: string): Promise<void> =>
    kitModel(kit).then((from) => cp(from, path.join(store.modelsDir, name), { recursive: true }));

  it("shows a demo that was never used as bundled", async () => {
    assert.deepEqual(await listEntries(store, demoCheckpoint), [
      { name: "demo", state: "bundled", kind: "generation" },
    ]);
  });

  it("shows the converted demo first, under its own name, and the others by name", async () => {
    await copy("opt-odd", "b");
    await copy("t5-odd", "a");
    const folder = await ensureDemoModel({ demoCheckpoint, store });
    const entries = await listEntries(store, demoCheckpoint);
    assert.deepEqual(
      entries.map(({ name, architecture }) => [name, architecture]),
      [
        ["demo", "BLIP-2 ITM"],
        ["a", "BLIP-2 T5"],
        ["b", "BLIP-2 OPT"],
      ],
    );
    assert.equal(entries[0]?.folder, folder);
  });

  it("tells what a model is", async () => {
    await copy("opt-odd", "m");
    const folder = path.join(store.modelsDir, "m");
    const { manifest } = await openModelFolder(folder);
    assert.deepEqual((await listEntries(store, demoCheckpoint))[1], {
      name: "m",
      folder,
      state: "ready",
      kind: "generation",
      languageModel: "opt",
      architecture: "BLIP-2 OPT",
      precision: "f32",
      bytes: totalBytes(manifest.files),
    });
  });

  it("shows no demo when the program came without one", async () => {
    assert.deepEqual(await listEntries(store, path.join(store.root, "none")), []);
  });

  it("says what is wrong with a model, and what it takes all the same", async () => {
    await mkdir(path.join(store.modelsDir, "x", "deep"), { recursive: true });
    await writeFile(path.join(store.modelsDir, "x", "deep", "file"), new Uint8Array(10));
    await copy("itm", "newer");
    const manifest = path.join(store.modelsDir, "newer", "manifest.json");
    await rm(manifest);
    await writeFile(manifest, '{"formatVersion": 999, "graphContractVersion": 1}');
    const [, newer, damaged] = await listEntries(store, demoCheckpoint);
    assert.equal(newer?.state, "unsupported");
    assert.equal(damaged?.state, "damaged");
    assert.equal(damaged.bytes, 10);
    assert.match(damaged.problem ?? "", /no converted model/);
  });
});

describe("precisionsOf", () => {
  it("names the precisions of the parts that have weights, each once", async () => {
    const { manifest } = await openModelFolder(await kitModel("opt-odd", "f16,decoder=int4"));
    assert.equal(precisionsOf(manifest), "f16+int4:32");
  });
});
