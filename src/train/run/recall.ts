/** How often the right one of many is found: recall at k, in both directions. */

/** Unit vectors of pictures, [pictures, queries, width], and of texts, [texts, width]. */
export interface Embeddings {
  readonly pictures: readonly Float32Array[];
  readonly texts: readonly Float32Array[];
}

const AT = [1, 5, 10] as const;

/** The best of a picture's vectors decides (paper section 3.2). */
export function similarity(picture: Float32Array, text: Float32Array): number {
  let best = -Infinity;
  for (let at = 0; at < picture.length; at += text.length) {
    let sum = 0;
    for (let i = 0; i < text.length; i++) sum += (picture[at + i] ?? 0) * (text[i] ?? 0);
    best = Math.max(best, sum);
  }
  return best;
}

/**
 * Recall of pictures by texts ("text → picture") and of texts by pictures; picture i belongs to text i. A tie is
 * a miss.
 */
export function recalls({ pictures, texts }: Embeddings): Record<string, number> {
  const scores = texts.map((text) => pictures.map((picture) => similarity(picture, text)));
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
