/** The order of texts that were compared with a picture. */

import type { TextScore } from "./request";

/** By the probability of a match, which has seen picture and text together; then by the cosine. */
export function bestFirst(scores: readonly TextScore[]): readonly TextScore[] {
  return [...scores].sort((a, b) => b.itm - a.itm || b.itc - a.itc);
}
