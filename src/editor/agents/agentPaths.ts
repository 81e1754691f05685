/** From what agents write in the place of a path to a file of the editor's file systems. */

import path from "node:path";
import * as vscode from "vscode";
import { cleanText } from "../../base/cleanText";
import { AppError } from "../../base/errors";
import { type NamedPath, readNamedPath } from "../../tools/files/namedPath";

type PlacedPath = Exclude<NamedPath, { readonly kind: "data" }>;

/** Where a path can be: an absolute one in the workspace's own file system, a relative one in its folders. */
export async function urisOf({ kind, path: file }: PlacedPath): Promise<readonly vscode.Uri[]> {
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri);
  if (kind === "absolute") {
    const [first] = folders;
    const isVirtual = first !== undefined && first.scheme !== "file";
    return [isVirtual ? first.with({ path: file }) : vscode.Uri.file(path.resolve(file))];
  }
  const uris = folders.map((folder) => vscode.Uri.joinPath(folder, file.replaceAll("\\", "/")));
  const found = await Promise.all(
    uris.map((uri) =>
      vscode.workspace.fs.stat(uri).then(
        () => uri,
        () => undefined,
      ),
    ),
  );
  const there = found.filter((uri) => uri !== undefined);
  return there.length > 0 ? there : uris;
}

/** The one file that was named. @throws AppError `option.invalid`. */
export async function oneUriOf(given: string, named: PlacedPath): Promise<vscode.Uri> {
  const uris = await urisOf(named);
  const [uri] = uris;
  if (uri === undefined) {
    throw new AppError("option.invalid", "No folder is open, so give an absolute path.");
  }
  if (uris.length > 1 && named.kind === "relative") {
    const text = `${cleanText(given, 400)} is in several folders. Give its absolute path.`;
    throw new AppError("option.invalid", text);
  }
  return uri;
}

/** The same for what can be no picture itself. @throws AppError `option.invalid`. */
export async function placeOf(given: string): Promise<vscode.Uri> {
  const named = readNamedPath(given, process.platform);
  if (named.kind === "data") throw new AppError("option.invalid", "Give the path of a file.");
  return await oneUriOf(given, named);
}

/** As it is told. */
export function pathOf(uri: vscode.Uri): string {
  return uri.scheme === "file" ? uri.fsPath : uri.toString();
}
