/** The sites that a document belongs to: those above it, then those beside the folders above it. */

import { TOOL_FOLDERS } from "../resolve/toolFolders";
import { isWithin, joinPath } from "../resolve/slashPath";
import { SiteConfig } from "./siteConfig";
import { SITE_RULES, type Site } from "./siteRules";

/** What may be asked of a file system. */
export interface SiteFiles {
  /** The text of a file; undefined when there is none. */
  readText(path: string): Promise<string | undefined>;
  /** The names in a folder, with a slash behind those of folders; undefined when there is none. */
  list(path: string): Promise<readonly string[] | undefined>;
}

/** Where a search begins, and what it may ask. */
export interface SiteSearch {
  readonly files: SiteFiles;
  /** The document's folder and those above it, the nearest first. */
  readonly folders: readonly string[];
}

/** Folders that are looked into for a site beside a document; a larger workspace is cut off. */
const MAX_BESIDE = 200;

/** The sites whose folder holds the document, the nearest first. */
export async function sitesAbove(search: SiteSearch): Promise<Site[]> {
  const found = await Promise.all(search.folders.map((folder) => sitesIn(folder, search)));
  return found.flat();
}

/**
 * The sites in folders beside those above the document, such as `website` beside `docs`: those that
 * name the document's folder first, then the nearest.
 */
export async function sitesBeside(search: SiteSearch, documentPath: string): Promise<Site[]> {
  const found: Site[] = [];
  const seen = new Set(search.folders);
  for (const folder of search.folders) {
    let waiting = [folder];
    // `packages/website` lies two folders deep.
    for (let depth = 0; depth < 2; depth++) {
      const below = (await Promise.all(waiting.map((place) => foldersIn(place, search)))).flat();
      waiting = below.filter((place) => !seen.has(place)).slice(0, MAX_BESIDE);
      for (const place of waiting) {
        seen.add(place);
        found.push(...(await sitesIn(place, search)));
      }
      if (seen.size >= MAX_BESIDE) break;
    }
  }
  const isOwner = (site: Site): boolean =>
    site.documents.some((docs) => isWithin(documentPath, docs));
  return [...found.filter(isOwner), ...found.filter((site) => !isOwner(site))];
}

async function foldersIn(folder: string, { files }: SiteSearch): Promise<string[]> {
  const names = (await files.list(folder)) ?? [];
  return names
    .filter((name) => name.endsWith("/") && !name.startsWith("."))
    .map((name) => name.slice(0, -1))
    .filter((name) => !TOOL_FOLDERS.includes(name))
    .map((name) => joinPath(folder, name));
}

/** What was found in a folder, as long as its file system lives. */
const known = new WeakMap<SiteFiles, Map<string, Promise<Site[]>>>();

async function sitesIn(folder: string, { files }: SiteSearch): Promise<Site[]> {
  const sites = known.get(files) ?? new Map<string, Promise<Site[]>>();
  known.set(files, sites);
  const found = sites.get(folder) ?? readSites(folder, files);
  sites.set(folder, found);
  return found;
}

async function readSites(folder: string, files: SiteFiles): Promise<Site[]> {
  const names = ((await files.list(folder)) ?? []).map((name) => name.replace(/\/$/, ""));
  const sites: Site[] = [];
  for (const rule of SITE_RULES) {
    const { mark, beside } = rule;
    const marks = names.filter((name) => mark.test(name));
    if (marks.length === 0) continue;
    if (beside !== undefined && !names.some((name) => beside.test(name))) continue;
    const config = await readConfig(folder, [...marks, ...(rule.configs ?? [])], files);
    const part = rule.read({ folder, names, config });
    if (part === undefined) continue;
    sites.push({ ...USUAL, ...part, folder, config });
    // Generators share names of configurations; what lies beside tells them apart.
    if (beside !== undefined) break;
  }
  return sites;
}

async function readConfig(
  folder: string,
  names: readonly string[],
  files: SiteFiles,
): Promise<SiteConfig> {
  for (const name of names.filter((one) => /[^/]\.\w+$/.test(one))) {
    const text = await files.readText(joinPath(folder, name));
    if (text === undefined) continue;
    const { readSiteConfig } = await import("./readSiteConfig");
    return readSiteConfig(name, text);
  }
  return SiteConfig.NONE;
}

const USUAL: Omit<Site, "folder" | "config"> = {
  mounts: [],
  base: "",
  aliases: [],
  documents: [],
  isPageElsewhere: false,
  hasAssetFolders: false,
  isBundler: false,
  readsMdx: false,
};
