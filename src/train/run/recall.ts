/** How often the right one of many is found: recall at k, in both directions. */

import { largestCosine } from "../../engine/textComparer";

/** Unit vectors of pictures, [pictures, queries, width], and of texts, [texts, width]. */
export interface Embeddings {
  readonly pictures: readonly Float32Array[];
  readonly texts: readonly Float32Array[];
}

const AT = [1, 5, 10] as const;

/** Numbers of what belongs together: several texts of a picture, and pictures with the same text. */
export interface Groups {
  readonly pictures: readonly number[];
  readonly texts: readonly number[];
}

/**
 * Recall of pictures by texts ("text → picture") and of texts by pictures. A tie is a miss.
 * @param groups @default picture i belongs to text i alone
 */
export function recalls(embeddings: Embeddings, groups?: Groups): Record<string, number> {
  return recallsOf(cosinesOf(embeddings), { groups });
}

/** Of each text with each picture, [texts][pictures]. */
export function cosinesOf({ pictures, texts }: Embeddings): readonly (readonly number[])[] {
  return texts.map((text) => pictures.map((picture) => largestCosine(picture, text)));
}

/**
 * The same of any scores, [texts][pictures].
 * @param options `counts` says which texts and pictures are looked for, by their numbers. @default all
 */
export function recallsOf(
  scores: readonly (readonly number[])[],
  options: { readonly groups?: Groups | undefined; readonly counts?: (index: number) => boolean },
): Record<string, number> {
  const columns = [...(scores[0] ?? []).keys()];
  const { groups = { pictures: columns, texts: [...scores.keys()] }, counts = () => true } =
    options;
  const ranksByText = scores.flatMap((row, i) =>
    counts(i) ? [rankOf(row, isOf(groups.pictures, groups.texts[i]))] : [],
  );
  const ranksByPicture = columns.filter(counts).map((j) =>
    rankOf(
      scores.map((row) => row[j] ?? 0),
      isOf(groups.texts, groups.pictures[j]),
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

function isOf(groups: readonly number[], own: number | undefined): readonly boolean[] {
  return groups.map((group) => group === own);
}

/** How many of the wrong ones score at least as well as the best of the right ones. */
function rankOf(scores: readonly number[], isRight: readonly boolean[]): number {
  const best = Math.max(...scores.filter((_, i) => isRight[i] === true));
  return scores.filter((score, i) => isRight[i] !== true && score >= best).length;
}
