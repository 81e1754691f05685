/** What follows documents as they are read and written; loaded when the first with pictures is open. */

import * as vscode from "vscode";
import { languageOfDocument } from "../../alt/languages";
import { lazy } from "../shell/lazyFeature";
import type { Services } from "../shell/services";

/** After the editor's own start, in ms. */
const DELAY_MS = 150;

export function followDocuments(services: Services): vscode.Disposable {
  const parts: Pick<vscode.Disposable, "dispose">[] = [];
  const load = lazy(async () => {
    const { AuditFollower, followCursor, readLongDocuments } = await import("../shell/lazyParts");
    opened.dispose();
    if (parts.length === 0) return;
    parts.push(readLongDocuments(services), followCursor(services), new AuditFollower(services));
  });
  const look = (document: vscode.TextDocument): void => {
    if (languageOfDocument(document.languageId, document.uri.path) === undefined) return;
    void services.notices.guard(load);
  };
  const opened = vscode.workspace.onDidOpenTextDocument(look);
  const timer = setTimeout(() => {
    vscode.workspace.textDocuments.forEach(look);
  }, DELAY_MS);
  const stop = new vscode.Disposable(() => {
    clearTimeout(timer);
  });
  parts.push(opened, stop);
  return new vscode.Disposable(() => {
    for (const part of parts.splice(0)) part.dispose();
  });
}
