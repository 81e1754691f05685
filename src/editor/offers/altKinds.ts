/** Kinds of what is offered in documents, by which the editor's settings and keys can name them. */

import * as vscode from "vscode";

/** Asking changes nothing in the document, so it is a kind of its own. */
export const ASK_KIND = vscode.CodeActionKind.Empty.append("sightline").append("ask");
/** What needs no judgement, which the editor can do at each save. */
export const FIX_ALL_KIND = vscode.CodeActionKind.Empty.append("source.fixAll.sightline");
/** Of pictures that are pasted or dropped. */
export const PASTE_KIND =
  vscode.DocumentDropOrPasteEditKind.Empty.append("sightline").append("image");
