/** Pictures that the command line names: files, folders and patterns. */

import { stat } from "node:fs/promises";
import path from "node:path";
import { AppError, throwIfAborted } from "../../base/errors";
import { isPictureName } from "../../model/ask/pictureNames";
import { nothingMatches, readGivenPaths, type PathPattern } from "../documents/pathPatterns";
import { STANDARD_INPUT } from "./pictureSource";
import {
  filesBelow,
  matchingFiles,
  SkippedParts,
  type FolderSearch,
} from "../../disk/searchFolder";

/** Which pictures below a folder count. */
export type PictureRules = Partial<
  Pick<FolderSearch, "heedsGitignore" | "ignoreFiles" | "followsLinks">
>;

export interface NamedPictures {
  /** In the order of the names, and each once; below a folder in the order of their own names. */
  readonly files: readonly string[];
  /** A folder or a pattern was named, so that a picture's name says something. */
  readonly hasFolder: boolean;
  /** What was left out below folders. */
  readonly skipped: SkippedParts;
  /** One for each folder or pattern that has no picture or cannot be read. */
  readonly failures: readonly { readonly folder: string; readonly error: AppError }[];
}

/**
 * What was named, with patterns and folders searched: what tools make is left out, and links are not
 * followed. Whether a file that is named is there shows when it is read.
 * @throws AppError `request.cancelled`, `option.invalid` as `readGivenPaths`.
 */
export async function picturesNamed(
  names: readonly string[],
  signal: AbortSignal,
  rules: PictureRules = {},
): Promise<NamedPictures> {
  const given = await readGivenPaths(names);
  const files: string[] = [];
  const failures: { folder: string; error: AppError }[] = [];
  let hasFolder = false;
  const search: FolderSearch = {
    signal,
    isWanted: (name) => isPictureName(path.basename(name)),
    // Pictures are kept out of repositories for their size, not because a tool has made them.
    heedsGitignore: false,
    ...rules,
    skipped: new SkippedParts(),
    onFailure: (thrown, folder) => failures.push({ folder, error: unreadable(folder, thrown) }),
  };
  for (const item of given.wanted) {
    throwIfAborted(signal);
    if (typeof item === "string" && !(await isFolder(item))) {
      files.push(item);
      continue;
    }
    hasFolder = true;
    const folder = typeof item === "string" ? item : item.pattern;
    try {
      const below = await picturesOf(item, search);
      files.push(...below);
      if (below.length === 0) failures.push({ folder, error: noPicture(item) });
    } catch (thrown) {
      if (thrown instanceof AppError) throw thrown;
      failures.push({ folder, error: unreadable(folder, thrown) });
    }
  }
  const kept = files.filter((file) => file === STANDARD_INPUT || !given.isExcluded(file));
  return {
    ...{ files: hasFolder ? [...new Set(kept)] : kept, hasFolder, failures },
    skipped: search.skipped,
  };
}

async function isFolder(name: string): Promise<boolean> {
  return (await stat(name).catch(() => undefined))?.isDirectory() === true;
}

async function picturesOf(item: string | PathPattern, search: FolderSearch): Promise<string[]> {
  const files: string[] = [];
  const found = typeof item === "string" ? filesBelow(item, search) : matchingFiles(item, search);
  for await (const file of found) files.push(file);
  return files;
}

function noPicture(item: string | PathPattern): AppError {
  const message =
    typeof item === "string"
      ? `There is no picture in the folder ${item} and below it.`
      : nothingMatches(item, "picture");
  const file = typeof item === "string" ? item : item.pattern;
  return new AppError("image.missing", message, { detail: { file } });
}

function unreadable(folder: string, cause: unknown): AppError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "unknown reason";
  const why = code === "EACCES" ? "there is no permission" : code;
  return new AppError("image.unreadable", `The folder ${folder} cannot be read: ${why}.`, {
    cause,
    detail: { file: folder },
  });
}
