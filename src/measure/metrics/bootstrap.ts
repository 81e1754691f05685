/** How far a figure could be another with other pictures of the same kind (Efron 1979). */

import { RandomStream } from "../../engine/decode/sampling";

/** The middle 95 % of what resampling gives. */
export type Interval = readonly [low: number, high: number];

export interface BootstrapOptions {
  /** Things that are drawn together: pictures, because the questions about one hang together. */
  readonly nClusters: number;
  /** @default 1000 */
  readonly draws?: number;
}

/** Intervals of several figures from the same draws, so that a run repeats them to the digit. */
export function bootstrap<T extends string>(
  { nClusters, draws = 1000 }: BootstrapOptions,
  figuresOf: (chosen: readonly number[]) => Readonly<Record<T, number>>,
): Readonly<Record<T, Interval>> {
  const random = RandomStream.seeded(0);
  const drawn = Array.from({ length: draws }, () =>
    figuresOf(Array.from({ length: nClusters }, () => Math.floor(random.nextUnit() * nClusters))),
  );
  const names = Object.keys(drawn[0] ?? {}) as T[];
  return Object.fromEntries(
    names.map((name) => [name, middleOf(drawn.map((figures) => figures[name]))]),
  ) as Record<T, Interval>;
}

function middleOf(values: readonly number[]): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
  return [at(0.025), at(0.975)];
}
