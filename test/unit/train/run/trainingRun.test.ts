import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { cpuTensor, type Tensor } from "../../../../src/engine/session/session";
import { RandomStream } from "../../../../src/engine/decode/sampling";
import { stage1Feeds } from "../../../../src/train/graphs/stage1Feeds";
import { stage1Graph } from "../../../../src/train/graphs/stage1Graph";
import { Parameters } from "../../../../src/train/parameters";
import { readLog } from "../../../../src/train/run/trainingLog";
import { openRun, runTraining, type TrainingTask } from "../../../../src/train/run/trainingRun";
import { latestCheckpoint } from "../../../../src/train/run/trainingState";
import { fixturePath } from "../../../helpers/fixtures";

const START = fixturePath("training", "stage1", "checkpoint");
const STEPS = 5;
const SIZES = { batch: 3, textLength: 8 } as const;
const factory = createOrtSessionFactory();

function feedsOf(step: number): Record<string, Tensor> {
  const random = RandomStream.seeded(7, step);
  const features = Float32Array.from({ length: 3 * 10 * 32 }, () => random.nextUnit() - 0.5);
  const text = (): number[] => [
    2,
    ...Array.from({ length: 4 }, () => 5 + (random.nextUint32() % 90)),
    3,
  ];
  return {
    image_features: cpuTensor(features, [3, 10, 32]),
    ...stage1Feeds({
      texts: [text(), text(), text()],
      ...{ textLength: SIZES.textLength, padId: 0, captionId: 119, negatives: random },
    }),
  };
}

function taskOf(parameters: Parameters): TrainingTask {
  const { config } = parameters.checkpoint;
  assert.ok(config.family === "blip-2" && config.kind === "retrieval");
  const graph = stage1Graph({
    ...{ config, weights: parameters.weights, ...SIZES },
    // The whole takes six times as long to open.
    objectives: ["itc"],
  });
  return {
    graph,
    trained: [...graph.g.parameters.keys()],
    batches: (step) => Promise.resolve([feedsOf(step)]),
    validate: () => Promise.resolve({ figure: parameters.values("temp")[0] ?? 0 }),
  };
}

describe("a run of training", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-run-"));
  });
  after(() => rm(folder, { recursive: true }));

  /** Trains in a folder until `stopAt`, or to the end. */
  const train = async (
    name: string,
    stopAt?: number,
    settings: unknown = "same",
  ): Promise<void> => {
    const out = path.join(folder, name);
    const parameters = await openRun(out, START);
    const aborter = new AbortController();
    await runTraining(parameters, taskOf(parameters), {
      ...{ out, steps: STEPS, factory, device: "cpu", settings, signal: aborter.signal },
      ...{ rate: 1e-3, warmupSteps: 2, saveEvery: 2, validateEvery: 2 },
      trainer: { maxNorm: 1, adamW: { floors: { temp: 0.01 } } },
      onStep: ({ step }) => {
        if (step === stopAt) aborter.abort();
      },
    });
  };
  const valuesOf = async (name: string): Promise<ReadonlyMap<string, Float32Array>> => {
    const checkpoint = await latestCheckpoint(path.join(folder, name));
    const parameters = await Parameters.open(checkpoint ?? "");
    await parameters.load(parameters.names());
    return new Map(parameters.names().map((tensor) => [tensor, parameters.values(tensor)]));
  };

  it("goes on after a stop to the very same numbers, and its log has each step once", async () => {
    await train("whole");
    for (const stopAt of [1, 3]) {
      await assert.rejects(train("parts", stopAt), /stopped after step/);
    }
    await train("parts");
    assert.deepEqual(await valuesOf("parts"), await valuesOf("whole"));
    const log = await readLog(path.join(folder, "parts", "log.jsonl"));
    assert.deepEqual(
      log.map(({ step }) => step),
      [1, 2, 3, 4, 5],
    );
    assert.deepEqual(Object.keys(log[0]?.losses ?? {}), ["itc"]);
    assert.equal(typeof log[1]?.figures?.["figure"], "number");
    const whole = await readLog(path.join(folder, "whole", "log.jsonl"));
    assert.deepEqual(
      log.map(({ losses }) => losses),
      whole.map(({ losses }) => losses),
    );
  });

  it("changes what it trains and leaves the rest to the bit", async () => {
    const before = await Parameters.open(START);
    await before.load(before.names());
    const after = await valuesOf("whole");
    const frozen = [...after].filter(([name]) => /^vision_model\.(embeddings|encoder)/.test(name));
    assert.ok(frozen.length > 5);
    for (const [name, values] of frozen) assert.deepEqual(values, before.values(name), name);
    assert.notDeepEqual(
      after.get("text_projection.weight"),
      before.values("text_projection.weight"),
    );
  });

  it("is whole again when the process ended between two renames, or while it wrote", async () => {
    const out = path.join(folder, "between");
    await cp(path.join(folder, "whole"), out, { recursive: true });
    await rename(path.join(out, "checkpoint"), path.join(out, "checkpoint.before"));
    await cp(path.join(out, "checkpoint.before"), path.join(out, "checkpoint.next"), {
      recursive: true,
    });
    await writeFile(path.join(out, "checkpoint.next", "model.safetensors"), "half");
    assert.deepEqual(await valuesOf("between"), await valuesOf("whole"));
    await train("between");
    assert.deepEqual(await valuesOf("between"), await valuesOf("whole"));
  });

  it("does not go on with other settings", async () => {
    await assert.rejects(train("whole", undefined, "others"), /has a run with other settings/);
  });

  it("writes a model that opens as a checkpoint, its heads apart", async () => {
    const checkpoint = (await latestCheckpoint(path.join(folder, "whole"))) ?? "";
    const names = await readdir(checkpoint);
    for (const name of [
      "config.json",
      "tokenizer.json",
      "model.safetensors",
      "heads.safetensors",
    ]) {
      assert.ok(names.includes(name), name);
    }
  });
});
