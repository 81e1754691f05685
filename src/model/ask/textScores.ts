/** The order of texts that were compared with a picture. */

import type { TextScore } from "./request";

/** By the probability of a match, which has seen picture and text together; then by the cosine. */
export function bestFirst(scores: readonly TextScore[]): readonly TextScore[] {
  return [...scores].sort((a, b) => b.itm - a.itm || b.itc - a.itc);
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
