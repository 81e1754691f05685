/** What is around a document, as the way from a reference to its file asks for it. */

import * as vscode from "vscode";
import type { AltLanguage } from "../../alt/languages";
import type { ResolveContext, ResolveFiles } from "../../alt/resolve/resolveTarget";
import { SingleLookup, type FileLookup } from "../pictures/fileLookup";
import type { Services } from "../shell/services";

/** A document that may not be open in the editor. */
export type PlacedDocument = Pick<vscode.TextDocument, "uri" | "getText">;

/**
 * Where a document lies and what may be asked.
 * @param lookup shared by pictures that are looked for together.
 */
export function contextOf(
  services: Pick<Services, "settings">,
  document: PlacedDocument,
  lookup: FileLookup,
): ResolveContext {
  const base = baseUri(document.uri);
  const inSameSystem = ({ uri }: vscode.WorkspaceFolder): boolean =>
    uri.scheme === base.scheme && uri.authority === base.authority;
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(inSameSystem);
  return {
    documentPath: base.path,
    documentText: document.getText(),
    workspaceRoots: folders.map(({ uri }) => uri.path),
    siteRoots: services.settings.altSiteRoots(document.uri),
    files: filesOf(lookup, base),
  };
}

/** As long as a document is open: what its site reads it as does not change while somebody types. */
const languages = new WeakMap<vscode.TextDocument, Promise<AltLanguage>>();

/** The language that the site around a document reads it in. */
export function siteLanguage(
  services: Pick<Services, "settings">,
  document: vscode.TextDocument,
  language: AltLanguage,
): Promise<AltLanguage> {
  if (language !== "markdown") return Promise.resolve(language);
  const known = languages.get(document) ?? askForLanguage(services, document);
  languages.set(document, known);
  return known;
}

async function askForLanguage(
  services: Pick<Services, "settings">,
  document: vscode.TextDocument,
): Promise<AltLanguage> {
  const { isReadAsMdx } = await import("../../alt/site/place");
  const context = contextOf(services, document, new SingleLookup());
  return (await isReadAsMdx(context)) ? "mdx" : "markdown";
}

/** One for each lookup and file system, so that what was made of the answers is kept as they are. */
const known = new WeakMap<FileLookup, Map<string, ResolveFiles>>();

function filesOf(lookup: FileLookup, base: vscode.Uri): ResolveFiles {
  const key = `${base.scheme}://${base.authority}`;
  const systems = known.get(lookup) ?? new Map<string, ResolveFiles>();
  known.set(lookup, systems);
  const at = (path: string): vscode.Uri => base.with({ path: uriPath(path) });
  const files: ResolveFiles = systems.get(key) ?? {
    exists: (path) => lookup.isFile(at(path)),
    readText: (path) => lookup.readText(at(path)),
    list: (path) => lookup.list(at(path)),
    readSmall: (path) => lookup.readSmall(at(path)),
  };
  systems.set(key, files);
  return files;
}

/** A document without a file counts as one in the first workspace folder. */
export function baseUri(uri: vscode.Uri): vscode.Uri {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (uri.scheme === "vscode-notebook-cell") return uri.with({ scheme: "file", fragment: "" });
  if (uri.scheme !== "untitled") return uri.with({ query: "", fragment: "" });
  if (folder === undefined) return vscode.Uri.from({ scheme: "file", path: "/untitled" });
  return vscode.Uri.joinPath(folder.uri, "untitled");
}

/** The path of a Windows drive has a slash before it in a URI. */
export function uriPath(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}
