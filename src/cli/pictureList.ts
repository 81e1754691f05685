/** Pictures that the command line names: files as they are given, and those below folders. */

import { stat } from "node:fs/promises";
import path from "node:path";
import { AppError, throwIfAborted } from "../base/errors";
import { isPictureName } from "../base/pictureNames";
import { filesBelow } from "./altDocuments";

export interface NamedPictures {
  /** In the order of the names, and each once; below a folder in the order of their own names. */
  readonly files: readonly string[];
  /** A folder was named, so that a picture's name says something. */
  readonly hasFolder: boolean;
  /** One for each folder that has no picture or cannot be read. */
  readonly failures: readonly { readonly folder: string; readonly error: AppError }[];
}

/**
 * What was named, with folders searched as for documents: what tools make is left out, and links are not
 * followed. Whether a file that is named is there shows when it is read.
 * @throws AppError `request.cancelled`.
 */
export async function picturesNamed(
  names: readonly string[],
  signal: AbortSignal,
): Promise<NamedPictures> {
  const files: string[] = [];
  const failures: { folder: string; error: AppError }[] = [];
  let hasFolder = false;
  for (const name of names) {
    throwIfAborted(signal);
    const found = await stat(name).catch(() => undefined);
    if (found?.isDirectory() !== true) {
      files.push(name);
      continue;
    }
    hasFolder = true;
    try {
      const below = await picturesBelow(name, signal);
      files.push(...below);
      if (below.length === 0) failures.push({ folder: name, error: noPicture(name) });
    } catch (thrown) {
      if (thrown instanceof AppError) throw thrown;
      failures.push({ folder: name, error: unreadable(name, thrown) });
    }
  }
  return { files: hasFolder ? [...new Set(files)] : files, hasFolder, failures };
}

async function picturesBelow(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const file of filesBelow(folder, signal)) {
    if (isPictureName(path.basename(file))) files.push(file);
  }
  return files;
}

function noPicture(folder: string): AppError {
  return new AppError(
    "image.missing",
    `There is no picture in the folder ${folder} and below it.`,
    { detail: { file: folder } },
  );
}

function unreadable(folder: string, cause: unknown): AppError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "unknown reason";
  const why = code === "EACCES" ? "there is no permission" : code;
  return new AppError("image.unreadable", `The folder ${folder} cannot be read: ${why}.`, {
    cause,
    detail: { file: folder },
  });
}
