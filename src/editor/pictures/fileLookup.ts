/** Which files there are, asked through the editor's file systems and remembered for one piece of work. */

import * as vscode from "vscode";
import { MAX_SMALL_BYTES } from "../../alt/site/place";

/** A configuration file of aliases is a few kilobytes; a larger one is something else. */
const MAX_CONFIG_BYTES = 1 << 20;

/** What the way from a reference to its file asks of a file system. */
export interface FileLookup {
  isFile(uri: vscode.Uri): Promise<boolean>;
  /** A small text; undefined when there is none. */
  readText(uri: vscode.Uri): Promise<string | undefined>;
  /** The names in a folder, with a slash behind those of folders; undefined when there is none. */
  list(uri: vscode.Uri): Promise<readonly string[] | undefined>;
  /** What a file of at most `MAX_SMALL_BYTES` holds; undefined for a larger one. */
  readSmall(uri: vscode.Uri): Promise<Uint8Array | undefined>;
}

/** For one picture: asks for each file by its name. */
export class SingleLookup implements FileLookup {
  readonly #files = new Map<string, Promise<boolean>>();
  readonly #texts = new Map<string, Promise<string | undefined>>();
  readonly #folders = new Map<string, Promise<readonly string[] | undefined>>();
  readonly #small = new Map<string, Promise<Uint8Array | undefined>>();

  isFile(uri: vscode.Uri): Promise<boolean> {
    return remembered(this.#files, uri.toString(), () => isFile(uri));
  }

  readText(uri: vscode.Uri): Promise<string | undefined> {
    return remembered(this.#texts, uri.toString(), () => readConfig(uri));
  }

  list(uri: vscode.Uri): Promise<readonly string[] | undefined> {
    return remembered(this.#folders, uri.toString(), async () => namesOf(await readFolder(uri)));
  }

  readSmall(uri: vscode.Uri): Promise<Uint8Array | undefined> {
    return remembered(this.#small, uri.toString(), () => readUpTo(uri, MAX_SMALL_BYTES));
  }
}

/**
 * For many pictures: lists each folder once. A site has a few folders, and each address may mean dozens
 * of files that are not there.
 */
export class ListedLookup implements FileLookup {
  readonly #single = new SingleLookup();
  readonly #folders = new Map<string, Promise<Listing>>();

  async isFile(uri: vscode.Uri): Promise<boolean> {
    const names = await this.#list(folderUri(uri));
    const name = nameOf(uri);
    const type = names.byName.get(name);
    if (type !== undefined) return (type & vscode.FileType.File) !== 0;
    // The file system may take another spelling for the same name; it alone knows.
    return names.folded.has(fold(name)) && this.#single.isFile(uri);
  }

  async readText(uri: vscode.Uri): Promise<string | undefined> {
    return (await this.isFile(uri)) ? this.#single.readText(uri) : undefined;
  }

  async list(uri: vscode.Uri): Promise<readonly string[] | undefined> {
    const { entries } = await this.#list(uri);
    return namesOf(entries);
  }

  readSmall(uri: vscode.Uri): Promise<Uint8Array | undefined> {
    return this.#single.readSmall(uri);
  }

  #list(folder: vscode.Uri): Promise<Listing> {
    return remembered(this.#folders, folder.toString(), async () => {
      const entries = await readFolder(folder);
      const names = entries?.map(([name]) => fold(name));
      return { entries, byName: new Map(entries), folded: new Set(names) };
    });
  }
}

type Entries = readonly [string, vscode.FileType][];

interface Listing {
  readonly entries: Entries | undefined;
  readonly byName: ReadonlyMap<string, vscode.FileType>;
  readonly folded: ReadonlySet<string>;
}

async function readFolder(folder: vscode.Uri): Promise<Entries | undefined> {
  try {
    return await vscode.workspace.fs.readDirectory(folder);
  } catch {
    return undefined;
  }
}

/** A link to a folder is none here, so that a walk over folders ends. */
function namesOf(entries: Entries | undefined): readonly string[] | undefined {
  return entries
    ?.map(([name, type]) => (type === vscode.FileType.Directory ? `${name}/` : name))
    .sort();
}

function fold(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

function nameOf({ path }: vscode.Uri): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function folderUri(uri: vscode.Uri): vscode.Uri {
  const end = uri.path.lastIndexOf("/");
  return uri.with({ path: end <= 0 ? "/" : uri.path.slice(0, end) });
}

function remembered<T>(
  known: Map<string, Promise<T>>,
  key: string,
  ask: () => Promise<T>,
): Promise<T> {
  const answer = known.get(key) ?? ask();
  known.set(key, answer);
  return answer;
}

async function isFile(uri: vscode.Uri): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.File) !== 0;
  } catch {
    return false;
  }
}

async function readConfig(uri: vscode.Uri): Promise<string | undefined> {
  const bytes = await readUpTo(uri, MAX_CONFIG_BYTES);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

async function readUpTo(uri: vscode.Uri, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    const { type, size } = await vscode.workspace.fs.stat(uri);
    if ((type & vscode.FileType.File) === 0 || size > maxBytes) return undefined;
    return await vscode.workspace.fs.readFile(uri);
  } catch {
    return undefined;
  }
}
