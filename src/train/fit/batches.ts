/** Which examples a step learns from. */

import { RandomStream } from "../../engine/decode/sampling";

/** Steps that see each of `count` examples once. */
export function stepsPerEpoch(count: number, batch: number): number {
  return Math.ceil(count / batch);
}

/**
 * The examples of a step: each epoch has them all in another order, and the last batch is filled up from the
 * beginning. Depends on seed and step alone.
 */
export function batchOf<T>(
  examples: readonly T[],
  { step, batch, seed }: { step: number; batch: number; seed: number },
): T[] {
  const perEpoch = stepsPerEpoch(examples.length, batch);
  const epoch = Math.floor(step / perEpoch);
  return rowsOf(RandomStream.seeded(seed, epoch).shuffled(examples), step % perEpoch, batch);
}

/** The n-th `batch` of a list in its order, filled up from its beginning. */
export function rowsOf<T>(list: readonly T[], index: number, batch: number): T[] {
  return Array.from({ length: batch }, (_, i) => list[(index * batch + i) % list.length]).filter(
    (item) => item !== undefined,
  );
}
