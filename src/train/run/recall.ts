/** How often the right one of many is found: recall at k, in both directions. */

import { largestCosine } from "../../engine/textComparer";

/** Unit vectors of pictures, [pictures, queries, width], and of texts, [texts, width]. */
export interface Embeddings {
  readonly pictures: readonly Float32Array[];
  readonly texts: readonly Float32Array[];
}

const AT = [1, 5, 10] as const;

/**
 * Recall of pictures by texts ("text → picture") and of texts by pictures; picture i belongs to text i. A tie is
 * a miss.
 */
export function recalls({ pictures, texts }: Embeddings): Record<string, number> {
  const scores = texts.map((text) => pictures.map((picture) => largestCosine(picture, text)));
  const ranksByText = scores.map((row, i) => rankOf(row, i));
  const ranksByPicture = pictures.map((_, j) =>
    rankOf(
      scores.map((row) => row[j] ?? 0),
      j,
    ),
  );
  const share = (ranks: readonly number[], k: number): number =>
    ranks.filter((rank) => rank < k).length / ranks.length;
  return Object.fromEntries(
    AT.flatMap((k) => [
      [`text→picture R@${k}`, share(ranksByText, k)],
      [`picture→text R@${k}`, share(ranksByPicture, k)],
    ]),
  );
}

/** How many others score at least as well. */
function rankOf(scores: readonly number[], right: number): number {
  const own = scores[right] ?? 0;
  return scores.filter((score, i) => i !== right && score >= own).length;
}
