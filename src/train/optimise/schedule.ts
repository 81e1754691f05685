/** How fast a model learns, from step to step. */

export interface RateOptions {
  /** The largest rate. */
  readonly rate: number;
  /** Where the warm-up begins. @default 0 */
  readonly warmupRate?: number;
  /** @default 0 */
  readonly warmupSteps?: number;
  /** Where the cosine ends. @default 0 */
  readonly minRate?: number;
}

/** From `minRate` at 1 to `rate` at 0, along half a wave. */
function cosine({ rate, minRate = 0 }: RateOptions, done: number): number {
  return minRate + ((rate - minRate) / 2) * (1 + Math.cos(Math.PI * done));
}

function warmedUp({ rate, warmupRate = 0, warmupSteps = 0 }: RateOptions, step: number): number {
  if (step >= warmupSteps) return rate;
  return Math.min(rate, warmupRate + ((rate - warmupRate) * step) / warmupSteps);
}

/**
 * LAVIS's `linear_warmup_cosine_lr`: a straight line in the first epoch, then a step down after each.
 * A warm-up that is longer than the first epoch is cut off there.
 * @param at Both from 0; the iteration begins anew with each epoch.
 */
export function ratePerEpoch(
  options: RateOptions & { readonly epochs: number },
  at: { readonly epoch: number; readonly iteration: number },
): number {
  if (at.epoch === 0) return warmedUp(options, at.iteration);
  return cosine(options, at.epoch / options.epochs);
}

/** The paper's: a straight line to `warmupSteps`, then a cosine to the last of `steps`, step by step from 0. */
export function ratePerStep(
  options: RateOptions & { readonly steps: number },
  step: number,
): number {
  const { warmupSteps = 0, steps } = options;
  if (step < warmupSteps) return warmedUp(options, step);
  const left = Math.max(1, steps - 1 - warmupSteps);
  return cosine(options, Math.min(1, (step - warmupSteps) / left));
}
