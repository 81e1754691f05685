/** Walks folders for files of a kind, and keeps account of what it leaves out. */

import { readdir, readFile, realpath, stat } from "node:fs/promises";
import type { Dirent } from "node:fs";
import path from "node:path";
import { isBelow } from "./belowFolder";
import { throwIfAborted } from "../base/errors";
import { IgnoreRules, MAX_IGNORE_BYTES, type IgnoreFiles } from "../alt/resolve/ignoreRules";
import { isMadeByTool, skippedByName, type SkipReason } from "../alt/resolve/madeFolders";
import { toSlashes } from "../alt/resolve/slashPath";

export interface FolderSearch {
  readonly signal: AbortSignal;
  /** By a file's name alone. */
  readonly isWanted: (name: string) => boolean;
  readonly heedsGitignore: boolean;
  /** Files of rules beside .gitignore, a later one before an earlier. @default none */
  readonly ignoreFiles?: readonly string[];
  /**
   * Links to files and folders below the same root are followed once each, after what is no link; what leads
   * out of the root is not. @default false
   */
  readonly followsLinks?: boolean;
  /** Files and folders that are left out by other rules than those of files. @default none */
  readonly isExcluded?: (file: string) => boolean;
  /** Told of what is left out. */
  readonly skipped: SkippedParts;
  /** Told of a folder below the first that cannot be read; the search goes on. */
  readonly onFailure: (thrown: unknown, folder: string) => void;
}

/** What a search left out, to be said in one line. */
export class SkippedParts {
  readonly #folders = new Map<SkipReason, Set<string>>();
  readonly #files: string[] = [];
  readonly #links: string[] = [];

  addFolder(folder: string, reason: SkipReason): void {
    const known = this.#folders.get(reason);
    if (known === undefined) this.#folders.set(reason, new Set([path.resolve(folder)]));
    else known.add(path.resolve(folder));
  }

  addFile(file: string): void {
    this.#files.push(file);
  }

  /** One that leads nowhere, or out of the folder that is searched. */
  addLink(link: string): void {
    this.#links.push(link);
  }

  /** Those of `addLink`. */
  links(): readonly string[] {
    return this.#links;
  }

  /** Files and folders that rules leave out; what tools have made and what is hidden is not worth a line. */
  ignored(): readonly string[] {
    return [...(this.#folders.get("gitignore") ?? []), ...this.#files];
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
      ...(this.#files.length > 0
        ? [
            `${this.#files.length} ${this.#files.length === 1 ? "document" : "documents"} that .gitignore names`,
          ]
        : []),
    ];
    if (parts.length === 0) return undefined;
    return `Not searched: ${parts.join(", ")}. Name a folder or file to search it.`;
  }
}

/**
 * The files below a folder that was named, in the order of their names; each folder is read once, so that
 * it ends.
 * @throws AppError `request.cancelled`, or what reading the first folder throws.
 */
export async function* filesBelow(root: string, search: FolderSearch): AsyncGenerator<string> {
  const files = filesFor(search);
  const outer = search.heedsGitignore
    ? await IgnoreRules.forNamed(absolute(root), files)
    : undefined;
  const waiting: Waiting[] = [{ folder: root, rules: outer, entries: await entriesOf(root) }];
  const links = search.followsLinks === true ? await Links.of(root) : undefined;
  for (;;) {
    const next = waiting.pop() ?? (await links?.nextFolder(search));
    if (next === undefined) break;
    throwIfAborted(search.signal);
    await links?.sawFolder(next.folder);
    const { folder, rules, entries } = next;
    for (const entry of entries) {
      const file = path.join(folder, entry.name);
      if (entry.isSymbolicLink()) links?.add(file, rules);
      if (!entry.isFile() || !search.isWanted(entry.name)) continue;
      const isExcluded = search.isExcluded?.(file) === true;
      if (isExcluded || rules?.ignores(absolute(file), "file") === true) {
        search.skipped.addFile(file);
      } else {
        await links?.sawFile(file);
        yield file;
      }
    }
    const below = await foldersIn(next, search);
    waiting.push(...below.reverse());
  }
  if (links !== undefined) yield* links.files(search);
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

/** What links lead to, each file and folder once. */
class Links {
  readonly #root: string;
  readonly #seen = new Set<string>();
  readonly #folders: { readonly folder: string; readonly rules: IgnoreRules | undefined }[] = [];
  readonly #files: string[] = [];

  private constructor(root: string) {
    this.#root = root;
  }

  static async of(root: string): Promise<Links> {
    return new Links(await realpath(root));
  }

  #waiting: { readonly link: string; readonly rules: IgnoreRules | undefined }[] = [];

  add(link: string, rules: IgnoreRules | undefined): void {
    this.#waiting.push({ link, rules });
  }

  async sawFile(file: string): Promise<void> {
    this.#seen.add(await keyOf(file));
  }

  async sawFolder(folder: string): Promise<void> {
    this.#seen.add(await keyOf(folder));
  }

  /** A folder that only a link leads to. */
  async nextFolder(search: FolderSearch): Promise<Waiting | undefined> {
    await this.#resolve(search);
    for (let next = this.#folders.shift(); next !== undefined; next = this.#folders.shift()) {
      if (this.#seen.has(await keyOf(next.folder))) continue;
      const opened = await openFolder(next.folder, next.rules, search);
      if (opened !== undefined) return opened;
    }
    return undefined;
  }

  /** Files that only links lead to. */
  async *files({ isWanted }: FolderSearch): AsyncGenerator<string> {
    for (const file of this.#files) {
      const key = await keyOf(file);
      if (this.#seen.has(key) || !isWanted(path.basename(file))) continue;
      this.#seen.add(key);
      yield file;
    }
  }

  /** Tells files from folders; leaves out what is ignored, leads nowhere or out of the root. */
  async #resolve(search: FolderSearch): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { link, rules } of waiting) {
      const led = await Promise.all([stat(link), realpath(link)]).catch(() => undefined);
      if (led === undefined || !isBelow(led[1], this.#root)) {
        // Another file's name says that nobody looks for it here.
        if (led?.[0].isDirectory() === true || search.isWanted(path.basename(link))) {
          search.skipped.addLink(link);
        }
        continue;
      }
      const [found] = led;
      const isFolder = found.isDirectory();
      if (rules?.ignores(absolute(link), isFolder ? "folder" : "file") === true) {
        if (isFolder) search.skipped.addFolder(link, "gitignore");
        else search.skipped.addFile(link);
      } else if (isFolder) this.#folders.push({ folder: link, rules });
      else if (found.isFile()) this.#files.push(link);
    }
  }
}

/** The same for every name of a file or folder. */
async function keyOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found === undefined ? file : `${found.dev}:${found.ino}`;
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
    const isIgnored =
      search.isExcluded?.(folder) === true ||
      place.rules?.ignores(absolute(folder), "folder") === true;
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
      ? await IgnoreRules.within(absolute(folder), outer, filesFor(search))
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

function filesFor({ ignoreFiles: ownNames = [] }: FolderSearch): IgnoreFiles {
  return { ...FILES, ownNames };
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
