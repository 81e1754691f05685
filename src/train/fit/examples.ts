/** Pairs as a model learns from them: whose pictures can be seen, and which belong together. */

import path from "node:path";
import { DisjointSets } from "../../base/groupBy";
import { AppError } from "../../base/errors";
import { MIN_PAIRS } from "../../model/ask/kinds";
import { splitPairs, type Pair, type Split } from "../data/pairs";

/** Kept out of training; decides whether the model is better. */
export const HELD_OUT = 0.2;

export interface Example extends Pair {
  /** The same for all texts of a picture and all pictures with a text, and for what these have in common. */
  readonly group: number;
}

/**
 * Groups pairs and keeps a fifth out of training, by folder where there are enough of them.
 * @param base Folder from which paths are told apart, so that a copy elsewhere is split in the same way.
 * @param keyOf The same for pictures with the same contents; nothing for one that cannot be seen.
 * @throws AppError `document.missing` when there are too few.
 */
export function examplesOf(
  pairs: readonly Pair[],
  { base, keyOf }: { base: string; keyOf: (image: string) => string | undefined },
): Split<Example> {
  const examples = grouped(pairs, keyOf);
  const split = splitPairs(examples, { share: HELD_OUT, base: path.resolve(base) });
  const isEnough = examples.length >= MIN_PAIRS && split.heldOut.length > 0;
  if (isEnough && split.train.length > 1) return split;
  throw new AppError(
    "document.missing",
    `There are ${examples.length} pictures with texts, and at least ${MIN_PAIRS} are needed: a fifth of them ` +
      "decides whether the model got better. Collect more with `sightline train pairs`.",
  );
}

/** Pairs whose pictures can be seen. @param keyOf as in `examplesOf`. */
export function grouped(
  pairs: readonly Pair[],
  keyOf: (image: string) => string | undefined,
): Example[] {
  const usable = pairs.filter(({ image }) => keyOf(image) !== undefined);
  const groups = groupsOf(usable, keyOf);
  return usable.map((pair, i) => ({ ...pair, group: groups[i] ?? i }));
}

/** Number of the first pair that each one hangs together with. */
function groupsOf(
  pairs: readonly Pair[],
  keyOf: (image: string) => string | undefined,
): readonly number[] {
  const sets = new DisjointSets(pairs.keys());
  const first = new Map<string, number>();
  pairs.forEach(({ image, text }, i) => {
    for (const key of [`picture ${keyOf(image) ?? ""}`, `text ${text.trim().toLowerCase()}`]) {
      const other = first.get(key);
      if (other === undefined) first.set(key, i);
      else sets.join(other, i);
    }
  });
  return pairs.map((_, i) => sets.rootOf(i));
}
