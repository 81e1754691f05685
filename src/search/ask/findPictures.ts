/**
 * Pictures by words: ITC's order, the best ones read together with the words (ITM). ITM says which are likely; of
 * what was not read those are that stand out from all pictures. Nothing changes its place.
 */

import { throwIfAborted } from "../../base/errors";
import { IS_MATCH } from "../../model/ask/textScores";
import type { AlphaMode } from "../../model/ask/request";
import type { ComparingEngine } from "../indexing/indexPictures";
import type { SearchablePictures } from "../indexing/searchable";
import type { PictureIndex } from "../index/pictureIndex";

/** A picture and how well it fits. */
export interface FoundPicture {
  readonly file: string;
  /** Of words ITC's cosine, of a picture the aligned one; -1 to 1. */
  readonly similarity: number;
  /** ITM's probability; null for what was not read together with the words. */
  readonly match: number | null;
  /** As models/README.md says how the word is decided; the one place for all who use it. */
  readonly isLikely: boolean;
}

export interface FindOptions {
  readonly index: PictureIndex;
  readonly engine: ComparingEngine;
  readonly searched: SearchablePictures;
  /** How many files at most. */
  readonly k: number;
  /** How many pictures are read together with the words. */
  readonly rerank: number;
  /**
   * What ITM said of these words before, by the digest of a picture: such a picture is not read again, and what is
   * read is added. @default nothing
   */
  readonly matches?: Map<string, number>;
  /** Nobody waits for the reading, or another call does it: the first few count as likely. @default false */
  readonly isReadLater?: boolean;
  readonly alpha: AlphaMode;
  readonly signal: AbortSignal;
  /** @throws AppError `image.*` for a file that is gone; it then has no match. */
  readonly read: (file: string) => Promise<Uint8Array>;
  /** Told before each batch. */
  readonly onMatching?: ((nDone: number, nAll: number) => void) | undefined;
}

export interface Found {
  readonly pictures: readonly FoundPicture[];
  /** There were more words than the model reads. */
  readonly isCut: boolean;
}

/** Pictures that go through ITM at once. */
const BATCH = 8;
/** After so many refusals in a row the rest is not asked for. */
const MAX_REFUSALS = 12;
/** Those that whoever looks at a list has read first. */
const READ_FIRST = 8;
/** Robust standard deviations that stand out; of fewer pictures nothing can be said. */
const STANDS_OUT = 2.5;
const MIN_PICTURES = 30;

/** @throws AppError as `Blip2Engine.match`, `request.cancelled`. */
export async function findPictures(words: string, options: FindOptions): Promise<Found> {
  const { index, engine, searched, k, signal } = options;
  const { vector, isCut } = await engine.embedText(words, { signal });
  const isWanted = (digest: string): boolean => searched.files.has(digest);
  const most = Math.max(k, options.rerank, MIN_PICTURES);
  let floor = Infinity;
  const onScores = (scores: Float32Array): void => void (floor = typicalFloor(scores));
  const nearest = await index.search(vector, { k: most, isWanted, onScores });
  const { matches = new Map<string, number>() } = options;
  const best = nearest.slice(0, options.rerank).map(({ digest }) => digest);
  const isGivenUp = await matchAll(words, best, { ...options, matches });
  const nUnread = options.isReadLater === true ? READ_FIRST : 0;
  const pictures = nearest.flatMap(({ digest, similarity }, place) => {
    const match = matches.get(digest) ?? null;
    const standsOut = !isGivenUp && (place < nUnread || similarity >= floor);
    const isLikely = match === null ? standsOut : match >= IS_MATCH;
    const files = searched.files.get(digest) ?? [];
    return files.map((file) => ({ file, similarity, match, isLikely }));
  });
  return { pictures: pictures.slice(0, k), isCut };
}

/** Above what a picture stands out among all that were searched. */
function typicalFloor(scores: Float32Array): number {
  if (scores.length < MIN_PICTURES) return Infinity;
  const middle = median(scores);
  const deviation = median(scores.map((score) => Math.abs(score - middle)));
  // The median absolute deviation of a normal distribution is 0.6745 of its standard deviation.
  return middle + (STANDS_OUT * deviation) / 0.6745;
}

function median(values: Float32Array): number {
  const sorted = values.slice().sort();
  return sorted[sorted.length >> 1] ?? NaN;
}

/**
 * ITM of the first pictures; ends early where nothing matches any more.
 * @returns whether so many were refused that what fits less was not read.
 */
async function matchAll(
  words: string,
  digests: readonly string[],
  options: FindOptions & { readonly matches: Map<string, number> },
): Promise<boolean> {
  const { engine, searched, alpha, signal, read, onMatching, matches } = options;
  let nRefused = 0;
  for (let begin = 0; begin < digests.length && nRefused < MAX_REFUSALS; begin += BATCH) {
    throwIfAborted(signal);
    onMatching?.(begin, digests.length);
    const some = digests.slice(begin, begin + BATCH);
    const batch: { digest: string; image: Uint8Array; imageName: string }[] = [];
    for (const digest of some.filter((one) => !matches.has(one))) {
      const [file = ""] = searched.files.get(digest) ?? [];
      const image = await read(file).catch(() => undefined);
      if (image !== undefined) batch.push({ digest, image, imageName: file });
    }
    const pictures = batch.map(({ image, imageName }) => ({ image, imageName, alpha }));
    const found =
      pictures.length === 0 ? [] : await engine.match({ text: words, pictures }, { signal });
    for (const [i, { probability }] of found.entries()) {
      matches.set(batch[i]?.digest ?? "", probability);
    }
    for (const match of some.flatMap((digest) => matches.get(digest) ?? [])) {
      nRefused = match >= IS_MATCH ? 0 : nRefused + 1;
    }
  }
  return nRefused >= MAX_REFUSALS;
}
