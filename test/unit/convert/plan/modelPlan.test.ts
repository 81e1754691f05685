import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { openCheckpoint } from "../../../../src/convert/checkpoint/checkpoint";
import { CheckpointWeights } from "../../../../src/convert/checkpoint/checkpointWeights";
import { planModel, type ModelPlan } from "../../../../src/convert/plan/modelPlan";
import type { TensorInfo } from "../../../../src/convert/checkpoint/tensorInfo";
import { TensorReader } from "../../../../src/convert/checkpoint/tensorReader";
import { WeightMap } from "../../../../src/convert/checkpoint/weightMap";
import type { ModelConfig } from "../../../../src/model/config/modelConfig";
import { PART, partsOf, type PartName } from "../../../../src/model/graph/graphContract";
import type { Precision } from "../../../../src/model/precision/precision";
import { fixturePath } from "../../../helpers/fixtures";
import {
  checkpointShapes,
  writeTinyCheckpoint,
  type TinyCheckpointOptions,
} from "../../../helpers/tinyCheckpoint";

const F32: Precision = { kind: "f32" };
const INT8: Precision = { kind: "int8", blockSize: 32 };

describe("planModel", () => {
  let root = "";
  let nFolders = 0;
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), "sightline-plan-"));
  });
  after(() => rm(root, { recursive: true }));

  async function plan(
    options: TinyCheckpointOptions,
    precisionOf: (part: PartName) => Precision = () => F32,
  ) {
    const folder = path.join(root, String(nFolders++));
    await writeTinyCheckpoint(folder, { isSparse: true, ...options });
    const { config, tensors: found } = await openCheckpoint(folder);
    const map = new WeightMap({ folder, tensors: found });
    const model = planModel(config, new CheckpointWeights(map, new TensorReader()), precisionOf);
    const names = model.parts.map(({ name }) => name);
    assert.deepEqual(names, partsOf(config));
    assert.deepEqual(map.finish(), []);
    return model;
  }

  const bytesOf = (model: ModelPlan, part: PartName): number =>
    model.parts.find(({ name }) => name === part)?.data?.bytes ?? 0;

  it("plans a graph of the same weights for other devices, but for what is always the CPU's", async () => {
    const model = await plan({ kit: "t5" });
    const accelerated = model.parts.flatMap(({ accelerator }) => accelerator?.graphFile ?? []);
    assert.deepEqual(accelerated, [
      "vision_encoder.accelerator.onnx",
      "qformer.accelerator.onnx",
      "text_encoder.accelerator.onnx",
      "decoder.accelerator.onnx",
    ]);
  });

  it("plans the image encoder in stages of the same weights, where these can stay in their file", async () => {
    for (const { precision, nStages } of [
      { precision: F32, nStages: 3 },
      { precision: { kind: "w8a8" }, nStages: 3 },
      { precision: { kind: "f16" }, nStages: 0 },
      { precision: { kind: "int8", blockSize: 16 }, nStages: 0 },
    ] as const) {
      const model = await plan({ kit: "opt" }, () => precision);
      const staged = model.parts.filter(({ stages }) => stages.length > 0);
      assert.deepEqual(
        staged.flatMap(({ stages }) => stages.map(({ graphFile }) => graphFile)),
        Array.from({ length: nStages }, (_, i) => `vision_encoder.${i + 1}of${nStages}.onnx`),
      );
    }
  });

  it("plans each class with one data file for each part that has weights of its own", async () => {
    const files = async (kit: "opt" | "t5" | "itm"): Promise<string[]> =>
      (await plan({ kit })).dataFiles.map(({ fileName }) => fileName);
    const common = ["vision_encoder.onnx_data", "qformer.onnx_data"];
    const generation = [...common, "embed_tokens.onnx_data"];
    assert.deepEqual(await files("opt"), [...generation, "decoder.onnx_data"]);
    assert.deepEqual(await files("t5"), [
      ...generation,
      "text_encoder.onnx_data",
      "decoder.onnx_data",
    ]);
    assert.deepEqual(await files("itm"), common);
  });

  it("shares the data and the precision of the Q-Former's graphs", async () => {
    const model = await plan({ kit: "itm" }, (part) => (part === PART.qformer ? INT8 : F32));
    const [vision, ...qformers] = model.parts;
    assert.deepEqual(vision?.precision, F32);
    assert.equal(qformers.length, 4);
    for (const part of qformers) {
      assert.equal(part.data?.fileName, "qformer.onnx_data");
      assert.deepEqual(part.precision, INT8);
    }
  });

  it("gives graphs without weights no data and the precision f32", async () => {
    const model = await plan({ kit: "t5" }, () => INT8);
    for (const name of [PART.reorderCache, PART.expandEncoderCache]) {
      const part = model.parts.find((planned) => planned.name === name);
      assert.equal(part?.data, undefined);
      assert.deepEqual(part?.precision, F32);
      assert.ok(part.graph.encode().length > 0);
    }
  });

  it("makes a part smaller with fewer bits, and only that part", async () => {
    const config = { text_config: { hidden_size: 128, ffn_dim: 512, word_embed_proj_dim: 128 } };
    const sizeIn = async (precision: Precision, part: PartName): Promise<number> => {
      const precisionOf = (name: PartName): Precision => (name === PART.decoder ? precision : F32);
      return bytesOf(await plan({ kit: "opt", config }, precisionOf), part);
    };
    const kinds: Precision[] = [F32, { kind: "f16" }, INT8, { kind: "int4", blockSize: 32 }];
    const decoders = await Promise.all(kinds.map((kind) => sizeIn(kind, PART.decoder)));
    assert.deepEqual(
      decoders,
      [...decoders].sort((a, b) => b - a),
    );
    assert.equal(new Set(decoders).size, kinds.length);
    const visions = await Promise.all(kinds.map((kind) => sizeIn(kind, PART.visionEncoder)));
    assert.equal(new Set(visions).size, 1);
  });

  for (const kit of ["opt", "t5", "itm", "instructblip-t5", "instructblip-llama"] as const) {
    describe(`with the tensors of the ${kit} kit`, () => {
      let config: ModelConfig;
      let tensors: ReadonlyMap<string, TensorInfo>;
      before(async () => {
        ({ config, tensors } = await openCheckpoint(fixturePath("kits", kit, "checkpoint")));
      });

      /** Plans with one tensor replaced, or removed, and expects a failure that names it. */
      function expectFailure(
        name: string,
        code: ErrorCode,
        replacement?: Partial<TensorInfo>,
      ): void {
        const changed = new Map(tensors);
        if (replacement === undefined) changed.delete(name);
        else changed.set(name, { ...changed.get(name)!, ...replacement });
        const map = new WeightMap({ folder: "/c", tensors: changed });
        assert.throws(
          () => {
            planModel(config, new CheckpointWeights(map, new TensorReader()), () => F32);
            map.finish();
          },
          (thrown) => {
            assert.ok(thrown instanceof AppError);
            assert.equal(thrown.code, code, thrown.message);
            assert.equal(thrown.detail?.["tensor"], name);
            return true;
          },
        );
      }

      it("misses each tensor that is taken away", () => {
        for (const name of tensors.keys()) {
          // Without a head of its own a model uses its embedding table.
          if (name === "language_model.lm_head.weight") continue;
          expectFailure(name, "checkpoint.incomplete");
        }
      });

      it("refuses each tensor in another shape", () => {
        for (const [name, { shape }] of tensors) {
          expectFailure(name, "checkpoint.incomplete", { shape: [...shape, 1] });
          const [first = 0, ...rest] = shape;
          expectFailure(name, "checkpoint.incomplete", { shape: [first + 1, ...rest] });
        }
      });

      it("refuses each tensor in a type that holds no weights", () => {
        for (const name of tensors.keys()) {
          expectFailure(name, "checkpoint.unsupported", { dtype: "I64" });
        }
      });

      it("has the tensors that the tests' own checkpoints have", async () => {
        const text = await readFile(fixturePath("kits", kit, "checkpoint", "config.json"), "utf8");
        const json = JSON.parse(text) as Record<string, unknown>;
        const shapes = checkpointShapes(json, tensors.has("language_model.lm_head.weight"));
        assert.deepEqual([...shapes.keys()].sort(), [...tensors.keys()].sort());
        for (const [name, shape] of shapes) assert.deepEqual(tensors.get(name)?.shape, shape);
      });
    });
  }
});
