import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { convertModel } from "../../../../src/convert/convertModel";
import { openModelFolder } from "../../../../src/engine/session/modelFolder";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { cpuTensor, type TensorMap } from "../../../../src/engine/session/session";
import { RandomStream } from "../../../../src/engine/decode/sampling";
import { frozenLanguage, shareLanguage } from "../../../../src/train/fit/frozenLanguage";
import { learntFrom, optFeeds, t5Feeds } from "../../../../src/train/graphs/stage2Feeds";
import { stage2Graph, STAGE2_INPUTS } from "../../../../src/train/graphs/stage2Graph";
import { Parameters } from "../../../../src/train/parameters";
import { TrainingSession, type StepResult } from "../../../../src/train/session";
import { fixturePath } from "../../../helpers/fixtures";

const factory = createOrtSessionFactory();
const TEXTS = [
  [2, 8, 83, 36, 67, 65],
  [2, 8, 65],
];
const BIAS = "language_projection.bias";

/** All of a language model, in every way in which its weights are stored. */
const CASES = {
  "stage2-opt": ["f32", "f16", "int8:16", "int4:16", "w8a8", "int8:128"],
  "stage2-t5": ["f32", "int8:16", "int4:128", "w8a8"],
};

describe("a language model that is frozen", () => {
  let root = "";
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), "sightline-frozen-"));
  });
  after(() => rm(root, { recursive: true }));

  /** @param precision of a converted model; none trains through the checkpoint's own tensors */
  const open = async (kit: string, precision?: string) => {
    const checkpoint = fixturePath("training", kit, "checkpoint");
    const parameters = await Parameters.open(checkpoint);
    const { config } = parameters.checkpoint;
    assert.ok(config.family === "blip-2" && config.kind === "generation");
    const { vision, text, numQueryTokens: nQueries } = config;
    const sizes = text.kind === "t5" ? { textLength: 3, targetLength: 6 } : { textLength: 6 };
    const { weights } = parameters;
    const common = { config, weights, pictures: 2, ...sizes };
    const name = `${kit}-${precision?.replace(":", "-")}`;
    const [out, folder] = [path.join(root, name), path.join(root, `${name}-parts`)];
    if (precision !== undefined) {
      await convertModel({ checkpoint, out, precision });
      await shareLanguage(await openModelFolder(out), folder);
    }
    const graph =
      precision === undefined
        ? stage2Graph(common)
        : {
            ...stage2Graph({ ...common, frozen: frozenLanguage(await openModelFolder(out)) }),
            folder,
          };
    const trained = [...graph.g.parameters.keys()].filter(
      (tensor) => !tensor.startsWith("language_model."),
    );
    const session = await TrainingSession.open(graph, {
      ...{ factory, device: "cpu", parameters, trained },
    });
    const random = RandomStream.seeded(5);
    const count = 2 * ((vision.imageSize / vision.patchSize) ** 2 + 1) * vision.hiddenSize;
    const features = Float32Array.from({ length: count }, () => random.nextUnit() - 0.5);
    const words =
      text.kind === "t5"
        ? t5Feeds({
            ...{ config: text, length: 3, targetLength: 6, nQueries, padId: 0 },
            ...{ sources: [[5, 1], [1]], targets: TEXTS },
          })
        : optFeeds({
            texts: TEXTS.map((ids) => learntFrom(1, ids)),
            ...{ length: 6, nQueries, padId: 1 },
          });
    const dims = [2, count / 2 / vision.hiddenSize, vision.hiddenSize];
    const feeds: TensorMap = {
      ...words,
      [STAGE2_INPUTS.imageFeatures]: cpuTensor(features, dims),
    };
    return { parameters, session, feeds };
  };
  const lossOf = ({ losses }: StepResult): number => losses["lm"] ?? NaN;

  for (const [kit, precisions] of Object.entries(CASES)) {
    for (const precision of precisions) {
      it(`is differentiated as it is stored: ${kit} in ${precision}`, async () => {
        const exact = await open(kit);
        const expected = await exact.session.run(exact.feeds);
        const { parameters, session, feeds } = await open(kit, precision);
        const result = await session.run(feeds);
        const tolerance = precision === "f32" ? 1e-6 : precision.startsWith("int4") ? 0.2 : 0.03;
        const off = Math.abs(lossOf(result) - lossOf(expected)) / lossOf(expected);
        assert.ok(off < tolerance, `${lossOf(result)} and ${lossOf(expected)}`);
        assert.deepEqual([...result.gradients.keys()], [...expected.gradients.keys()]);
        const gradient = result.gradients.get(BIAS)?.slice() ?? new Float32Array();
        if (precision === "f32") {
          for (const [name, values] of expected.gradients) {
            values.forEach((value, i) => {
              const own = result.gradients.get(name)?.[i] ?? NaN;
              assert.ok(Math.abs(own - value) < 1e-5, `${name}: ${own} and ${value}`);
            });
          }
        }
        // Central differences along the gradient.
        const values = parameters.values(BIAS);
        const start = values.slice();
        const length = Math.hypot(...gradient);
        const at = async (step: number): Promise<number> => {
          gradient.forEach((slope, i) => (values[i] = start[i]! + (step * slope) / length));
          return lossOf(await session.run(feeds));
        };
        const slope = ((await at(0.02)) - (await at(-0.02))) / 0.04;
        assert.ok(Math.abs(slope / length - 1) < 0.03, `${slope} and ${length}`);
        await exact.session.release();
        await session.release();
      });
    }
  }
});
