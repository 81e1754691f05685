/** Documents as a review writes them: those that are open through the editor, the others as files. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import type { TextEdit } from "../../alt/imageReference";
import { applyEdits } from "../../alt/textEdit";
import { replaceFile } from "../../disk/replaceFile";
import { decodeDocument, encodeDocument } from "../../disk/textEncoding";
import type { DocumentStore, WritableDocument } from "../../host/review/applyReview";
import { applyEditTo, changedDocument, fileName, rangeOf } from "../documents/altDocument";
import { notUtf8, openAt } from "../documents/documentTexts";

/** Writes through the editor what it has open, so that nobody's changes are lost. */
export class EditorDocuments implements DocumentStore {
  async open(address: string): Promise<WritableDocument> {
    const uri = vscode.Uri.parse(address, true);
    if (vscode.workspace.fs.isWritableFileSystem(uri.scheme) === false) throw unwritable(uri);
    const document = openAt(uri);
    if (document !== undefined) return inEditor(document);
    const notebook = vscode.workspace.notebookDocuments.find(
      (open) => open.uri.toString() === uri.toString(),
    );
    if (notebook?.isDirty === true) {
      const text = vscode.l10n.t(
        "{0} is open with changes that are not saved. Save it and apply again.",
        fileName(uri),
      );
      throw new AppError("document.unwritable", text);
    }
    return onDisk(uri);
  }
}

/**
 * Saved afterwards as after a renaming: if nothing was left to save before, and the user's settings do not
 * say otherwise.
 */
function inEditor(document: vscode.TextDocument): WritableDocument {
  const text = document.getText();
  return {
    text,
    write: async (edits) => {
      if (document.getText() !== text) throw changedDocument(document);
      const wasSaved = !document.isDirty && document.uri.scheme !== "untitled";
      const edit = new vscode.WorkspaceEdit();
      for (const { start, end, newText } of edits) {
        edit.replace(document.uri, rangeOf(document, { start, end }), newText);
      }
      await applyEditTo(edit, [{ document, text }]);
      if (wasSaved && savesAlong()) await document.save();
      return document.getText();
    },
  };
}

function savesAlong(): boolean {
  return vscode.workspace.getConfiguration("files").get<unknown>("refactoring.autoSave") !== false;
}

async function onDisk(uri: vscode.Uri): Promise<WritableDocument> {
  const bytes = await read(uri);
  const decoded = decodeDocument(bytes);
  if (decoded === undefined) throw notUtf8(fileName(uri));
  const { text } = decoded;
  return {
    text,
    write: async (edits: readonly TextEdit[]) => {
      const after = applyEdits(text, edits);
      await replace(uri, encodeDocument(after, decoded), bytes);
      return after;
    },
  };
}

async function read(uri: vscode.Uri): Promise<Uint8Array> {
  try {
    return await vscode.workspace.fs.readFile(uri);
  } catch (cause) {
    const text = vscode.l10n.t(
      "{0} cannot be read any more, so nothing was written.",
      fileName(uri),
    );
    throw new AppError("document.missing", text, { cause });
  }
}

/** @throws AppError `document.changed`, `document.unwritable`. */
async function replace(uri: vscode.Uri, bytes: Uint8Array, expected: Uint8Array): Promise<void> {
  if (uri.scheme === "file") {
    await replaceFile(uri.fsPath, { bytes, expected });
    return;
  }
  if (Buffer.compare(await read(uri), expected) !== 0) {
    const text = vscode.l10n.t("{0} was changed meanwhile, so it is left alone.", fileName(uri));
    throw new AppError("document.changed", text);
  }
  try {
    await vscode.workspace.fs.writeFile(uri, bytes);
  } catch (cause) {
    throw unwritable(uri, cause);
  }
}

function unwritable(uri: vscode.Uri, cause?: unknown): AppError {
  const text = vscode.l10n.t("{0} cannot be changed. It may be read-only.", fileName(uri));
  return new AppError("document.unwritable", text, { cause });
}
