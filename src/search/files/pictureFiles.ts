/** Files that could be pictures, looked at before any is opened: what is empty or not downloaded is named. */

import { open, stat } from "node:fs/promises";
import { throwIfAborted } from "../../base/errors";

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
export const IGNORED = "ignored";

/** A pointer has three short lines (Git LFS specification). */
const MAX_POINTER_BYTES = 1024;
const POINTER_BEGIN = "version https://git-lfs.github.com/spec/";

/** @throws AppError `request.cancelled`. */
export async function lookAtFiles(
  files: readonly string[],
  signal: AbortSignal,
): Promise<LookedAt> {
  const pictures: PictureFile[] = [];
  const skipped: SkippedFile[] = [];
  for (const file of files) {
    throwIfAborted(signal);
    const found = await stat(file, { bigint: true }).catch(() => undefined);
    const size = Number(found?.size ?? 0n);
    const why =
      found === undefined
        ? "not there"
        : !found.isFile()
          ? "not an ordinary file"
          : size === 0
            ? EMPTY
            : size < MAX_POINTER_BYTES && (await isPointer(file))
              ? NOT_DOWNLOADED
              : undefined;
    if (why !== undefined) skipped.push({ file, why });
    else pictures.push({ file, size, mtimeNs: found?.mtimeNs ?? 0n });
  }
  return { pictures, skipped };
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
