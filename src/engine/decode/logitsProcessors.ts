/**
 * Changes to one row of scores before a token is chosen, each equal to transformers' processor of the
 * same purpose (generation/logits_process.py). Rows are [vocabSize] and are changed in place; knows no model.
 */

import { AppError } from "../../base/errors";
import { TopCandidates } from "./sampling";
import type { GenerationOptions } from "../../model/ask/generationOptions";

/** What applies to every way of decoding. */
export type ProcessorRules = Pick<
  GenerationOptions,
  "repetitionPenalty" | "noRepeatNgramSize" | "minNewTokens"
> & { readonly eosTokenIds: readonly number[] };

/** What applies to sampling only. */
export type WarperRules = Pick<GenerationOptions, "temperature" | "topK" | "topP"> & {
  /** 1, or one more than there are end-of-sequence ids in beam search, so that a beam can go on. */
  readonly minTokensToKeep: number;
};

/** The tokens of one row so far. */
export interface TokenHistory {
  /** Prompt and new tokens; ids outside the vocabulary are passed over. */
  readonly ids: readonly number[];
  readonly nPrompt: number;
}

/**
 * Checks one row that a device computed before anything is concluded from it. -Infinity is a legal
 * logit as long as another one is finite.
 * @throws AppError `device.failed`.
 */
export function assertUsableLogits(logits: Float32Array): void {
  let isAlive = false;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    // Written so that NaN fails too.
    if (!(logit < Infinity)) throw unusableLogits(String(logit));
    if (logit > -Infinity) isAlive = true;
  }
  if (!isAlive) throw unusableLogits("only -Infinity");
}

/** Repetition penalty, then n-gram ban, then minimum length: transformers' order. */
export function processScores(
  scores: Float32Array,
  history: TokenHistory,
  rules: ProcessorRules,
): void {
  if (rules.repetitionPenalty !== 1) {
    penalizeRepetition(scores, history.ids, rules.repetitionPenalty);
  }
  if (rules.noRepeatNgramSize > 0) forbidNgrams(scores, history.ids, rules.noRepeatNgramSize);
  if (history.ids.length - history.nPrompt < rules.minNewTokens) {
    for (const id of rules.eosTokenIds) forbid(scores, id);
  }
}

/** Temperature, then top-k, then top-p: transformers' order. */
export function warpScores(scores: Float32Array, rules: WarperRules): void {
  if (rules.temperature !== 1) {
    const temperature = Math.fround(rules.temperature);
    for (let i = 0; i < scores.length; i++) scores[i]! /= temperature;
  }
  if (rules.topK > 0) keepTopK(scores, Math.max(rules.topK, rules.minTokensToKeep));
  if (rules.topP < 1) keepTopP(scores, rules);
}

/**
 * Logits to natural logarithms of probabilities; sums in float64.
 * @throws AppError `device.failed` for logits that `assertUsableLogits` refuses.
 */
export function logSoftmax(scores: Float32Array): void {
  let max = -Infinity;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (score > max) max = score;
  }
  const total = sumOfExp(scores, max);
  // One broken logit makes the sum NaN, so a healthy row needs no pass of its own for the check.
  if (!(total < Infinity)) assertUsableLogits(scores);
  const logTotal = max + Math.log(total);
  for (let i = 0; i < scores.length; i++) scores[i]! -= logTotal;
}

/**
 * Sum of exp(score - max) with a relative error below 1e-8, a sixth of what float32 resolves, in less
 * than half the time of Math.exp. NaN when a score is NaN or max is infinite.
 */
function sumOfExp(scores: Float32Array, max: number): number {
  let total = 0;
  for (let i = 0; i < scores.length; i++) {
    const exponent = scores[i]! - max;
    // 2^22 tokens of e^-40 are below 2e-11 of the largest one's 1.
    if (exponent < -40) continue;
    // exp(x) = exp(x / 256)^256: Taylor's series to the fifth power, then eight squarings.
    const x = exponent / 256;
    let power = 1 + x * (1 + x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x / 120))));
    power *= power;
    power *= power;
    power *= power;
    power *= power;
    power *= power;
    power *= power;
    power *= power;
    power *= power;
    total += power;
  }
  return total;
}

function penalizeRepetition(scores: Float32Array, seen: readonly number[], penalty: number): void {
  const factor = Math.fround(penalty);
  for (const id of new Set(seen)) {
    const score = scores[id];
    if (score !== undefined) scores[id] = score < 0 ? score * factor : score / factor;
  }
}

/** Forbids each token that followed an earlier occurrence of the last size - 1 tokens. */
function forbidNgrams(scores: Float32Array, ids: readonly number[], size: number): void {
  const suffix = ids.length - (size - 1);
  // The n-gram that starts at the suffix itself is not complete yet, so the last start is before it.
  for (let start = 0; start < suffix; start++) {
    let nEqual = 0;
    while (nEqual < size - 1 && ids[start + nEqual] === ids[suffix + nEqual]) nEqual++;
    if (nEqual === size - 1) forbid(scores, ids[start + size - 1]!);
  }
}

/** Forbids what is below the k-th largest score; its equals stay, as in transformers. */
function keepTopK(scores: Float32Array, k: number): void {
  if (k >= scores.length) return;
  const top = new TopCandidates(k);
  top.offerRow(scores, 0, 0);
  const threshold = top.worstKey();
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! < threshold) scores[i] = -Infinity;
  }
}

/**
 * Forbids the least likely tokens whose probabilities sum to at most 1 - topP. Of equals at the edge
 * the lower ids stay; transformers leaves that to an unstable sort.
 */
function keepTopP(scores: Float32Array, rules: WarperRules): void {
  const ascending = possibleScores(scores).sort();
  const nRemovable = ascending.length - rules.minTokensToKeep;
  if (nRemovable <= 0) return;
  const max = ascending[ascending.length - 1]!;
  let total = 0;
  for (let i = 0; i < ascending.length; i++) total += Math.exp(ascending[i]! - max);

  const limit = Math.fround(1 - rules.topP);
  let cumulative = 0;
  let nRemoved = 0;
  while (nRemoved < nRemovable) {
    cumulative += Math.fround(Math.exp(ascending[nRemoved]! - max) / total);
    if (Math.fround(cumulative) > limit) break;
    nRemoved++;
  }
  const lowestKept = ascending[nRemoved]!;
  let nEqualsRemoved = nRemoved - ascending.indexOf(lowestKept);
  for (let i = scores.length - 1; i >= 0; i--) {
    if (scores[i]! > lowestKept) continue;
    if (scores[i]! < lowestKept || nEqualsRemoved-- > 0) scores[i] = -Infinity;
  }
}

/** A copy without what is forbidden already; a plain loop is ten times faster than `filter` here. */
function possibleScores(scores: Float32Array): Float32Array {
  const possible = new Float32Array(scores.length);
  let nPossible = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (score > -Infinity) possible[nPossible++] = score;
  }
  return possible.subarray(0, nPossible);
}

function forbid(scores: Float32Array, id: number): void {
  if (id >= 0 && id < scores.length) scores[id] = -Infinity;
}

function unusableLogits(found: string): AppError {
  return new AppError(
    "device.failed",
    `The language model computed ${found} instead of usable logits. Try another device or a higher precision.`,
  );
}
