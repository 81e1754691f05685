/** The documents below a folder, left out by the same rules as on the command line. */

import * as vscode from "vscode";
import { IgnoreRules, MAX_IGNORE_BYTES, type IgnoreFiles } from "../../alt/resolve/ignoreRules";
import { DOCUMENT_EXTENSIONS } from "../../alt/languages";
import { isMadeByTool, skippedByName } from "../../alt/resolve/madeFolders";
import { folderOf } from "../../alt/resolve/slashPath";
import { filesGlob, IN_TOOL_FOLDERS } from "../pictures/filesGlob";

/** A folder with more documents holds several projects, and is better taken apart. */
export const MAX_DOCUMENTS = 20_000;

export interface FolderDocuments {
  readonly documents: readonly vscode.Uri[];
  /** There are more than are looked through. */
  readonly isCut: boolean;
}

/**
 * Documents by their names, in the order of their paths. Leaves out what `files.exclude` hides, what
 * tools have made, and what .gitignore files name.
 */
export async function documentsBelow(
  folder: vscode.Uri,
  signal: AbortSignal,
): Promise<FolderDocuments> {
  const cancellation = new vscode.CancellationTokenSource();
  const cancel = (): void => {
    cancellation.cancel();
  };
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const pattern = new vscode.RelativePattern(folder, filesGlob(DOCUMENT_EXTENSIONS));
    const { token } = cancellation;
    const { findFiles } = vscode.workspace;
    const found = await findFiles(pattern, IN_TOOL_FOLDERS, MAX_DOCUMENTS + 1, token);
    const rules = new FolderRules(folder);
    const documents: vscode.Uri[] = [];
    const sorted = [...found].sort((a, b) => (a.path < b.path ? -1 : 1));
    for (const uri of sorted.slice(0, MAX_DOCUMENTS)) {
      if (signal.aborted) break;
      if (await rules.lets(uri)) documents.push(uri);
    }
    return { documents, isCut: sorted.length > MAX_DOCUMENTS };
  } finally {
    signal.removeEventListener("abort", cancel);
    cancellation.dispose();
  }
}

/** What is known of a folder; undefined for one that is left out. */
interface KnownFolder {
  readonly names: readonly string[];
  readonly rules: IgnoreRules | undefined;
}

/** The rules from the folder that was named down to each document, each folder read once. */
class FolderRules {
  readonly #root: vscode.Uri;
  readonly #files: IgnoreFiles;
  readonly #folders = new Map<string, Promise<KnownFolder | undefined>>();

  constructor(root: vscode.Uri) {
    this.#root = root;
    this.#files = ignoreFiles(root);
  }

  /** True for a document that is not left out. */
  async lets({ path }: vscode.Uri): Promise<boolean> {
    const folder = await this.#folder(folderOf(path));
    return folder !== undefined && folder.rules?.ignores(path, "file") !== true;
  }

  #folder(path: string): Promise<KnownFolder | undefined> {
    const known = this.#folders.get(path) ?? this.#read(path);
    this.#folders.set(path, known);
    return known;
  }

  async #read(path: string): Promise<KnownFolder | undefined> {
    const isRoot = path.length <= this.#root.path.length;
    if (isRoot) {
      const rules = await IgnoreRules.forNamed(path, this.#files);
      return { names: await this.#names(path), rules };
    }
    const above = await this.#folder(folderOf(path));
    if (above === undefined) return undefined;
    const around = { folder: nameOf(folderOf(path)), names: above.names };
    if (skippedByName(nameOf(path), around) !== undefined) return undefined;
    if (above.rules?.ignores(path, "folder") === true) return undefined;
    const names = await this.#names(path);
    if (isMadeByTool(names)) return undefined;
    return { names, rules: await IgnoreRules.within(path, above.rules, this.#files) };
  }

  async #names(path: string): Promise<readonly string[]> {
    try {
      const entries = await vscode.workspace.fs.readDirectory(this.#root.with({ path }));
      return entries.map(([name]) => name);
    } catch {
      return [];
    }
  }
}

function ignoreFiles(root: vscode.Uri): IgnoreFiles {
  const { fs } = vscode.workspace;
  const statOf = async (path: string): Promise<vscode.FileStat | undefined> => {
    try {
      return await fs.stat(root.with({ path }));
    } catch {
      return undefined;
    }
  };
  return {
    exists: async (path) => (await statOf(path)) !== undefined,
    readText: async (path) => {
      const found = await statOf(path);
      if (found === undefined || (found.type & vscode.FileType.File) === 0) return undefined;
      if (found.size > MAX_IGNORE_BYTES) return undefined;
      return new TextDecoder().decode(await fs.readFile(root.with({ path })));
    },
    ignoresCase: process.platform === "win32" || process.platform === "darwin",
  };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
