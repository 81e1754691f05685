/**
 * Choosing among given answers rather than writing one, as BLIP's authors do for VQA (BLIP `blip_vqa.py`,
 * `rank_answer`; LAVIS `rank_answers`): all of their figures come of it. Knows ids, no words.
 */

import { throwIfAborted } from "../../base/errors";
import type { CausalModel } from "./causalModel";

export interface RankedAnswer {
  /** Place in the list that was given. */
  readonly index: number;
  /** Probability of the first id. */
  readonly firstWord: number;
  /** Sum over the ids of their label-smoothed log-likelihoods; longer answers have no handicap taken off. */
  readonly score: number;
}

/** The authors' `k_test`. */
export const MAX_COMPARED = 128;

/** The decoder's loss has it in training, and so in their ranking (BLIP `med.py`). */
const LABEL_SMOOTHING = 0.1;

/**
 * Keeps the answers whose first ids are the likeliest and compares these as a whole, the best first.
 * @param answers ids behind the prompt, the end included; at least one id each.
 * @param how `keep`: how many answers are compared. @default MAX_COMPARED
 * @throws AppError `device.failed`, `request.cancelled`.
 */
export async function rankAnswers(
  model: CausalModel,
  answers: readonly (readonly number[])[],
  how: { readonly keep?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly RankedAnswer[]> {
  const { keep = MAX_COMPARED, signal } = how;
  const { vocabSize } = model;
  const likelihood = likelihoodsOf(model.firstLogits);
  const candidates = answers
    .map((ids, index) => ({ ids, index, first: likelihood(ids[0]).log }))
    .sort((a, b) => b.first - a.first || a.index - b.index)
    .slice(0, keep);
  const scores = candidates.map(({ ids }) => likelihood(ids[0]).smoothed);
  // Rows of the batch, as places among the candidates; at first one row stands for all of them.
  let rows = candidates.map(() => 0);
  let alive = candidates.flatMap(({ ids }, place) => (ids.length > 1 ? [place] : []));
  for (let position = 1; alive.length > 0; position++) {
    throwIfAborted(signal);
    await model.reorder(alive.map((place) => rows[place] ?? 0));
    const logits = await model.step(
      alive.map((place) => candidates[place]?.ids[position - 1] ?? 0),
    );
    for (const [row, place] of alive.entries()) {
      const of = likelihoodsOf(logits.subarray(row * vocabSize, (row + 1) * vocabSize));
      scores[place] = (scores[place] ?? 0) + of(candidates[place]?.ids[position]).smoothed;
    }
    rows = inverse(alive, candidates.length);
    alive = alive.filter((place) => (candidates[place]?.ids.length ?? 0) > position + 1);
  }
  return candidates
    .map(({ index, first }, place) => ({
      ...{ index, firstWord: Math.exp(first) },
      score: scores[place] ?? -Infinity,
    }))
    .sort((a, b) => b.score - a.score || a.index - b.index);
}

/** For each candidate the row that it has now; any for one that has none. */
function inverse(alive: readonly number[], count: number): number[] {
  const rows = new Array<number>(count).fill(0);
  for (const [row, place] of alive.entries()) rows[place] = row;
  return rows;
}

/** Log-likelihoods of ids, by the logits of one position. */
function likelihoodsOf(
  logits: Float32Array,
): (id: number | undefined) => { readonly log: number; readonly smoothed: number } {
  let largest = -Infinity;
  for (const logit of logits) largest = Math.max(largest, logit);
  let sum = 0;
  let total = 0;
  for (const logit of logits) {
    sum += Math.exp(logit - largest);
    total += logit;
  }
  const logSum = largest + Math.log(sum);
  const mean = total / logits.length - logSum;
  return (id = -1) => {
    const log = (logits[id] ?? -Infinity) - logSum;
    return { log, smoothed: (1 - LABEL_SMOOTHING) * log + LABEL_SMOOTHING * mean };
  };
}
