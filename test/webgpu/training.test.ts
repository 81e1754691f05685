import assert from "node:assert/strict";
import { createOrtSessionFactory } from "../../src/engine/session/ortSession";
import { cpuTensor, type TensorMap } from "../../src/engine/session/session";
import { RandomStream } from "../../src/engine/decode/sampling";
import { verifyTraining } from "../../src/measure/verify/verifyTraining";
import { imageTokenCount } from "../../src/model/config/visionConfig";
import { stage1Feeds } from "../../src/train/graphs/stage1Feeds";
import { stage1Graph, STAGE1_INPUTS } from "../../src/train/graphs/stage1Graph";
import type { Moments } from "../../src/train/optimise/adamW";
import { Parameters, TEMPERATURE } from "../../src/train/parameters";
import { blip2Of } from "../../src/train/stages/checkpointEncoder";
import { openTrainer } from "../../src/train/step/openTrainer";
import { fixturePath } from "../helpers/fixtures";
import { holdDevice } from "../helpers/heldDevice";

holdDevice();

describe("training on WebGPU, with no node on the CPU", function () {
  this.timeout(600_000);

  it("equals a trusted program's in the kit stage2-opt", async () => {
    const kit = fixturePath("training", "stage2-opt");
    const { ok, stages, device } = await verifyTraining(kit, { device: "webgpu" });
    assert.equal(device, "webgpu");
    assert.ok(ok, JSON.stringify(stages));
    assert.ok(stages.step5 !== undefined);
  });

  it("sums batches, clips, holds floors and goes on from a state as the CPU does", async () => {
    const [here, there] = [await run("cpu"), await run("webgpu")];
    assert.ok(here.size > 20);
    for (const [name, values] of here) {
      const other = there.get(name);
      assert.ok(other !== undefined, name);
      assert.equal(other.length, values.length, name);
      const away = values.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (other[i] ?? NaN))),
        0,
      );
      // Three steps of 1e-3; a step is only as exact as its sign where a gradient is next to nothing.
      assert.ok(away < 2e-4, `${name}: ${away}`);
    }
    assert.equal(there.get("temp")?.[0], here.get("temp")?.[0]);
  });
});

const BATCH = 4;
const LENGTH = 8;
/** Reached in the first step. */
const LEAST_TEMPERATURE = Math.fround(0.0695);

/** Parameters and moments after two steps and, with a trainer that begins from there, one more. */
async function run(device: "cpu" | "webgpu"): Promise<Map<string, Float32Array>> {
  const parameters = await Parameters.open(fixturePath("training", "stage1", "checkpoint"));
  if (!parameters.has("temp")) parameters.add("temp", TEMPERATURE);
  const config = blip2Of(parameters);
  if (config.kind !== "retrieval") throw new Error("The kit of stage 1 has another model.");
  const graph = (): ReturnType<typeof stage1Graph> =>
    stage1Graph({
      ...{ config, weights: parameters.weights, batch: BATCH, textLength: LENGTH },
      device: device === "cpu" ? "cpu" : "accelerator",
    });
  const trained = [...graph().g.parameters.keys()];
  await parameters.load(trained);
  parameters.values("temp")[0] = 0.07;
  const options = {
    ...{ factory: createOrtSessionFactory(), device, parameters, trained, maxNorm: 0.1 },
    adamW: { floors: { temp: LEAST_TEMPERATURE } },
  } as const;
  const dims = [BATCH, imageTokenCount(config.vision), config.vision.hiddenSize] as const;
  let moments: ReadonlyMap<string, Moments> = new Map();
  let step = 0;
  for (const nSteps of [2, 1]) {
    const trainer = await openTrainer(graph(), { ...options, moments });
    try {
      for (const end = step + nSteps; step < end; step++) {
        await trainer.step([batchOf(dims, 2 * step), batchOf(dims, 2 * step + 1)], 1e-3);
      }
      moments = await trainer.state();
    } finally {
      await trainer.release();
    }
  }
  assert.equal(moments.get("temp")?.steps, 3);
  return new Map([
    ...trained.map((name) => [name, parameters.values(name)] as const),
    ...[...moments].map(([name, { first }]) => [`first ${name}`, first] as const),
    ...[...moments].map(([name, { second }]) => [`second ${name}`, second] as const),
  ]);
}

function batchOf(
  [batch, nTokens, width]: readonly [number, number, number],
  seed: number,
): TensorMap {
  const random = RandomStream.seeded(seed);
  const size = batch * nTokens * width;
  const features = Float32Array.from({ length: size }, () => 2 * random.nextUnit() - 1);
  const texts = Array.from({ length: batch }, (_, i) => [2, 5 + i, 9 + seed, 3]);
  return {
    [STAGE1_INPUTS.imageFeatures]: cpuTensor(features, [batch, nTokens, width]),
    ...stage1Feeds({ texts, textLength: LENGTH, padId: 0, captionId: 4, negatives: random }),
  };
}
