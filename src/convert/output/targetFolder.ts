/**
 * The folder that a conversion writes to: filled under another name beside its own, and renamed when it
 * is whole. Knows nothing of models.
 */

import { lstat, mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { isRunning } from "./runningProcess";

/**
 * Makes sure that nothing is at the target.
 * @throws AppError `convert.failed` when something is.
 */
export async function expectFree(out: string): Promise<void> {
  const present = await lstat(out).catch(() => undefined);
  if (present !== undefined) {
    throw new AppError(
      "convert.failed",
      `${out} already exists. Delete it or choose another folder for the model.`,
      { detail: { file: out } },
    );
  }
}

/**
 * Fills a temporary sibling and renames it at the end; on any failure the sibling is deleted.
 * @throws AppError what filling throws, and `convert.failed` for a failure of the file system.
 */
export async function writeBeside<T>(
  out: string,
  fill: (folder: string) => Promise<T>,
): Promise<T> {
  const partial = `${out}.partial-${process.pid}`;
  let firstCreated: string | undefined;
  try {
    firstCreated = await mkdir(path.dirname(out), { recursive: true });
    await removeLeftovers(out);
    await claim(partial, out);
    try {
      const result = await fill(partial);
      await rename(partial, out);
      return result;
    } catch (thrown) {
      await rm(partial, { recursive: true, force: true }).catch(() => undefined);
      throw thrown;
    }
  } catch (thrown) {
    await removeParents(out, firstCreated);
    throw writeFailure(thrown, out, "Nothing was kept.");
  }
}

/** @throws AppError `convert.failed` when this process already converts to the target. */
async function claim(partial: string, out: string): Promise<void> {
  try {
    await mkdir(partial);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    throw new AppError(
      "convert.failed",
      `Another conversion to ${out} is under way. Wait for its end or choose another folder.`,
      { cause, detail: { file: out } },
    );
  }
}

/** Deletes the parents that were made for the target, as far as nobody else uses them. */
async function removeParents(out: string, firstCreated: string | undefined): Promise<void> {
  if (firstCreated === undefined) return;
  for (let folder = path.dirname(out); folder.startsWith(firstCreated);) {
    try {
      await rmdir(folder);
    } catch {
      return;
    }
    folder = path.dirname(folder);
  }
}

/** Deletes what a process that was killed while it converted to the same target left behind. */
async function removeLeftovers(out: string): Promise<void> {
  const parent = path.dirname(out);
  const prefix = `${path.basename(out)}.partial-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const leftover = path.join(parent, name);
    const pid = Number(name.slice(prefix.length));
    const isDead = pid === process.pid ? await isOlderThanProcess(leftover) : !isRunning(pid);
    if (Number.isInteger(pid) && isDead) await rm(leftover, { recursive: true, force: true });
  }
}

/** In a container every process may get the same id, which then says nothing about the writer. */
async function isOlderThanProcess(folder: string): Promise<boolean> {
  const { mtimeMs } = await lstat(folder);
  return mtimeMs < Date.now() - process.uptime() * 1000;
}

/**
 * What is told of a failure to write a model; an error of ours stays as it is.
 * @param kept a sentence about what is left of the work.
 */
export function writeFailure(thrown: unknown, out: string, kept: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === undefined) return AppError.from(thrown);
  const why: Record<string, string> = {
    ENOSPC: "the disk is full. Free some space and convert again",
    EDQUOT: "the disk quota is used up. Free some space and convert again",
    EACCES: "there is no permission to write there. Choose another folder",
    EPERM: "there is no permission to write there. Choose another folder",
    EROFS: "the disk is read-only. Choose another folder",
    ENOTDIR: "part of the path is a file. Choose another folder",
    EEXIST: "a file of that name is in the way. Choose another folder",
    ENOTEMPTY: "something else was put there meanwhile. Choose another folder",
    EFBIG: "files of that size are not allowed there. Choose another disk or raise the limit",
  };
  return new AppError(
    "convert.failed",
    `The model could not be written to ${out}: ${why[code] ?? code}. ${kept}`,
    { cause: thrown, detail: { file: out } },
  );
}
