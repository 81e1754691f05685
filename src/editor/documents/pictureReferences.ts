/** Where files are shown in the documents of the workspace. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { encodedPath } from "../../alt/resolve/slashPath";
import { ListedLookup } from "../pictures/fileLookup";
import type { Services } from "../shell/services";
import { type DocumentImage, fileName, findInDocument } from "./altDocument";
import { placeOf } from "./altPicture";
import { documentsBelow } from "./folderDocuments";

/** A reference and the file that it leads to. */
export interface PictureReference extends DocumentImage {
  /** The file's address. */
  readonly picture: string;
}

/** Documents that are read at once. */
const AT_ONCE = 16;

/**
 * The references to any of some files, in the order of the documents. A document that cannot be read or parsed has
 * none; the log says so.
 * @throws AppError `request.cancelled`.
 */
export async function referencesTo(
  services: Services,
  files: readonly vscode.Uri[],
  signal: AbortSignal,
): Promise<readonly PictureReference[]> {
  const wanted = new Set(files.map(String));
  const names = [...new Set(files.flatMap((uri) => [fileName(uri), encodedPath(fileName(uri))]))];
  const lookup = new ListedLookup();
  const found: PictureReference[] = [];
  for (const { uri: folder } of vscode.workspace.workspaceFolders ?? []) {
    const { documents } = await documentsBelow(folder, signal);
    for (let begin = 0; begin < documents.length; begin += AT_ONCE) {
      if (signal.aborted) throw new AppError("request.cancelled", "The search was stopped.");
      const some = documents.slice(begin, begin + AT_ONCE);
      const named = await Promise.all(some.map((uri) => documentNaming(services, uri, names)));
      for (const document of named) {
        if (document === undefined) continue;
        found.push(...(await ownReferences(services, { document, lookup, wanted })));
      }
    }
  }
  return found;
}

/** The document, if a name stands in it at all; most documents are never parsed. */
async function documentNaming(
  { log }: Services,
  uri: vscode.Uri,
  names: readonly string[],
): Promise<vscode.TextDocument | undefined> {
  try {
    const open = vscode.workspace.textDocuments.find(
      (one) => one.uri.toString() === uri.toString(),
    );
    const text = open?.getText() ?? (await readText(uri));
    if (!names.some((name) => text.includes(name))) return undefined;
    return open ?? (await vscode.workspace.openTextDocument(uri));
  } catch (thrown) {
    log.debug(AppError.from(thrown).message);
    return undefined;
  }
}

async function readText(uri: vscode.Uri): Promise<string> {
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}

async function ownReferences(
  services: Services,
  {
    document,
    lookup,
    wanted,
  }: {
    readonly document: vscode.TextDocument;
    readonly lookup: ListedLookup;
    readonly wanted: ReadonlySet<string>;
  },
): Promise<readonly PictureReference[]> {
  try {
    const found = await findInDocument(services, document);
    const references: PictureReference[] = [];
    for (const reference of found.references) {
      const place = await placeOf(services, { document, reference }, lookup).catch(() => undefined);
      if (place?.kind !== "file" || !wanted.has(place.uri.toString())) continue;
      references.push({ document, found, reference, picture: place.uri.toString() });
    }
    return references;
  } catch (thrown) {
    services.log.debug(AppError.from(thrown).message);
    return [];
  }
}
