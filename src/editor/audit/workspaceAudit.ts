/** Looks through the documents of the workspace, in a process of its own, some at a time. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { LEVELS, RULE_IDS } from "../../audit/rule";
import { AppError, isCancelled } from "../../base/errors";
import type { CheckedDocumentReply } from "../../protocol/auditSchemas";
import { documentsBelow } from "../documents/folderDocuments";
import { withDelayedProgress, type CancellableRun } from "../shell/delayedProgress";
import { displayLocale } from "../shell/numbers";
import type { Services } from "../shell/services";
import { findingText, saidBy } from "./findingWords";
import { nameInFolder, withoutKnown } from "./knownFindings";
import { projectConfigs } from "./projectConfigs";
import { workspaceFindings, type DocumentFindings } from "./workspaceFindings";

/** So that findings come while the others are looked at, and a cancel loses little. */
const AT_ONCE = 20;

/**
 * Looks through all folders of the workspace; what was found before a cancel stays.
 * @throws AppError `document.missing` without a folder on this machine, `option.invalid` for a baseline
 * with a mistake in it, `engine.exited`.
 */
export async function checkWorkspace(services: Services): Promise<void> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(
    ({ uri }) => uri.scheme === "file",
  );
  if (folders.length === 0) {
    throw new AppError(
      "document.missing",
      vscode.l10n.t("Documents are checked in folders on this machine. Open one."),
    );
  }
  const findings = workspaceFindings(services);
  projectConfigs(services).forget();
  findings.begin();
  const title = vscode.l10n.t("Checking alt texts");
  try {
    await withDelayedProgress(title, async (run) => {
      const looks = await Promise.all(
        folders.map(async ({ uri }) => ({ uri, ...(await documentsBelow(uri, run.signal)) })),
      );
      findings.isPartial = looks.some(({ isCut }) => isCut);
      const nAll = looks.reduce((sum, { documents }) => sum + documents.length, 0);
      const progress = { run, nAll, nDone: 0 };
      for (const { uri, documents } of looks) await look(services, uri, { documents, progress });
      if (run.signal.aborted) findings.isPartial = true;
    });
  } catch (thrown) {
    findings.isPartial = true;
    if (!isCancelled(thrown)) throw thrown;
  } finally {
    // The sentence above the findings says what was looked at, and how it ended.
    findings.put([]);
  }
}

interface Look {
  readonly documents: readonly vscode.Uri[];
  readonly progress: { readonly run: CancellableRun; readonly nAll: number; nDone: number };
}

async function look(
  services: Services,
  folder: vscode.Uri,
  { documents, progress }: Look,
): Promise<void> {
  const id = randomUUID();
  const { run, nAll } = progress;
  for (let start = 0; start < documents.length; start += AT_ONCE) {
    if (run.signal.aborted) return;
    const [done, all] = [progress.nDone, nAll].map((n) => n.toLocaleString(displayLocale()));
    const words = vscode.l10n.t("{0} of {1} documents", done ?? "", all ?? "");
    run.report(words, progress.nDone / nAll);
    const batch = documents.slice(start, start + AT_ONCE);
    await checkDocuments(services, batch, { folder, run: id, signal: run.signal });
    progress.nDone += batch.length;
  }
}

/** Looks at documents again that were looked at before. @throws as `checkWorkspace`. */
export async function checkAgain(services: Services, uris: readonly vscode.Uri[]): Promise<void> {
  const { signal } = new AbortController();
  for (const uri of uris) {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (folder === undefined) continue;
    await checkDocuments(services, [uri], { folder: folder.uri, run: randomUUID(), signal });
  }
}

interface Batch {
  readonly folder: vscode.Uri;
  readonly run: string;
  readonly signal: AbortSignal;
}

async function checkDocuments(
  services: Services,
  uris: readonly vscode.Uri[],
  { folder, run, signal }: Batch,
): Promise<void> {
  const { settings, engine, log } = services;
  const request = {
    run,
    folder: folder.fsPath,
    documents: uris.map((uri) => ({ file: uri.fsPath, ...unsavedText(uri) })),
    components: [...settings.altComponents(folder)],
    siteRoots: [...settings.altSiteRoots(folder)],
  };
  const { documents } = await engine.call("auditDocuments", request, { signal });
  const found: DocumentFindings[] = [];
  for (const [index, reply] of documents.entries()) {
    const uri = uris[index];
    if (uri === undefined) continue;
    if (reply.failure !== undefined) log.warn(`Not checked: ${reply.failure}`);
    found.push(await placed(services, uri, reply));
  }
  workspaceFindings(services).put(found);
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

async function placed(
  services: Services,
  uri: vscode.Uri,
  { nPictures, findings, failure }: CheckedDocumentReply,
): Promise<DocumentFindings> {
  const file = nameInFolder(uri);
  const told = findings.flatMap((finding) => {
    const { start, end } = finding.range;
    const rule = RULE_IDS.find((id) => id === finding.rule);
    const level = LEVELS.find((each) => each === finding.level);
    if (rule === undefined || level === undefined) return [];
    const range = new vscode.Range(start.line, start.character, end.line, end.character);
    const message = findingText(saidBy(finding.says));
    return { ...finding, rule, level, message, uri, file, range, alt: finding.alt ?? null };
  });
  const fresh = await withoutKnown(told, uri, projectConfigs(services));
  return {
    ...{ uri, nPictures, findings: fresh, nKnown: told.length - fresh.length },
    ...(failure === undefined ? {} : { failure }),
  };
}
