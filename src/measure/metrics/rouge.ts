/** ROUGE-L as coco-caption computes it (Lin 2004): the longest common subsequence, recall weighted by β = 1.2. */

import type { ScoredCaption } from "./ngrams";

const BETA_SQUARED = 1.2 ** 2;

/** Best precision and best recall may come from different references. */
export function rougeL({ candidate, references }: ScoredCaption): number {
  // An empty caption is one empty word to the program.
  const words = candidate.split(" ");
  let precision = 0;
  let recall = 0;
  for (const reference of references) {
    const others = reference.split(" ");
    const common = commonLength(words, others);
    precision = Math.max(precision, common / words.length);
    recall = Math.max(recall, common / others.length);
  }
  if (precision === 0 || recall === 0) return 0;
  return ((1 + BETA_SQUARED) * precision * recall) / (recall + BETA_SQUARED * precision);
}

/** Length of the longest common subsequence. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let above = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const row = [0];
    for (const [j, other] of b.entries()) {
      const best = word === other ? (above[j] ?? 0) + 1 : Math.max(row[j] ?? 0, above[j + 1] ?? 0);
      row.push(best);
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
