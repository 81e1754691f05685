/** Walks folders for files of a kind, and keeps account of what it leaves out. */

import { readdir, readFile, stat } from "node:fs/promises";
import type { Dirent } from "node:fs";
import path from "node:path";
import { throwIfAborted } from "../../base/errors";
import { IgnoreRules, MAX_IGNORE_BYTES, type IgnoreFiles } from "../../alt/resolve/ignoreRules";
import { isMadeByTool, skippedByName, type SkipReason } from "../../alt/resolve/madeFolders";
import { toSlashes } from "../../alt/resolve/slashPath";

export interface FolderSearch {
  readonly signal: AbortSignal;
  /** By a file's name alone. */
  readonly isWanted: (name: string) => boolean;
  readonly heedsGitignore: boolean;
  /** Files of rules beside .gitignore, a later one before an earlier. @default none */
  readonly ignoreFiles?: readonly string[];
  /** Links are followed, each file and folder once, under the name that comes first. @default false */
  readonly followsLinks?: boolean;
  /** Told of what is left out. */
  readonly skipped: SkippedParts;
  /** Told of a folder below the first that cannot be read; the search goes on. */
  readonly onFailure: (thrown: unknown, folder: string) => void;
}

/** What a search left out, to be said in one line. */
export class SkippedParts {
  readonly #folders = new Map<SkipReason, Set<string>>();
  #nFiles = 0;

  addFolder(folder: string, reason: SkipReason): void {
    const known = this.#folders.get(reason);
    if (known === undefined) this.#folders.set(reason, new Set([path.resolve(folder)]));
    else known.add(path.resolve(folder));
  }

  addFile(): void {
    this.#nFiles++;
  }

  /** Undefined when there is nothing to say. */
  summary(): string | undefined {
    const of = (reason: SkipReason): ReadonlySet<string> =>
      this.#folders.get(reason) ?? new Set<string>();
    const [tool, hidden, ignored] = [of("tool"), of("hidden"), of("gitignore")] as const;
    const parts = [
      ...(tool.size > 0 ? [`${folders(tool.size)} made by tools (${namesOf(tool)})`] : []),
      ...(hidden.size > 0 ? [`${hidden.size} hidden (${namesOf(hidden)})`] : []),
      ...(ignored.size > 0
        ? [`${folders(ignored.size)} that .gitignore names (${namesOf(ignored)})`]
        : []),
      ...(this.#nFiles > 0
        ? [`${this.#nFiles} ${this.#nFiles === 1 ? "document" : "documents"} that .gitignore names`]
        : []),
    ];
    if (parts.length === 0) return undefined;
    return `Not searched: ${parts.join(", ")}. Name a folder or file to search it.`;
  }
}

/**
 * The files below a folder that was named, in the order of their names; links are not followed, so
 * it ends.
 * @throws AppError `request.cancelled`, or what reading the first folder throws.
 */
export async function* filesBelow(root: string, search: FolderSearch): AsyncGenerator<string> {
  const outer = search.heedsGitignore
    ? await IgnoreRules.forNamed(absolute(root), FILES)
    : undefined;
  const waiting: Waiting[] = [{ folder: root, rules: outer, entries: await entriesOf(root) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    throwIfAborted(search.signal);
    const { folder, rules, entries } = next;
    for (const entry of entries) {
      const file = path.join(folder, entry.name);
      if (!entry.isFile() || !search.isWanted(entry.name)) continue;
      if (rules?.ignores(absolute(file), "file") === true) search.skipped.addFile();
      else yield file;
    }
    const below = await foldersIn(next, search);
    waiting.push(...below.reverse());
  }
}

/** A pattern of paths, and the folder that holds everything that can match. */
export interface FilePattern {
  readonly base: string;
  matches(file: string): boolean;
}

/** The files that a pattern means, found as those of a folder are. */
export async function* matchingFiles(
  pattern: FilePattern,
  search: FolderSearch,
): AsyncGenerator<string> {
  for await (const file of filesBelow(pattern.base, search)) {
    if (pattern.matches(file)) yield file;
  }
}

interface Waiting {
  readonly folder: string;
  /** Those for its content. */
  readonly rules: IgnoreRules | undefined;
  readonly entries: readonly Dirent[];
}

async function foldersIn(place: Waiting, search: FolderSearch): Promise<Waiting[]> {
  const names = place.entries.map(({ name }) => name);
  const around = { folder: path.basename(path.resolve(place.folder)), names };
  const found: Waiting[] = [];
  for (const entry of place.entries) {
    if (!entry.isDirectory()) continue;
    const folder = path.join(place.folder, entry.name);
    const isIgnored = place.rules?.ignores(absolute(folder), "folder") === true;
    const reason = skippedByName(entry.name, around) ?? (isIgnored ? "gitignore" : undefined);
    if (reason !== undefined) search.skipped.addFolder(folder, reason);
    else {
      const below = await openFolder(folder, place.rules, search);
      if (below !== undefined) found.push(below);
    }
  }
  return found;
}

async function openFolder(
  folder: string,
  outer: IgnoreRules | undefined,
  search: FolderSearch,
): Promise<Waiting | undefined> {
  throwIfAborted(search.signal);
  try {
    const entries = await entriesOf(folder);
    if (isMadeByTool(entries.map(({ name }) => name))) {
      search.skipped.addFolder(folder, "tool");
      return undefined;
    }
    const rules = search.heedsGitignore
      ? await IgnoreRules.within(absolute(folder), outer, FILES)
      : undefined;
    return { folder, rules, entries };
  } catch (thrown) {
    search.onFailure(thrown, folder);
    return undefined;
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** As the rules want it. */
function absolute(file: string): string {
  return toSlashes(path.resolve(file));
}

const FILES: IgnoreFiles = {
  readText: async (file) => {
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() !== true || found.size > MAX_IGNORE_BYTES) return undefined;
    return readFile(file, "utf8").catch(() => undefined);
  },
  exists: async (file) => (await stat(file).catch(() => undefined)) !== undefined,
  ignoresCase: process.platform === "win32" || process.platform === "darwin",
};

function folders(n: number): string {
  return `${n} ${n === 1 ? "folder" : "folders"}`;
}

/** More names than these would fill the line. */
const MAX_NAMES = 4;

function namesOf(paths: ReadonlySet<string>): string {
  const names = [...new Set([...paths].map((folder) => path.basename(folder)))].sort();
  const more = names.length > MAX_NAMES ? " …" : "";
  return `${names.slice(0, MAX_NAMES).join(", ")}${more}`;
}
