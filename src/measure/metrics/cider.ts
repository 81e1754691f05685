/**
 * CIDEr-D as coco-caption computes it (Vedantam et al. 2015): cosines of tf-idf vectors of runs of 1 to 4 words,
 * with clipped counts and a penalty for another length.
 */

import { countNgrams, MAX_NGRAM, type NgramCounts, type ScoredCaption } from "./ngrams";

/** Of the penalty, in words. */
const SIGMA = 6;
const SCALE = 10;

/** In how many pictures' references a run of words occurs. */
export interface DocumentFrequencies {
  readonly pictures: number;
  readonly byRun: ReadonlyMap<string, number>;
}

/** @param references of each picture, tokens with blanks between. */
export function documentFrequencies(
  references: readonly (readonly string[])[],
): DocumentFrequencies {
  const byRun = new Map<string, number>();
  for (const ofPicture of references) {
    const runs = new Set(
      ofPicture.flatMap((reference) =>
        countNgrams(reference).counts.flatMap((counts) => [...counts.keys()]),
      ),
    );
    for (const run of runs) byRun.set(run, (byRun.get(run) ?? 0) + 1);
  }
  return { pictures: references.length, byRun };
}

/** The score of one caption, 0 to 10; each picture that is scored changes the frequencies, and so all scores. */
export function ciderD(
  { candidate, references }: ScoredCaption,
  frequencies: DocumentFrequencies,
): number {
  const vector = vectorOf(candidate, frequencies);
  const scores = references.map((reference) =>
    similarity(vector, vectorOf(reference, frequencies)),
  );
  const sum = scores.reduce((total, score) => total + score, 0);
  return (sum / references.length) * SCALE;
}

/** Scores of captions whose pictures are all there are. Their mean is the corpus' score. */
export function ciderScores(captions: readonly ScoredCaption[]): number[] {
  const frequencies = documentFrequencies(captions.map(({ references }) => references));
  return captions.map((caption) => ciderD(caption, frequencies));
}

interface CaptionVector {
  /** Weight of each run, by its length. */
  readonly weights: NgramCounts;
  readonly norms: readonly number[];
  /** Runs of two words, which the length penalty counts. */
  readonly length: number;
}

function vectorOf(caption: string, { pictures, byRun }: DocumentFrequencies): CaptionVector {
  const { counts } = countNgrams(caption);
  const logPictures = Math.log(pictures);
  const weights = counts.map(
    (runs) =>
      new Map(
        [...runs].map(([run, count]) => [
          run,
          count * (logPictures - Math.log(Math.max(1, byRun.get(run) ?? 0))),
        ]),
      ),
  );
  const norms = weights.map((runs) =>
    Math.sqrt([...runs.values()].reduce((sum, weight) => sum + weight ** 2, 0)),
  );
  const length = [...(counts[1]?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  return { weights, norms, length };
}

/** The mean over lengths of runs. */
function similarity(candidate: CaptionVector, reference: CaptionVector): number {
  const delta = candidate.length - reference.length;
  const penalty = Math.exp(-(delta ** 2) / (2 * SIGMA ** 2));
  let sum = 0;
  for (let n = 0; n < MAX_NGRAM; n++) {
    let dot = 0;
    for (const [run, weight] of candidate.weights[n] ?? []) {
      const other = reference.weights[n]?.get(run) ?? 0;
      dot += Math.min(weight, other) * other;
    }
    const norms = (candidate.norms[n] ?? 0) * (reference.norms[n] ?? 0);
    sum += (norms === 0 ? dot : dot / norms) * penalty;
  }
  return sum / MAX_NGRAM;
}
