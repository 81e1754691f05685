/** What is around a document: the folders above it, its project, and the sites above and beside it. */

import { frontMatterOf } from "../formats/frontMatter";
import type { AltLanguage } from "../languages";
import { folderOf, isWithin, toSlashes } from "../resolve/slashPath";
import { sitesAbove, sitesBeside, type SiteFiles } from "./findSites";
import type { Site } from "./siteRules";

/** What may be asked of a file system; answers may be kept as long as the object lives. */
export interface ResolveFiles extends SiteFiles {
  /** True for a file; a folder is no picture. */
  exists(path: string): Promise<boolean>;
  /**
   * What a file of at most `MAX_SMALL_BYTES` holds; undefined for a larger one.
   * @default nobody looks into files
   */
  readonly readSmall?: (path: string) => Promise<Uint8Array | undefined>;
}

/** Lines and dots of pictures have fewer. */
export const MAX_SMALL_BYTES = 4096;

/** Where a document lies and what may be asked of its file system. */
export interface ResolveContext {
  /** Absolute, with either kind of slash. */
  readonly documentPath: string;
  /** The document itself, whose front matter may name a folder; absent where nobody has it. */
  readonly documentText?: string;
  /** Absolute folders of the workspace; the one that holds the document counts first. */
  readonly workspaceRoots: readonly string[];
  /** Folders that a site serves as its root, relative to a workspace folder, before the usual ones. */
  readonly siteRoots?: readonly string[];
  readonly files: ResolveFiles;
}

/** Folders above a document that may hold a site; deeper trees are cut off. */
const MAX_FOLDERS = 32;

/** What the candidates of one document's addresses are made of. */
export interface Place {
  readonly context: ResolveContext;
  readonly files: ResolveFiles;
  readonly documentPath: string;
  readonly folder: string;
  readonly roots: readonly string[];
  /** The document's folder and those above it, then the other roots. */
  readonly folders: readonly string[];
  /** The nearest folder with a repository, or the outermost of the workspace. */
  readonly project: string;
  readonly sites: readonly Site[];
}

/** One for each context, as long as that lives. */
const places = new WeakMap<ResolveContext, Promise<Place>>();

/** What is around a document. */
export async function placeOf(context: ResolveContext): Promise<Place> {
  const place = places.get(context) ?? readPlace(context);
  places.set(context, place);
  return place;
}

async function readPlace(context: ResolveContext): Promise<Place> {
  const { files } = context;
  const documentPath = toSlashes(context.documentPath);
  const folder = folderOf(documentPath);
  const roots = context.workspaceRoots.map(toSlashes);
  const above = await projectFolders(folder, roots, files);
  const sites = await sitesAbove({ files, folders: above });
  return {
    context,
    files,
    documentPath,
    folder,
    roots,
    folders: [...new Set([...above, ...roots])],
    project: above.at(-1) ?? folder,
    sites: sites.map((site) => inside(site, roots)),
  };
}

/** Nothing that a configuration names may lead out of the workspace. */
function inside(site: Site, roots: readonly string[]): Site {
  const isInside = (path: string): boolean => roots.some((root) => isWithin(path, root));
  return {
    ...site,
    mounts: site.mounts.filter((mount) => isInside(mount.folder)),
    aliases: site.aliases.filter(([, target]) => isInside(target)),
  };
}

/** The sites in folders beside the document. */
export async function besides({
  files,
  folders,
  project,
  documentPath,
  roots,
}: Place): Promise<Site[]> {
  const near = folders.filter((folder) => isWithin(folder, project));
  const found = await sitesBeside({ files, folders: near }, documentPath);
  return found.map((site) => inside(site, roots));
}

/** Sites beside the document that name its folder, where none is above it. */
export async function owners(place: Place): Promise<Site[]> {
  if (place.sites.some(({ isBundler }) => !isBundler)) return [];
  const { documentPath } = place;
  const beside = await besides(place);
  return beside.filter(({ documents }) => documents.some((docs) => isWithin(documentPath, docs)));
}

/** The document's folder and those above it, up to its repository or the outermost root. */
async function projectFolders(
  folder: string,
  roots: readonly string[],
  files: ResolveFiles,
): Promise<string[]> {
  const folders = [folder];
  const isInside = (path: string): boolean => roots.some((root) => isWithin(path, root));
  for (let current = folder; folders.length < MAX_FOLDERS; folders.push(current)) {
    const names = await files.list(current);
    if (names?.some((name) => name === ".git/" || name === ".git") === true) break;
    current = folderOf(current);
    if (current === folders.at(-1) || !isInside(current)) break;
  }
  return folders;
}

/** The language in which the site around a document reads it. */
export async function siteLanguageOf(
  language: AltLanguage,
  context: ResolveContext,
): Promise<AltLanguage> {
  return language === "markdown" && (await isReadAsMdx(context)) ? "mdx" : language;
}

/** True when the site that a document belongs to reads its Markdown as MDX. */
export async function isReadAsMdx(context: ResolveContext): Promise<boolean> {
  const front = frontMatterOf(context.documentText ?? "");
  if (/^(?:[ \t]+|mdx:[ \t]*\{[ \t]*)format:[ \t]*["']?(?:md|detect)\b/m.test(front)) return false;
  const place = await placeOf(context);
  const above = place.sites.find(({ isBundler, readsMdx }) => !isBundler || readsMdx);
  // A README beside the configuration is for people who look at the repository.
  if (above !== undefined) return above.readsMdx && place.folder !== above.folder;
  return (await owners(place)).some(({ readsMdx }) => readsMdx);
}
