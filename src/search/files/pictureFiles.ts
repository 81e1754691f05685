/** Files that could be pictures, looked at before any is opened: what is empty or not downloaded is named. */

import { open, stat } from "node:fs/promises";
import { formatBytes } from "../../base/bytes";
import { throwIfAborted } from "../../base/errors";
import { MAX_PICTURE_BYTES } from "../../model/ask/pictureSize";

/** How a file is, as far as the file system says. */
export interface PictureFile {
  readonly file: string;
  readonly size: number;
  /** Of the last change, in nanoseconds. */
  readonly mtimeNs: bigint;
}

/** A file that was not searched. */
export interface SkippedFile {
  readonly file: string;
  readonly why: string;
}

export interface LookedAt {
  readonly pictures: readonly PictureFile[];
  readonly skipped: readonly SkippedFile[];
}

/** Files of rules that are heeded beside .gitignore, the last one first. */
export const IGNORE_FILES = [".ignore", ".sightlineignore"];

export const NOT_DOWNLOADED = "not downloaded (a Git LFS pointer)";
export const EMPTY = "empty";
const TOO_LARGE = `more than ${formatBytes(MAX_PICTURE_BYTES)}`;
export const IGNORED = "ignored";
export const LEADS_AWAY = "a link that leads nowhere, or out of the folder";

/** A pointer has three short lines (Git LFS specification). */
const MAX_POINTER_BYTES = 1024;
const POINTER_BEGIN = "version https://git-lfs.github.com/spec/";

/** Files that are asked for at once; a system answers most of them from memory. */
const AT_ONCE = 32;

/** In the order in which they were named. @throws AppError `request.cancelled`. */
export async function lookAtFiles(
  files: readonly string[],
  signal: AbortSignal,
): Promise<LookedAt> {
  const pictures: PictureFile[] = [];
  const skipped: SkippedFile[] = [];
  for (let begin = 0; begin < files.length; begin += AT_ONCE) {
    throwIfAborted(signal);
    const looked = await Promise.all(files.slice(begin, begin + AT_ONCE).map(lookAtFile));
    for (const found of looked) {
      if ("why" in found) skipped.push(found);
      else pictures.push(found);
    }
  }
  return { pictures, skipped };
}

async function lookAtFile(file: string): Promise<PictureFile | SkippedFile> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  if (found === undefined) return { file, why: "not there" };
  if (!found.isFile()) return { file, why: "not an ordinary file" };
  const size = Number(found.size);
  if (size === 0) return { file, why: EMPTY };
  if (size > MAX_PICTURE_BYTES) return { file, why: TOO_LARGE };
  if (size < MAX_POINTER_BYTES && (await isPointer(file))) return { file, why: NOT_DOWNLOADED };
  return { file, size, mtimeNs: found.mtimeNs };
}

async function isPointer(file: string): Promise<boolean> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const begin = Buffer.alloc(POINTER_BEGIN.length);
    await handle.read(begin, 0, begin.length, 0);
    return begin.toString("latin1") === POINTER_BEGIN;
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}
