/** Replacing a file by one that is complete before it takes the name; a link stays a link. */

import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { documentError } from "../alt/documentError";
import { AppError } from "../base/errors";

/**
 * A file that may not be written could still be replaced where its folder may: whoever protects it means
 * its content, so that it is left alone, also by root.
 * @throws AppError `document.missing`, `document.unwritable`.
 */
export async function requireWritableFile(file: string): Promise<void> {
  const target = await targetOf(file);
  try {
    const { mode } = await stat(target);
    if ((mode & 0o222) !== 0) {
      await access(target, constants.W_OK);
      await access(path.dirname(target), constants.W_OK);
      return;
    }
  } catch (thrown) {
    throw unwritable(file, thrown);
  }
  throw documentError(
    "document.unwritable",
    `${file} is read-only, so it is left alone. Make it writable, then try again.`,
  );
}

async function targetOf(file: string): Promise<string> {
  return await realpath(file).catch((thrown: unknown) => {
    throw fileError(thrown, file);
  });
}

function unwritable(file: string, thrown: unknown): AppError {
  return documentError(
    "document.unwritable",
    `${file} cannot be written: ${reasonOf(thrown)}. Check its permissions and the free space.`,
    thrown,
  );
}

/** What a file is to hold, and what it held when somebody looked. */
export interface Replacement {
  readonly bytes: Uint8Array;
  readonly expected: Uint8Array;
}

/**
 * Replaces a file that still holds what is expected.
 * @throws AppError `document.changed` when somebody changed the file since it was read,
 * `document.missing` when it is gone, `document.unwritable`.
 */
export async function replaceFile(file: string, { bytes, expected }: Replacement): Promise<void> {
  await requireWritableFile(file);
  const target = await targetOf(file);
  const temporary = path.join(
    path.dirname(target),
    `.${path.basename(target)}.${randomUUID()}.tmp`,
  );
  try {
    const { mode } = await stat(target);
    const handle = await open(temporary, "wx", mode);
    try {
      await handle.writeFile(bytes);
      // The mode of a new file is cut by the process's mask.
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (Buffer.compare(await readFile(target), expected) !== 0) {
      throw documentError(
        "document.changed",
        `${file} was changed meanwhile, so it is left alone. Try again.`,
      );
    }
    await rename(temporary, target);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (thrown instanceof AppError) throw thrown;
    throw unwritable(file, thrown);
  }
}

/** Why nothing can be done with a file, for people. */
export function fileError(thrown: unknown, file: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return documentError(
      "document.missing",
      `There is no file or folder ${file}. Check the path.`,
      thrown,
    );
  }
  return documentError(
    "document.unreadable",
    `${file} cannot be read: ${reasonOf(thrown)}.`,
    thrown,
  );
}

function reasonOf(thrown: unknown): string {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === "EACCES" || code === "EPERM") return "there is no permission";
  if (code === "ENOSPC") return "the disk is full";
  return code ?? "unknown reason";
}
