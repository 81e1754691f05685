/** The port between search and whatever keeps the vectors of pictures; knows no files and no engine. */

import type { PictureTraits, VectorRecord } from "./vectorRecord";

/** A picture and how near it is, the cosine of ITC or the aligned similarity of two pictures. */
export interface Neighbour {
  /** sha256 of the picture's bytes, in hexadecimal. */
  readonly digest: string;
  readonly similarity: number;
}

export interface Nearest {
  /** How many at most. */
  readonly k: number;
  /** Which pictures count. @default all */
  readonly isWanted?: ((digest: string) => boolean) | undefined;
  /** Told the similarities of all pictures that count, within some thousandths, in no order. */
  readonly onScores?: ((scores: Float32Array) => void) | undefined;
}

/** Two pictures and how much they look alike, the aligned similarity. */
export interface AlikePair {
  readonly a: string;
  readonly b: string;
  readonly similarity: number;
}

export interface Alike {
  /** The least similarity of a pair. */
  readonly least: number;
  /** Pairs of each picture at most, its most similar ones. */
  readonly k: number;
  /** Which pictures count. */
  readonly isWanted: (digest: string) => boolean;
  readonly signal: AbortSignal;
  /** Told how many of the pictures were compared with all others. */
  readonly onProgress?: ((nDone: number, nAll: number) => void) | undefined;
}

/** Vectors of pictures by the content of their files. All methods throw AppError `index.unwritable` or `device.failed`. */
export interface PictureIndex {
  /** Pictures that are there. */
  readonly size: number;
  has(digest: string): boolean;
  traits(digest: string): PictureTraits | undefined;
  /** All of them, in the order in which they came. */
  digests(): readonly string[];
  /** Keeps a picture; one that is there already is left as it is. */
  put(record: VectorRecord): Promise<void>;
  /** Pictures by the largest cosine of a text, [width], with any of their vectors; the best first. */
  search(text: Float32Array, nearest: Nearest): Promise<readonly Neighbour[]>;
  /** Pictures by the mean cosine of vectors of the same row, [rows, width]; the best first. */
  similar(picture: Float32Array, nearest: Nearest): Promise<readonly Neighbour[]>;
  /** Pairs of pictures that look alike, each once. @throws AppError `request.cancelled` too. */
  alike(alike: Alike): Promise<readonly AlikePair[]>;
  /** A picture's vectors, [rows, width]; undefined when it is not there or damaged. */
  vectors(digest: string): Promise<Float32Array | undefined>;
  close(): Promise<void>;
}
