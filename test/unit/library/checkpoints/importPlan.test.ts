import assert from "node:assert/strict";
import { cp, mkdir, readdir, statfs } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../../../src/base/errors";
import { freeBytesAt } from "../../../../src/library/store/diskSpace";
import { importModel } from "../../../../src/library/checkpoints/importModel";
import {
  freeName,
  planImport,
  usualPrecision,
} from "../../../../src/library/checkpoints/importPlan";
import { totalBytes } from "../../../../src/library/store/modelEntries";
import { modelStoreOf, type ModelStore } from "../../../../src/library/store/modelStore";
import { fixturePath } from "../../../helpers/fixtures";
import { temporaryFolder } from "../../../helpers/kitModel";
import { writeTinyCheckpoint } from "../../../helpers/tinyCheckpoint";

const checkpointOf = (kit: string): string => fixturePath("kits", kit, "checkpoint");

describe("planImport", () => {
  let store: ModelStore;
  beforeEach(async () => {
    const env = { SIGHTLINE_HOME: path.join(await temporaryFolder(), "home") };
    store = modelStoreOf({ env, platform: "linux", homeDir: "/" });
  });

  for (const [kit, architecture] of [
    ["opt-odd", "BLIP-2 OPT"],
    ["t5-odd", "BLIP-2 T5"],
    ["itm", "BLIP-2 ITM"],
  ] as const) {
    for (const precision of ["f32", "f16", "int8:128", "balanced", "small"]) {
      it(`tells the size of ${kit} in ${precision} to the byte`, async () => {
        const source = { checkpoint: checkpointOf(kit), precision };
        const plan = await planImport(source, store);
        assert.equal(plan.architecture, architecture);
        assert.equal(plan.kind, kit === "itm" ? "retrieval" : "generation");
        assert.equal(plan.precision, precision);
        const { manifest } = await importModel({ ...source, out: plan.out }, store);
        assert.equal(plan.modelBytes, totalBytes(manifest.files));
        assert.equal(plan.sourceBytes, totalBytes(manifest.source.files));
      });
    }
  }

  it("names the model after its checkpoint, and writes nothing", async () => {
    const plan = await planImport({ checkpoint: checkpointOf("itm") }, store);
    assert.equal(plan.name, "checkpoint");
    assert.equal(plan.out, path.join(store.modelsDir, "checkpoint"));
    assert.equal(plan.precision, "f32");
    await assert.rejects(readdir(store.root));
  });

  it("finds the free space of a folder that does not exist yet", async () => {
    const { freeBytes } = await planImport({ checkpoint: checkpointOf("itm") }, store);
    const disk = await statfs(path.dirname(store.root));
    // Other programs write meanwhile.
    assert.ok(Math.abs(freeBytes - disk.bavail * disk.bsize) < 1e9);
    assert.ok((await freeBytesAt("/none/of/these")) > 0);
  });

  it("chooses another name than those of the store", async () => {
    await mkdir(path.join(store.modelsDir, "Checkpoint"), { recursive: true });
    await mkdir(path.join(store.modelsDir, "checkpoint-2"));
    const { name } = await planImport({ checkpoint: checkpointOf("itm") }, store);
    assert.equal(name, "checkpoint-3");
  });

  it("imports from the cache of Hugging Face under the repository's name", async () => {
    const root = await temporaryFolder();
    const snapshots = path.join(root, "models--o--blip2-itm", "snapshots");
    const snapshot = path.join(snapshots, "a".repeat(40));
    await cp(checkpointOf("itm"), snapshot, { recursive: true });
    const plan = await planImport({ checkpoint: root }, store);
    assert.equal(plan.name, "blip2-itm");
    const { manifest } = await importModel({ checkpoint: root, out: plan.out }, store);
    assert.equal(manifest.source.name, "blip2-itm");
  });

  it("says what is wrong with a checkpoint or a precision", async () => {
    const fails = async (
      source: { checkpoint: string; precision?: string },
      code: string,
    ): Promise<void> => {
      await assert.rejects(
        planImport(source, store),
        (thrown) => thrown instanceof AppError && thrown.code === code,
      );
    };
    await fails({ checkpoint: path.join(store.root, "none") }, "checkpoint.missing");
    await fails({ checkpoint: checkpointOf("itm"), precision: "int3" }, "option.invalid");
    await fails({ checkpoint: checkpointOf("itm"), precision: "decoder=f16" }, "option.invalid");
  });
});

describe("usualPrecision", () => {
  const modelBytes = (precision: string): Promise<number> =>
    Promise.resolve(precision === "balanced" ? 4e9 : 2e9);

  it("leaves small checkpoints as they are and makes large ones small", async () => {
    const at = { memoryBytes: 16e9, modelBytes };
    assert.equal(await usualPrecision(0, at), "f32");
    assert.equal(await usualPrecision(199_999_999, at), "f32");
    assert.equal(await usualPrecision(200_000_000, at), "balanced");
  });

  it("takes the smaller profile where memory is short", async () => {
    const at = (memoryBytes: number) => ({ memoryBytes, modelBytes });
    assert.equal(await usualPrecision(15e9, at(8e9)), "small");
    assert.equal(await usualPrecision(15e9, at(9.9e9)), "balanced");
  });

  it("plans a checkpoint of several hundred megabytes in the profile that fits", async () => {
    const folder = path.join(await temporaryFolder(), "large");
    // Holes in a file, so that it takes no disk.
    await writeTinyCheckpoint(folder, {
      kit: "opt",
      isSparse: true,
      config: {
        vision_config: { hidden_size: 256, intermediate_size: 1 << 17, num_hidden_layers: 1 },
        qformer_config: { encoder_hidden_size: 256 },
        text_config: { ffn_dim: 1 << 17 },
      },
    });
    const env = { SIGHTLINE_HOME: path.join(folder, "home") };
    const store = modelStoreOf({ env, platform: "linux", homeDir: "/" });
    const ample = await planImport({ checkpoint: folder }, store, 16e9);
    assert.equal(ample.precision, "balanced");
    assert.ok(ample.modelBytes < ample.sourceBytes / 3, `${ample.modelBytes}`);
    const short = await planImport({ checkpoint: folder }, store, 64e6);
    assert.equal(short.precision, "small");
    assert.ok(short.modelBytes < ample.modelBytes);
    const chosen = await planImport({ checkpoint: folder, precision: "small" }, store, 16e9);
    assert.equal(chosen.modelBytes, short.modelBytes);
  });
});

describe("freeName", () => {
  it("keeps a name that is free", () => {
    assert.equal(freeName("blip2-opt-2.7b", ["other"]), "blip2-opt-2.7b");
  });

  it("counts on, whatever the case", () => {
    assert.equal(freeName("Blip2", ["blip2", "BLIP2-2"]), "Blip2-3");
  });

  it("replaces what a folder's name cannot have on every platform", () => {
    const cases: readonly (readonly [string, string])[] = [
      ["My Model (final)", "My-Model-final"],
      ["..", "model"],
      ["", "model"],
      ["漢字", "model"],
      ["-x", "x"],
      ["con", "model"],
      ["NUL.bin", "model"],
      ["console", "console"],
      ["ends.", "ends"],
      ["m.partial-12", "model"],
      ["x".repeat(300), "x".repeat(80)],
    ];
    for (const [wanted, name] of cases) assert.equal(freeName(wanted, []), name, wanted);
  });

  it("leaves the demo's names to the demo", () => {
    assert.equal(freeName("demo", []), "demo-2");
    assert.equal(freeName("Demo", []), "Demo-2");
    assert.equal(freeName("demo-0123456789ab", []), "demo-0123456789ab-2");
  });
});
