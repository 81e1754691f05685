/** What takes one step after the other, wherever the numbers lie. */

import type { TensorMap } from "../../engine/session/session";
import type { AdamWOptions, Moments } from "../optimise/adamW";
import type { StepResult, TrainingSessionOptions } from "../session";

export interface TrainerOptions extends Omit<TrainingSessionOptions, "keepsGradients"> {
  readonly adamW?: AdamWOptions;
  /** Gradients are scaled down to this norm. @default no limit */
  readonly maxNorm?: number;
  /** Of an earlier run, to go on where it ended. */
  readonly moments?: ReadonlyMap<string, Moments>;
}

export interface Trainer {
  /**
   * Takes one step along the mean of the gradients of several batches.
   * @returns the mean of their losses.
   * @throws AppError `device.failed`, also when a loss is no number any more.
   */
  step(batches: readonly TensorMap[], rate: number): Promise<Readonly<Record<string, number>>>;
  /** Brings what was learnt into the parameters, and gives the optimiser's memory, by the names of tensors. */
  state(): Promise<ReadonlyMap<string, Moments>>;
  release(): Promise<void>;
}

/** Adds a batch's part to the mean of the losses of several. */
export function addLosses(
  mean: Record<string, number>,
  { losses }: Pick<StepResult, "losses">,
  nBatches: number,
): void {
  for (const [name, value] of Object.entries(losses)) {
    mean[name] = (mean[name] ?? 0) + value / nBatches;
  }
}
