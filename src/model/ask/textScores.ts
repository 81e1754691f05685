/** What comparisons of texts with pictures come to: their order, the word for a match, kinds of mistakes. */

import type { TextScore } from "./request";

/** By the probability of a match, which has seen picture and text together; then by the cosine. */
export function bestFirst(scores: readonly TextScore[]): readonly TextScore[] {
  return [...scores].sort((a, b) => b.itm - a.itm || b.itc - a.itc);
}

/** From which probability on words and a picture that were read together (ITM) match, as LAVIS filters captions (CapFilt). */
export const IS_MATCH = 0.5;
/** Below it the model is sure that they are none. */
const MAY_MATCH = 0.2;

/** ITM is good as a yes or no and too sure of itself as a share. */
export function matchWord(match: number): "matches" | "maybe" | "no" {
  if (match >= IS_MATCH) return "matches";
  return match >= MAY_MATCH ? "maybe" : "no";
}

/**
 * `swapped`: the other picture's text fits this one in turn; `copied`: the other one has the same text; `moved`: it
 * has none; `other`: it has another text; `shifted`: several texts of a document in a circle.
 */
export const MISMATCH_KINDS = ["swapped", "copied", "moved", "other", "shifted"] as const;
export type MismatchKind = (typeof MISMATCH_KINDS)[number];

/** What there is to see in a picture, as far as a model that compares can say it: something, words, or one color. */
export const SEEN_IN_PICTURES = ["scene", "text", "nothing"] as const;
export type SeenInPicture = (typeof SEEN_IN_PICTURES)[number];
