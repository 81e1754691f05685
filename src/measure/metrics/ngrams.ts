/** Counts of runs of words in a tokenized caption. */

export const MAX_NGRAM = 4;

/** One map for each length from 1 to 4; a run is written with blanks between. */
export type NgramCounts = readonly ReadonlyMap<string, number>[];

export interface CountedCaption {
  readonly length: number;
  readonly counts: NgramCounts;
}

/** @param caption tokens with blanks between. */
export function countNgrams(caption: string): CountedCaption {
  const words = caption.split(/\s+/).filter((word) => word !== "");
  const counts = Array.from({ length: MAX_NGRAM }, (_, i) => {
    const byRun = new Map<string, number>();
    for (let start = 0; start + i < words.length; start++) {
      const run = words.slice(start, start + i + 1).join(" ");
      byRun.set(run, (byRun.get(run) ?? 0) + 1);
    }
    return byRun;
  });
  return { length: words.length, counts };
}

/** A caption and what people wrote of the same picture, tokens with blanks between. */
export interface ScoredCaption {
  readonly candidate: string;
  readonly references: readonly string[];
}
