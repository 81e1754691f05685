/** The documents of the window's folders, some at a time, as the process that reads them is asked. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import type { Params } from "../../protocol/methods";
import { documentsBelow } from "../documents/folderDocuments";
import type { CancellableRun } from "../shell/delayedProgress";
import { displayLocale } from "../shell/numbers";
import type { Services } from "../shell/services";

export interface DocumentBatch {
  readonly uris: readonly vscode.Uri[];
  readonly request: Params<"auditDocuments">;
}

/** So that results come while the others are looked at, and a cancel loses little. */
const AT_ONCE = 20;

/** Folders of the window on this machine. @throws AppError `document.missing` where there is none. */
export function documentFolders(): readonly vscode.WorkspaceFolder[] {
  const all = vscode.workspace.workspaceFolders ?? [];
  const folders = all.filter(({ uri }) => uri.scheme === "file");
  if (folders.length > 0) return folders;
  const text = vscode.l10n.t("Documents are checked in folders on this machine. Open one.");
  throw new AppError("document.missing", text);
}

/**
 * Does the work for one batch after the other, and tells how far it is.
 * @returns whether there were more documents than are looked through, or a cancel came before the last.
 * @throws AppError as `documentFolders`; what the work throws.
 */
export async function eachBatch(
  services: Pick<Services, "settings">,
  { signal, report }: CancellableRun,
  work: (batch: DocumentBatch) => Promise<void>,
): Promise<{ readonly isPartial: boolean }> {
  const run = randomUUID();
  const looks = await Promise.all(
    documentFolders().map(async ({ uri }) => ({ uri, ...(await documentsBelow(uri, signal)) })),
  );
  const nAll = looks.reduce((sum, { documents }) => sum + documents.length, 0);
  let nDone = 0;
  for (const { uri: folder, documents } of looks) {
    for (let start = 0; start < documents.length; start += AT_ONCE) {
      if (signal.aborted) return { isPartial: true };
      const [done, all] = [nDone, nAll].map((n) => n.toLocaleString(displayLocale()));
      report(vscode.l10n.t("{0} of {1} documents", done ?? "", all ?? ""), nDone / nAll);
      const uris = documents.slice(start, start + AT_ONCE);
      await work(batchOf(services, uris, { folder, run }));
      nDone += uris.length;
    }
  }
  return { isPartial: signal.aborted || looks.some(({ isCut }) => isCut) };
}

/** Documents as the editor has them, saved or not. */
export function batchOf(
  { settings }: Pick<Services, "settings">,
  uris: readonly vscode.Uri[],
  { folder, run }: { readonly folder: vscode.Uri; readonly run: string },
): DocumentBatch {
  const request = {
    run,
    folder: folder.fsPath,
    documents: uris.map((uri) => ({ file: uri.fsPath, ...unsavedText(uri) })),
    components: [...settings.altComponents(folder)],
    siteRoots: [...settings.altSiteRoots(folder)],
  };
  return { uris, request };
}

/** As the editor has it, where that is not on the disk. */
function unsavedText(uri: vscode.Uri): { readonly text?: string } {
  const isMeant = (open: { readonly uri: vscode.Uri; readonly isDirty: boolean }): boolean =>
    open.isDirty && open.uri.toString() === uri.toString();
  const notebook = vscode.workspace.notebookDocuments.find(isMeant);
  if (notebook !== undefined) return { text: notebookText(notebook) };
  const document = vscode.workspace.textDocuments.find(isMeant);
  return document === undefined ? {} : { text: document.getText() };
}

/** As a file would have it, but for what pictures have nothing to do with. */
function notebookText(notebook: vscode.NotebookDocument): string {
  const cells = notebook.getCells().map(({ kind, document, metadata }) => ({
    cell_type: kind === vscode.NotebookCellKind.Markup ? "markdown" : "code",
    attachments: metadata["attachments"] as unknown,
    source: document.getText(),
  }));
  return JSON.stringify({ cells }, null, 1);
}
