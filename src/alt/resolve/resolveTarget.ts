/** From what a document says to the file that is meant. Nothing is fetched, nothing is opened. */

import { frontMatterOf } from "../formats/frontMatter";
import type { ImageReference } from "../imageReference";
import { aliasedPaths } from "./pathAliases";
import { hasCode } from "../site/addressCode";
import {
  besides,
  owners,
  placeOf,
  type Place,
  type ResolveContext,
  type ResolveFiles,
} from "../site/place";
import type { Site } from "../site/siteRules";
import type { ComputedAddress } from "../site/templateAddress";
import { attachmentFolder, filesNamed, onlyAsset, vaultOf } from "../site/vault";
import { isWithin, joinPath, toSlashes } from "./slashPath";

export type { ResolveContext, ResolveFiles };

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
const SITE_ROOTS: readonly string[] = ["public", "static", "assets", "src", "wwwroot", "."];

/** Where frameworks look up what a helper such as `asset("a.png")` names. */
// prettier-ignore
const ASSET_FOLDERS: readonly string[] = [
  "static", "assets", "public", "app/assets/images", "app/assets", "app/javascript/images",
  "resources", "resources/images", "wwwroot", "priv/static", "src/static",
];

/** Finds the file that a reference means. */
export async function resolveTarget(
  reference: Pick<ImageReference, "target">,
  context: ResolveContext,
): Promise<ResolvedTarget> {
  const { kind, value, tries = [], data } = reference.target;
  if (data !== undefined) return { kind: "data", uri: data };
  const place = await placeOf(context);
  for (const address of tries) {
    const found = await firstFile(candidates(address, "url", place), place);
    if (found.kind === "file") return found;
  }
  if (kind === "dynamic") {
    // It comes with a parser, which few addresses need.
    const { computedExpression } = await import("../site/templateAddress");
    return resolveComputed(computedExpression(value), place);
  }
  const elsewhere = outsideFiles(value);
  if (elsewhere !== undefined) return elsewhere;
  if (kind === "url" && hasCode(value)) return resolveTemplate(value, place);
  return firstFile(candidates(value, kind, place), place);
}

async function firstFile(
  paths: AsyncIterable<string> | Iterable<string>,
  { files }: Place,
): Promise<ResolvedTarget> {
  const tried: string[] = [];
  for await (const path of paths) {
    if (tried.includes(path)) continue;
    if (await files.exists(path)) return { kind: "file", path };
    tried.push(path);
  }
  return { kind: "unresolved", tried };
}

/** An address with an engine's code in it: perhaps a name with braces, perhaps what the code must say. */
async function resolveTemplate(value: string, place: Place): Promise<ResolvedTarget> {
  const literal = await firstFile([joinPath(place.folder, toSlashes(value))], place);
  if (literal.kind === "file") return literal;
  const config = place.sites.find(({ isBundler }) => !isBundler)?.config;
  const { computedAddress } = await import("../site/templateAddress");
  const computed = computedAddress(value, (name) => config?.text(...name.split(".")));
  const resolved = await resolveComputed(computed, place);
  if (resolved.kind !== "dynamic" || computed?.isCertain !== true || config === undefined) {
    return resolved;
  }
  return { kind: "unresolved", tried: [computed.path] };
}

/** A picture that is found, or else one that only the running program knows. */
async function resolveComputed(
  computed: ComputedAddress | undefined,
  place: Place,
): Promise<ResolvedTarget> {
  if (computed === undefined) return { kind: "dynamic" };
  const { path, isAsset } = computed;
  const found = await firstFile(candidates(path, "url", place), place);
  if (found.kind === "file") return found;
  if (!isAsset) return { kind: "dynamic" };
  const near = await firstFile(below(place.folders, ASSET_FOLDERS, path), place);
  if (near.kind === "file") return near;
  const folders = ["static", "assets", "public"];
  const only = await onlyAsset(place.files, place.project, { path, folders });
  return only === undefined ? { kind: "dynamic" } : { kind: "file", path: only };
}

function* below(
  folders: readonly string[],
  names: readonly string[],
  path: string,
): Generator<string> {
  for (const folder of folders) for (const name of names) yield joinPath(folder, `${name}/${path}`);
}

/** Schemes of what a program has in its memory, in a mail or in a notebook. */
// prettier-ignore
const COMPUTED_SCHEMES: ReadonlySet<string> = new Set([
  "blob", "cid", "mid", "attachment", "about", "javascript", "chrome", "chrome-extension",
  "moz-extension", "vscode-resource", "vscode-webview-resource", "ms-appx", "app", "capacitor",
]);

/** Addresses that are no path in the workspace. */
function outsideFiles(value: string): ResolvedTarget | undefined {
  if (value.startsWith("//")) return { kind: "remote", url: value };
  const scheme = schemeOf(value);
  switch (scheme) {
    case undefined:
    case "file":
    case "pathname":
      return undefined;
    case "data":
      return { kind: "data", uri: value };
    case "http":
    case "https":
      return hasCode(value) ? { kind: "dynamic" } : { kind: "remote", url: value };
    default:
      if (COMPUTED_SCHEMES.has(scheme)) return { kind: "dynamic" };
      return { kind: "unresolved", tried: [] };
  }
}

/** The scheme in lower case; a single letter before the colon is a Windows drive. */
function schemeOf(value: string): string | undefined {
  const match = /^([a-z][a-z0-9+.-]+):/i.exec(value.slice(0, 64));
  return match?.[1]?.toLowerCase();
}

type PathKind = "url" | "module" | "wikilink";

/** The paths that an address may mean, the best first. */
async function* candidates(value: string, kind: PathKind, place: Place): AsyncGenerator<string> {
  const all = spellings(value.replace(/^pathname:\/{2,3}/i, "/"));
  for (const spelling of all) {
    if (schemeOf(spelling) === "file") yield filePath(spelling);
    else if (/^[a-z]:[\\/]/i.test(spelling)) yield toSlashes(spelling);
    else if (kind === "wikilink") yield* vaultPaths(spelling, place);
    else if (spelling.startsWith("/")) yield* sitePaths(spelling, place);
    else yield* relativePaths(spelling, kind, place);
  }
  for (const spelling of all) yield* farPaths(spelling, kind, place);
}

async function* relativePaths(path: string, kind: PathKind, place: Place): AsyncGenerator<string> {
  const { folder, sites, context } = place;
  const slashed = toSlashes(path);
  if (kind === "url" || path.startsWith(".")) yield joinPath(folder, slashed);
  yield* aliasPaths(path, sites);
  // Vue and Astro give addresses to the bundler too, so an alias may stand in one.
  if (!path.startsWith(".")) yield* await aliasedPaths(path, place.folders, context.files);
  if (kind !== "url") return;
  // The root of a set of documents, or of a program's folder for the web.
  if (path.startsWith("~/")) yield* sitePaths(path.slice(1), place);
  if (sites.some(({ hasAssetFolders }) => hasAssetFolders)) {
    const stem = place.documentPath.replace(/\.[^./]*$/, "");
    yield joinPath(stem, slashed);
  }
  for (const site of sites) {
    if (site.isPageElsewhere) yield* mounted(slashed.replace(/^(?:\.\.?\/)+/, ""), site);
  }
}

/** `@site/`, `~@images/`, Pelican's `{static}`: what a site's own configuration or generator names. */
function* aliasPaths(path: string, sites: readonly Site[]): Generator<string> {
  const bare = path.startsWith("~") && !path.startsWith("~/") ? path.slice(1) : path;
  for (const site of sites) {
    for (const [prefix, folder] of site.aliases) {
      if (bare.startsWith(prefix)) yield joinPath(folder, bare.slice(prefix.length));
    }
  }
}

/** An address from a site's root, in each of the folders that it serves there. */
function* mounted(path: string, { mounts, base }: Site): Generator<string> {
  const relative = path.replace(/^\/+/, "");
  const rest = `/${relative}`;
  const isBelowBase = base !== "" && rest.startsWith(`${base}/`);
  for (const address of isBelowBase ? [rest.slice(base.length + 1), relative] : [relative]) {
    for (const { at, folder } of mounts) {
      if (at === "") yield joinPath(folder, address);
      else if (address.startsWith(`${at}/`)) yield joinPath(folder, address.slice(at.length + 1));
    }
  }
}

/**
 * `/logo.png` is looked for where a setting, the front matter or a site's configuration says, then
 * from the document's folder up to the workspace's in the usual folders.
 */
async function* sitePaths(path: string, place: Place): AsyncGenerator<string> {
  const { context, folders, roots, sites } = place;
  const relative = path.replace(/^\/+/, "");
  if (roots.some((root) => isWithin(path, root))) yield path;
  yield* below(folders, context.siteRoots ?? [], relative);
  const typora = typoraRoot(place);
  if (typora !== undefined) yield joinPath(typora, relative);
  for (const site of sites) yield* mounted(path, site);
  for (const site of await owners(place)) yield* mounted(path, site);
  yield* below(folders, SITE_ROOTS, relative);
}

/** Where nothing near the document is meant: a site beside it, a page of GitHub, a vault. */
async function* farPaths(path: string, kind: PathKind, place: Place): AsyncGenerator<string> {
  const { files, folder, folders, project } = place;
  if (kind === "wikilink" || (kind === "url" && !path.startsWith("/"))) {
    const vault = await vaultOf(files, folders);
    if (kind === "wikilink" || vault !== undefined) {
      const wanted = { link: path.replace(/^\/+/, ""), documentFolder: folder };
      if (kind === "url" && vault !== undefined) {
        yield joinPath(await attachmentFolder(files, vault, folder), path);
      }
      yield* await filesNamed(files, vault ?? project, wanted);
    }
  }
  if (kind === "wikilink") return;
  yield* repositoryPaths(path, project);
  const beside = await besides(place);
  if (path.startsWith("/")) for (const site of beside) yield* mounted(path, site);
  else yield* aliasPaths(path, beside);
}

/** `../blob/main/a.png?raw=true` of GitHub's pages: a branch may have slashes in its name. */
function* repositoryPaths(path: string, project: string): Generator<string> {
  const [, rest] = /(?:^|\/)(?:blob|raw|-\/raw|-\/blob)\/(.+)$/.exec(path) ?? [];
  const parts = rest?.split("/") ?? [];
  for (let n = 1; n < Math.min(parts.length, 4); n++) {
    yield joinPath(project, parts.slice(n).join("/"));
  }
}

/** What Typora's front matter names as the root of addresses, from the document's folder. */
function typoraRoot({ context, folder }: Place): string | undefined {
  const front = frontMatterOf(context.documentText ?? "");
  const value = /^typora-root-url:[ \t]*(["']?)(.+?)\1[ \t]*$/m.exec(front)?.[2];
  if (value === undefined) return undefined;
  const path = toSlashes(value);
  return path.startsWith("/") || /^[a-z]:\//i.test(path) ? path : joinPath(folder, path);
}

/**
 * Tools for wikilinks look for a name in all folders; beside the document and from its folder up to
 * the workspace's comes first, and what a vault's setting says before both.
 */
async function* vaultPaths(path: string, place: Place): AsyncGenerator<string> {
  const { context, files, folder, folders } = place;
  const beside = joinPath(folder, toSlashes(path));
  yield beside;
  if (path.startsWith(".")) return;
  const vault = await vaultOf(files, folders);
  if (vault !== undefined) yield joinPath(await attachmentFolder(files, vault, folder), path);
  const relative = path.replace(/^\/+/, "");
  yield* below(folders, [...(context.siteRoots ?? []), ...SITE_ROOTS], relative);
}

/**
 * What an address may be on the disk: decoded and without query and hash, then the same undecoded,
 * then everything as written, because `#` and `%` are good letters of a file's name. Some editors
 * encode twice.
 */
function spellings(value: string): string[] {
  const end = value.search(/[?#]/);
  const path = end < 0 ? value : value.slice(0, end);
  const all = [decoded(path), path, decoded(value), value, decoded(decoded(path))];
  // As forms write a space; in a path it stands for itself first.
  if (path.includes("+")) all.push(decoded(path.replaceAll("+", " ")));
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
