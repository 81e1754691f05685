/** BLEU 1 to 4 as coco-caption computes it (Papineni et al. 2002): over the corpus, closest reference length. */

import { countNgrams, MAX_NGRAM, type ScoredCaption } from "./ngrams";

/** Keep an empty caption and a length without a match from dividing by zero; part of the metric by now. */
const TINY = 1e-15;
const SMALL = 1e-9;

/** What a caption adds to the corpus. */
export interface BleuStatistics {
  readonly length: number;
  /** Of the closest reference, the shorter of two. */
  readonly referenceLength: number;
  /** Runs that a reference has too, by their length. */
  readonly correct: readonly number[];
  /** Runs in the caption. */
  readonly guessed: readonly number[];
}

export function bleuStatistics({ candidate, references }: ScoredCaption): BleuStatistics {
  const { length, counts } = countNgrams(candidate);
  const counted = references.map(countNgrams);
  const correct = counts.map((runs, n) => {
    let sum = 0;
    for (const [run, count] of runs) {
      const most = Math.max(0, ...counted.map((reference) => reference.counts[n]?.get(run) ?? 0));
      sum += Math.min(count, most);
    }
    return sum;
  });
  const closest = counted
    .map((reference) => reference.length)
    .sort((a, b) => Math.abs(a - length) - Math.abs(b - length) || a - b);
  return {
    length,
    referenceLength: closest[0] ?? 0,
    correct,
    guessed: counts.map((_, n) => Math.max(0, length - n)),
  };
}

/** BLEU 1 to 4 of one caption or of many together. */
export function bleuOf(statistics: readonly BleuStatistics[]): number[] {
  let length = 0;
  let referenceLength = 0;
  const correct = new Array<number>(MAX_NGRAM).fill(0);
  const guessed = new Array<number>(MAX_NGRAM).fill(0);
  for (const one of statistics) {
    length += one.length;
    referenceLength += one.referenceLength;
    for (let n = 0; n < MAX_NGRAM; n++) {
      correct[n] = (correct[n] ?? 0) + (one.correct[n] ?? 0);
      guessed[n] = (guessed[n] ?? 0) + (one.guessed[n] ?? 0);
    }
  }
  const ratio = (length + TINY) / (referenceLength + SMALL);
  const brevity = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return correct.map((count, n) => {
    product *= (count + TINY) / ((guessed[n] ?? 0) + SMALL);
    return product ** (1 / (n + 1)) * brevity;
  });
}
