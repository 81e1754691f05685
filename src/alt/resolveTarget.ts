/** From what a document says to the file that is meant. Nothing is fetched, nothing is opened. */

import type { ImageReference } from "./imageReference";
import { aliasedPaths } from "./pathAliases";
import { folderOf, isWithin, joinPath, toSlashes } from "./slashPath";

/** Where a document lies and what may be asked of its file system. */
export interface ResolveContext {
  /** Absolute, with either kind of slash. */
  readonly documentPath: string;
  /** Absolute folders of the workspace; the one that holds the document counts first. */
  readonly workspaceRoots: readonly string[];
  /** Folders that a site serves as its root, relative to a workspace folder. @default SITE_ROOTS */
  readonly siteRoots?: readonly string[];
  /** True for a file; a folder is no picture. */
  exists(path: string): Promise<boolean>;
  /** The text of a configuration file; undefined when there is none. */
  readText(path: string): Promise<string | undefined>;
}

export type ResolvedTarget =
  /** Absolute, with forward slashes. */
  | { readonly kind: "file"; readonly path: string }
  /** The picture is in the document. */
  | { readonly kind: "data"; readonly uri: string }
  /** It lies on a server; asking for it is the user's decision. */
  | { readonly kind: "remote"; readonly url: string }
  /** Only the running program knows. */
  | { readonly kind: "dynamic" }
  /** There is no such file; `tried` are the paths that were looked at. */
  | { readonly kind: "unresolved"; readonly tried: readonly string[] };

/** Where static site generators and bundlers keep what a site serves from its root. */
export const SITE_ROOTS: readonly string[] = ["public", "static", "assets", "src", "."];

/** Folders above a document that may hold a site; deeper trees are cut off. */
const MAX_FOLDERS = 32;

/** Finds the file that a reference means. */
export async function resolveTarget(
  reference: Pick<ImageReference, "target">,
  context: ResolveContext,
): Promise<ResolvedTarget> {
  const { kind, value } = reference.target;
  if (kind === "dynamic") return { kind: "dynamic" };
  const elsewhere = outsideFiles(value);
  if (elsewhere !== undefined) return elsewhere;
  const tried: string[] = [];
  for (const candidate of await candidates(value, kind, context)) {
    if (tried.includes(candidate)) continue;
    if (await context.exists(candidate)) return { kind: "file", path: candidate };
    tried.push(candidate);
  }
  return { kind: "unresolved", tried };
}

/** Addresses that are no path in the workspace. */
function outsideFiles(value: string): ResolvedTarget | undefined {
  if (value.startsWith("//")) return { kind: "remote", url: value };
  switch (schemeOf(value)) {
    case undefined:
    case "file":
      return undefined;
    case "data":
      return { kind: "data", uri: value };
    case "http":
    case "https":
      return { kind: "remote", url: value };
    default:
      // blob:, cid:, attachment: and the like name nothing that lies in a folder.
      return { kind: "unresolved", tried: [] };
  }
}

/** The scheme in lower case; a single letter before the colon is a Windows drive. */
function schemeOf(value: string): string | undefined {
  const match = /^([a-z][a-z0-9+.-]+):/i.exec(value.slice(0, 64));
  return match?.[1]?.toLowerCase();
}

async function candidates(
  value: string,
  kind: "url" | "module" | "wikilink",
  context: ResolveContext,
): Promise<string[]> {
  const documentFolder = folderOf(toSlashes(context.documentPath));
  const folders = foldersAbove(documentFolder, context.workspaceRoots.map(toSlashes));
  const paths: string[] = [];
  for (const spelling of spellings(value)) {
    if (schemeOf(spelling) === "file") paths.push(filePath(spelling));
    else if (/^[a-z]:[\\/]/i.test(spelling)) paths.push(toSlashes(spelling));
    else if (kind === "wikilink") paths.push(...vaultPaths(spelling, folders, context));
    else if (spelling.startsWith("/")) paths.push(...sitePaths(spelling, folders, context));
    else {
      const isRelative = kind === "url" || spelling.startsWith(".");
      if (isRelative) paths.push(joinPath(documentFolder, toSlashes(spelling)));
      // Vue and Astro give addresses to the bundler too, so an alias may stand in one.
      if (!spelling.startsWith(".")) {
        paths.push(...(await aliasedPaths(spelling, folders, context)));
      }
    }
  }
  return paths;
}

/**
 * Tools for wikilinks look for a name in all folders. Nothing here lists folders, so it is looked for
 * beside the document, then from its folder up to the workspace's in each of the site's folders.
 */
function vaultPaths(path: string, folders: readonly string[], context: ResolveContext): string[] {
  const beside = joinPath(folderOf(toSlashes(context.documentPath)), toSlashes(path));
  return path.startsWith(".") ? [beside] : [beside, ...sitePaths(path, folders, context)];
}

/** `/logo.png` is looked for from the document's folder up to the workspace's, then as it stands. */
function sitePaths(path: string, folders: readonly string[], context: ResolveContext): string[] {
  const relative = path.replace(/^\/+/, "");
  const roots = context.siteRoots ?? SITE_ROOTS;
  const inSites = folders.flatMap((folder) =>
    roots.map((root) => joinPath(joinPath(folder, root), relative)),
  );
  const isOwn = context.workspaceRoots.some((root) => isWithin(path, toSlashes(root)));
  return isOwn ? [path, ...inSites] : inSites;
}

/**
 * What an address may be on the disk: decoded and without query and hash, then the same undecoded,
 * then everything as written, because `#` and `%` are good letters of a file's name.
 */
function spellings(value: string): string[] {
  const end = value.search(/[?#]/);
  const path = end < 0 ? value : value.slice(0, end);
  const all = [decoded(path), path, decoded(value), value];
  // A NUL can be in no path, and file systems refuse it with an error of another kind.
  return [...new Set(all)].filter((spelling) => spelling !== "" && !spelling.includes("\0"));
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** `file:///a/b` → `/a/b`, `file:///C:/a` → `C:/a`. */
function filePath(url: string): string {
  const path = url.slice("file:".length).replace(/^\/\/(?:localhost)?(?=\/)/, "");
  return /^\/[a-z]:\//i.test(path) ? path.slice(1) : path;
}

/** The document's folder and those above it up to its workspace folder, then the other roots. */
function foldersAbove(folder: string, roots: readonly string[]): string[] {
  const own = roots.filter((root) => isWithin(folder, root)).sort((a, b) => b.length - a.length)[0];
  const folders: string[] = [];
  if (own === undefined) folders.push(folder);
  let current = folder;
  while (own !== undefined && isWithin(current, own) && folders.length < MAX_FOLDERS) {
    folders.push(current);
    if (current === own) break;
    current = folderOf(current);
  }
  return [...new Set([...folders, ...(own === undefined ? [] : [own]), ...roots])];
}
