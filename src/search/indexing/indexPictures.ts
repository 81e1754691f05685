/** Brings an index up to what lies on the disk: hashes what has changed, embeds what is new. Can stop at any picture. */

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { AppError, throwIfAborted } from "../../base/errors";
import { inOrder } from "../../base/inOrder";
import type { Blip2Engine } from "../../engine/blip2Engine";
import type { AlphaMode, EmbeddedPicture } from "../../model/ask/request";
import type { KnownFiles } from "../files/knownFiles";
import type { PictureFile, SkippedFile } from "../files/pictureFiles";
import type { RefusedPictures } from "../files/refusedPictures";
import type { PictureIndex } from "../index/pictureIndex";

/** What pictures and texts become vectors with. */
export type ComparingEngine = Pick<Blip2Engine, "embedPicture" | "embedText" | "match"> &
  Partial<Pick<Blip2Engine, "picturesAtOnce">>;

/** Which file shows what, by content. */
export interface Contents {
  /** Files of each content, in the order in which they were named. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  /** Contents that the index lacks, each with one of its files. */
  readonly missing: readonly PictureFile[];
  readonly skipped: readonly SkippedFile[];
}

export interface ReadOptions {
  readonly index: Pick<PictureIndex, "has">;
  readonly known: KnownFiles;
  readonly refused: RefusedPictures;
  readonly signal: AbortSignal;
  /** Told before each file. */
  readonly onProgress?: ((nDone: number) => void) | undefined;
}

/** Finds out what the files are; reads those that are new or have changed. @throws AppError `request.cancelled`. */
export async function readContents(
  pictures: readonly PictureFile[],
  { index, known, refused, signal, onProgress }: ReadOptions,
): Promise<Contents> {
  const files = new Map<string, string[]>();
  const missing: PictureFile[] = [];
  const skipped: SkippedFile[] = [];
  for (const [i, picture] of pictures.entries()) {
    throwIfAborted(signal);
    onProgress?.(i);
    const read = known.digestOf(picture) ?? (await digestOf(picture, known));
    if (typeof read !== "string") {
      skipped.push(read);
      continue;
    }
    const why = index.has(read) ? undefined : refused.whyNot(read, picture.file);
    if (why !== undefined) {
      skipped.push({ file: picture.file, why });
      continue;
    }
    const same = files.get(read);
    if (same === undefined) {
      files.set(read, [picture.file]);
      if (!index.has(read)) missing.push(picture);
    } else same.push(picture.file);
  }
  await known.save();
  return { files, missing, skipped };
}

async function digestOf(picture: PictureFile, known: KnownFiles): Promise<string | SkippedFile> {
  const read = await readBytes(picture);
  if (!("bytes" in read)) return read;
  const digest = sha256(read.bytes);
  if (read.isUnchanged) await known.add(picture, digest, Date.now());
  return digest;
}

export interface EmbedOptions {
  readonly index: PictureIndex;
  readonly engine: ComparingEngine;
  readonly refused: RefusedPictures;
  readonly alpha: AlphaMode;
  readonly signal: AbortSignal;
  /** Told before each picture and at the end. */
  readonly onProgress?: ((nDone: number) => void) | undefined;
}

/** What became of pictures that were new. */
export interface Embedded {
  readonly nEmbedded: number;
  readonly skipped: readonly SkippedFile[];
  /** What the files were when they were read for it. */
  readonly digests: ReadonlyMap<string, string>;
}

/**
 * Embeds pictures, each of which is in the index when it is done: whoever stops loses nothing. One that cannot be
 * read is named, and the others go on.
 * @throws AppError `request.cancelled`, `device.failed`, `index.unwritable`.
 */
export async function embedPictures(
  pictures: readonly PictureFile[],
  options: EmbedOptions,
): Promise<Embedded> {
  const { index, engine, refused, signal, onProgress } = options;
  const skipped: SkippedFile[] = [];
  const skip = async ({ file, digest, why = "", isLasting }: PictureOutcome): Promise<void> => {
    skipped.push({ file, why });
    if (digest !== undefined && isLasting === true) await refused.add(digest, { file, why });
  };
  const digests = new Map<string, string>();
  let nEmbedded = 0;
  const work = (picture: PictureFile, i: number): Promise<PictureOutcome> => {
    throwIfAborted(signal);
    onProgress?.(i);
    return embedOne(picture, options);
  };
  for await (const outcome of inOrder(pictures, work, () => engine.picturesAtOnce ?? 1)) {
    const { file, digest, embedded, why } = outcome;
    if (digest !== undefined) digests.set(file, digest);
    if (why !== undefined) await skip(outcome);
    if (embedded === undefined || digest === undefined || index.has(digest)) continue;
    try {
      const { width, height, isOneColor, look } = embedded.facts;
      await index.put({ digest, vectors: embedded.vectors, width, height, isOneColor, look });
      nEmbedded++;
    } catch (thrown) {
      await skip({ file, digest, ...failureOf(thrown) });
    }
  }
  onProgress?.(pictures.length);
  return { nEmbedded, skipped, digests };
}

interface PictureOutcome {
  readonly file: string;
  /** Of the very bytes that are embedded: a file that was written to meanwhile is what it is by now. */
  readonly digest?: string;
  /** Absent where the index has it. */
  readonly embedded?: EmbeddedPicture;
  /** Why it was left out. */
  readonly why?: string;
  /** The same bytes fail again. */
  readonly isLasting?: boolean;
}

async function embedOne(
  picture: PictureFile,
  { index, engine, alpha, signal }: EmbedOptions,
): Promise<PictureOutcome> {
  const read = await readBytes(picture);
  if (!("bytes" in read)) return read;
  const { file } = picture;
  const digest = sha256(read.bytes);
  if (index.has(digest)) return { file, digest };
  try {
    const request = { image: read.bytes, imageName: file, alpha };
    return { file, digest, embedded: await engine.embedPicture(request, { signal }) };
  } catch (thrown) {
    return { file, digest, ...failureOf(thrown) };
  }
}

/** @throws what is not about this picture. */
function failureOf(thrown: unknown): { readonly why: string; readonly isLasting: boolean } {
  if (thrown instanceof AppError && thrown.code.startsWith("image.")) {
    // A machine that is less busy may be quick enough.
    return { why: thrown.message, isLasting: thrown.detail?.["timeoutMs"] === undefined };
  }
  if (thrown instanceof RangeError) {
    return { why: "the model made no numbers of it", isLasting: true };
  }
  throw thrown;
}

async function readBytes(
  picture: PictureFile,
): Promise<{ readonly bytes: Buffer; readonly isUnchanged: boolean } | SkippedFile> {
  const { file } = picture;
  try {
    const bytes = await readFile(file);
    const after = await stat(file, { bigint: true });
    const isUnchanged = after.mtimeNs === picture.mtimeNs && bytes.length === picture.size;
    return { bytes, isUnchanged };
  } catch (thrown) {
    const { code = "unknown reason" } = thrown as NodeJS.ErrnoException;
    return { file, why: code === "EACCES" ? "no permission" : `cannot be read (${code})` };
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
