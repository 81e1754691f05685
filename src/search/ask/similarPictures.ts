/** Pictures like one picture: the aligned cosine, because row q of every picture answers the same learned query. */

import type { EmbeddedPicture } from "../../model/ask/request";
import type { PictureIndex } from "../index/pictureIndex";
import type { SearchablePictures } from "../indexing/searchable";
import type { FoundPicture } from "./findPictures";

export interface SimilarOptions {
  readonly index: PictureIndex;
  readonly searched: SearchablePictures;
  /** How many files at most. */
  readonly k: number;
  /** Files that are the picture itself and are no answer. */
  readonly isItself: (file: string) => boolean;
}

/** From here on a picture looks alike. A starting value; measured on few pictures. */
export const LOOKS_ALIKE = 0.9;

/** @throws AppError `device.failed`. */
export async function similarPictures(
  { vectors }: Pick<EmbeddedPicture, "vectors">,
  { index, searched, k, isItself }: SimilarOptions,
): Promise<readonly FoundPicture[]> {
  const nearest = await index.similar(vectors, {
    // The picture itself may be the first.
    k: k + 1,
    isWanted: (digest) => searched.files.has(digest),
  });
  return nearest
    .flatMap(({ digest, similarity }) =>
      (searched.files.get(digest) ?? [])
        .filter((file) => !isItself(file))
        .map((file) => ({ file, similarity, match: null, isLikely: similarity >= LOOKS_ALIKE })),
    )
    .slice(0, k);
}
