/** Notes with wikilinks: a name means a file in whatever folder, and a setting where attachments lie. */

import { fieldOf } from "../ownField";
import { folderOf, isWithin, joinPath } from "../resolve/slashPath";
import { TOOL_FOLDERS } from "../resolve/toolFolders";
import type { SiteFiles } from "./findSites";

/** Larger vaults are cut off; what lies behind is found by its path alone. */
const MAX_FILES = 50_000;
const MAX_FOLDERS = 5_000;

/** Where Obsidian keeps what is put into a note, as its setting says; undefined outside of vaults. */
export async function attachmentFolder(
  files: SiteFiles,
  vault: string,
  documentFolder: string,
): Promise<string> {
  const text = await files.readText(`${vault}/.obsidian/app.json`);
  if (text === undefined) return vault;
  const { looseJson } = await import("../formats/script/looseJson");
  const setting = fieldOf(looseJson(text), "attachmentFolderPath");
  if (typeof setting !== "string") return vault;
  // `./x` is a folder beside the note, `x` one of the vault, `/` the vault itself.
  if (/^\.(?:\/|$)/.test(setting)) return joinPath(documentFolder, setting);
  return joinPath(vault, setting.replace(/^\/+/, ""));
}

/** The nearest folder that Obsidian opens as a vault. */
export async function vaultOf(
  files: SiteFiles,
  folders: readonly string[],
): Promise<string | undefined> {
  for (const folder of folders) {
    if ((await files.list(folder))?.includes(".obsidian/") === true) return folder;
  }
  return undefined;
}

/**
 * The files below a folder whose path ends as a link says, whatever the case of its letters: those in
 * the document's own folder first, then those with the shortest path.
 */
export async function filesNamed(
  files: SiteFiles,
  root: string,
  wanted: { readonly link: string; readonly documentFolder: string },
): Promise<string[]> {
  const link = wanted.link.replace(/^(?:\.?\/)+/, "").toLowerCase();
  if (link === "" || link.startsWith("../")) return [];
  const known = await indexOf(files, root);
  const found = known.get(link.slice(link.lastIndexOf("/") + 1)) ?? [];
  const rank = (file: string): number =>
    (isWithin(file, wanted.documentFolder) ? 0 : 1000) + file.split("/").length;
  return found
    .filter((file) => file.toLowerCase().endsWith(`/${link}`))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

type Index = ReadonlyMap<string, readonly string[]>;

/** One for each folder and file system, as long as that lives. */
const indexes = new WeakMap<SiteFiles, Map<string, Promise<Index>>>();

async function indexOf(files: SiteFiles, root: string): Promise<Index> {
  const known = indexes.get(files) ?? new Map<string, Promise<Index>>();
  indexes.set(files, known);
  const index = known.get(root) ?? readIndex(files, root);
  known.set(root, index);
  return index;
}

async function readIndex(files: SiteFiles, root: string): Promise<Index> {
  const index = new Map<string, string[]>();
  let nFiles = 0;
  let waiting = [root];
  for (let nFolders = 0; waiting.length > 0 && nFolders < MAX_FOLDERS && nFiles < MAX_FILES;) {
    const now = waiting.slice(0, 32);
    waiting = waiting.slice(32);
    nFolders += now.length;
    const lists = await Promise.all(
      now.map(async (folder) => ({ folder, names: await files.list(folder) })),
    );
    for (const { folder, names = [] } of lists) {
      for (const name of names) {
        const path = joinPath(folder, name);
        if (name.endsWith("/")) {
          if (!isSkipped(name.slice(0, -1))) waiting.push(path);
        } else if (nFiles++ < MAX_FILES) {
          const key = name.toLowerCase();
          const others = index.get(key);
          if (others === undefined) index.set(key, [path]);
          else others.push(path);
        }
      }
    }
  }
  return index;
}

function isSkipped(name: string): boolean {
  return name.startsWith(".") || TOOL_FOLDERS.includes(name);
}

/** A file that no other is like: in a folder called so, below which its path is this one. */
export async function onlyAsset(
  files: SiteFiles,
  root: string,
  wanted: { readonly path: string; readonly folders: readonly string[] },
): Promise<string | undefined> {
  const found = new Set<string>();
  for (const folder of wanted.folders) {
    const link = joinPath(folder, wanted.path);
    for (const file of await filesNamed(files, root, { link, documentFolder: folderOf(root) })) {
      found.add(file);
    }
  }
  return found.size === 1 ? [...found][0] : undefined;
}
