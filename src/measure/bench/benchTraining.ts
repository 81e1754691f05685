/** Times steps of BLIP-2's first stage at the published size, with random weights and made-up batches. */

import { defined } from "../../base/assert";
import { throwIfAborted } from "../../base/errors";
import { RandomStream } from "../../engine/decode/sampling";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import { cpuTensor } from "../../engine/session/session";
import { parseModelConfig } from "../../model/config/modelConfig";
import { imageTokenCount } from "../../model/config/visionConfig";
import { stage1Feeds } from "../../train/graphs/stage1Feeds";
import { stage1Graph, STAGE1_INPUTS } from "../../train/graphs/stage1Graph";
import { newWeights, shapesOf } from "../../train/newWeights";
import { Parameters } from "../../train/parameters";
import { openTrainer } from "../../train/step/openTrainer";
import { comparingConfig } from "./benchCheckpoint";

/** Tokens of every text, both ends included (LAVIS `max_txt_len`). */
export const TRAIN_TEXT_LENGTH = 32;
/** Steps that are not counted: the arena grows in them. */
export const WARM_STEPS = 2;
export const TIMED_STEPS = 3;

export interface TrainingMeasurement {
  /** Of one step, forward, backward and AdamW; each of the timed ones. */
  readonly stepMs: readonly number[];
  /** Of all threads together: on a busy machine a step takes longer, and this hardly. */
  readonly cpuMs: readonly number[];
  /** Largest resident memory of the process. */
  readonly peakBytes: number;
  /** Trained numbers. */
  readonly parameters: number;
}

const KIB = 1024;
/** As the authors', which does not matter for the time. */
const RATE = 1e-4;
const FIRST_ID = 1000;

/** @throws AppError `device.failed`, `request.cancelled` between two steps. */
export async function measureTraining({
  batch,
  signal,
}: {
  readonly batch: number;
  readonly signal: AbortSignal;
}): Promise<TrainingMeasurement> {
  const config = parseModelConfig(JSON.stringify(comparingConfig()), "config.json");
  if (config.family !== "blip-2" || config.kind !== "retrieval") throw new Error("No such model.");
  const spec = { config, batch, textLength: TRAIN_TEXT_LENGTH };
  const random = RandomStream.seeded(1);
  const shapes = shapesOf((weights) => void stage1Graph({ ...spec, weights }));
  const parameters = Parameters.of(newWeights(new Map([...shapes, ["temp", []]]), random));
  const { weights } = parameters;
  const trained = parameters.names();
  const trainer = await openTrainer(stage1Graph({ ...spec, weights }), {
    ...{ factory: createOrtSessionFactory(), device: "cpu", parameters, trained },
  });
  const dims = [batch, imageTokenCount(config.vision), config.vision.hiddenSize] as const;
  const stepMs: number[] = [];
  const cpuMs: number[] = [];
  try {
    for (let step = 0; step < WARM_STEPS + TIMED_STEPS; step++) {
      throwIfAborted(signal);
      const feeds = batchOf(dims, { random, vocabSize: config.qformer.vocabSize });
      const begin = performance.now();
      const used = process.cpuUsage();
      await trainer.step([feeds], RATE);
      if (step < WARM_STEPS) continue;
      stepMs.push(performance.now() - begin);
      const { user, system } = process.cpuUsage(used);
      cpuMs.push((user + system) / 1000);
    }
  } finally {
    await trainer.release();
  }
  return {
    ...{ stepMs, cpuMs },
    peakBytes: process.resourceUsage().maxRSS * KIB,
    parameters: trained.reduce((sum, name) => sum + parameters.values(name).length, 0),
  };
}

/** Other pictures and texts for each step, every text of the full length. */
function batchOf(
  [batch, nTokens, width]: readonly [number, number, number],
  { random, vocabSize }: { readonly random: RandomStream; readonly vocabSize: number },
) {
  const features = Float32Array.from(
    { length: batch * nTokens * width },
    () => 2 * random.nextUnit() - 1,
  );
  const texts = Array.from({ length: batch }, () =>
    Array.from(
      { length: TRAIN_TEXT_LENGTH },
      () => FIRST_ID + Math.floor(random.nextUnit() * (vocabSize - FIRST_ID - 1)),
    ),
  );
  return {
    [STAGE1_INPUTS.imageFeatures]: cpuTensor(features, [batch, nTokens, width]),
    ...stage1Feeds({
      ...{ texts, textLength: TRAIN_TEXT_LENGTH, padId: 0, captionId: vocabSize - 1 },
      negatives: random,
    }),
  };
}

/** The middle one of an odd number. */
export function middleOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return defined(sorted[Math.floor(sorted.length / 2)], "A value");
}
