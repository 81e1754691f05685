/** The documents that somebody chose, and their texts: as the editor has them, else as their files do. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { mayHaveImages } from "../../alt/formats/findContext";
import { decodeDocument } from "../../disk/textEncoding";
import { fileName } from "./altDocument";
import { documentsBelow, type FolderDocuments } from "./folderDocuments";
import type { Services } from "../shell/services";

/** Larger than any document that is searched; read before the limit in characters is known. */
const MAX_DOCUMENT_BYTES = 4 << 20;

/** Of folders and documents each document once, in the order of the choice. */
export async function allDocuments(
  chosen: readonly vscode.Uri[],
  signal: AbortSignal,
): Promise<FolderDocuments> {
  const documents = new Map<string, vscode.Uri>();
  let isCut = false;
  for (const uri of chosen) {
    const below = (await isFolder(uri)) ? await documentsBelow(uri, signal) : undefined;
    if (below?.isCut === true) isCut = true;
    for (const document of below?.documents ?? [uri]) documents.set(document.toString(), document);
  }
  return { documents: [...documents.values()], isCut };
}

export async function isFolder(uri: vscode.Uri): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.Directory) !== 0;
  } catch {
    return false;
  }
}

/** The text as the editor has it, saved or not, else the file's; why there is none. */
export async function textOf(
  services: Pick<Services, "settings">,
  uri: vscode.Uri,
): Promise<string | AppError> {
  const open = openAt(uri);
  if (open !== undefined) return open.getText();
  const name = fileName(uri);
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > MAX_DOCUMENT_BYTES) {
      const text = vscode.l10n.t("{0} is too large to be searched for pictures. Split it.", name);
      return new AppError("document.tooLarge", text);
    }
    const bytes = await vscode.workspace.fs.readFile(uri);
    // As the editor itself would read it; undefined where it would ask or guess.
    const decoded = decodeDocument(bytes);
    if (decoded !== undefined) return decoded.text;
    const ascii = new TextDecoder("latin1").decode(bytes);
    if (!mayHaveImages(ascii, services.settings.altComponents(uri))) return "";
    return notUtf8(name);
  } catch (cause) {
    const text = vscode.l10n.t("{0} cannot be read.", name);
    return new AppError("document.unreadable", text, { cause });
  }
}

/** Only the editor, or whoever uses it, knows how such bytes are read. */
export function notUtf8(name: string): AppError {
  const words = vscode.l10n.t("{0} is not UTF-8 text. Open it and try again.", name);
  return new AppError("document.unreadable", words);
}

/** The document as it is in memory; undefined while no program has it open. */
export function openAt(uri: vscode.Uri): vscode.TextDocument | undefined {
  const key = uri.toString();
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === key);
}
