/** One step of training after the other: gradients, clipping, AdamW. */

import type { TensorMap } from "../engine/session/session";
import { AdamW, type AdamWOptions, type Moments } from "./optimise/adamW";
import { clipFactor, globalNorm, GradientSum } from "./optimise/gradients";
import type { Parameters } from "./parameters";
import type { StepResult, TrainingSession } from "./session";

export interface TrainerOptions {
  readonly adamW?: AdamWOptions;
  /** Gradients are scaled down to this norm. @default no limit */
  readonly maxNorm?: number;
  /** Of an earlier run, to go on where it ended. */
  readonly moments?: ReadonlyMap<string, Moments>;
}

export class Trainer {
  readonly optimizer: AdamW;
  readonly #maxNorm: number | undefined;

  /** @param trained names of the tensors, which must be in memory. */
  constructor(parameters: Parameters, trained: Iterable<string>, options: TrainerOptions = {}) {
    const { adamW, maxNorm, moments } = options;
    this.optimizer = new AdamW(parameters.trainable(trained), adamW, moments);
    this.#maxNorm = maxNorm;
  }

  /**
   * Takes one step along the mean of the gradients of several batches.
   * @returns the mean of their losses.
   */
  async step(
    session: TrainingSession,
    batches: readonly TensorMap[],
    rate: number,
  ): Promise<Readonly<Record<string, number>>> {
    const sum = new GradientSum();
    const losses: Record<string, number> = {};
    const kept: StepResult[] = [];
    for (const batch of batches) {
      const result = await session.run(batch);
      for (const [name, value] of Object.entries(result.losses)) {
        losses[name] = (losses[name] ?? 0) + value / batches.length;
      }
      sum.add(result.gradients);
      // The arrays of the first hold the sums.
      if (kept.length === 0) kept.push(result);
      else result.dispose();
    }
    const { gradients, factor } = sum.take();
    this.optimizer.step(gradients, { rate, factor: factor * this.#clip(gradients, factor) });
    for (const result of kept) result.dispose();
    return losses;
  }

  #clip(gradients: ReadonlyMap<string, Float32Array>, factor: number): number {
    if (this.#maxNorm === undefined) return 1;
    return clipFactor(globalNorm(gradients) * factor, this.#maxNorm);
  }
}
