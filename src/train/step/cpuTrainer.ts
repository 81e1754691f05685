/** Training in ordinary memory, where parameters are the arrays that the graph reads. */

import type { TensorMap } from "../../engine/session/session";
import { AdamW, type Moments } from "../optimise/adamW";
import { clipFactor, globalNorm, GradientSum } from "../optimise/gradients";
import { TrainingSession, type Objectives, type StepResult } from "../session";
import { addLosses, type Trainer, type TrainerOptions } from "./trainer";

export class CpuTrainer implements Trainer {
  readonly #session: TrainingSession;
  readonly #optimizer: AdamW;
  readonly #maxNorm: number | undefined;

  private constructor(session: TrainingSession, optimizer: AdamW, maxNorm: number | undefined) {
    this.#session = session;
    this.#optimizer = optimizer;
    this.#maxNorm = maxNorm;
  }

  /** @throws AppError as `TrainingSession.open`. */
  static async open(objectives: Objectives, options: TrainerOptions): Promise<CpuTrainer> {
    const { parameters, trained, adamW, moments, maxNorm } = options;
    const session = await TrainingSession.open(objectives, options);
    const optimizer = new AdamW(parameters.trainable(trained), adamW, moments);
    return new CpuTrainer(session, optimizer, maxNorm);
  }

  async step(
    batches: readonly TensorMap[],
    rate: number,
  ): Promise<Readonly<Record<string, number>>> {
    const sum = new GradientSum();
    const losses: Record<string, number> = {};
    const kept: StepResult[] = [];
    for (const batch of batches) {
      const result = await this.#session.run(batch);
      addLosses(losses, result, batches.length);
      sum.add(result.gradients);
      // The arrays of the first hold the sums.
      if (kept.length === 0) kept.push(result);
      else result.dispose();
    }
    const { gradients, factor } = sum.take();
    this.#optimizer.step(gradients, { rate, factor: factor * this.#clip(gradients, factor) });
    for (const result of kept) result.dispose();
    return losses;
  }

  #clip(gradients: ReadonlyMap<string, Float32Array>, factor: number): number {
    if (this.#maxNorm === undefined) return 1;
    return clipFactor(globalNorm(gradients) * factor, this.#maxNorm);
  }

  state(): Promise<ReadonlyMap<string, Moments>> {
    return Promise.resolve(this.#optimizer.state);
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
