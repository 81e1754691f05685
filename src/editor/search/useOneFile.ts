/** Makes all documents show one of several files that are the same picture, in one edit. */

import * as vscode from "vscode";
import { setTarget } from "../../alt/edit/editTarget";
import { languageOfDocument } from "../../alt/languages";
import { applyEdits } from "../../alt/textEdit";
import { groupBy } from "../../base/groupBy";
import { applyEditTo, fileName, rangeOf } from "../documents/altDocument";
import { type PictureReference, referencesTo } from "../documents/pictureReferences";
import { withDelayedProgress } from "../shell/delayedProgress";
import type { Services } from "../shell/services";

interface FileItem extends vscode.QuickPickItem {
  readonly uri: vscode.Uri;
}

/** What is to be written in one document. */
interface DocumentChange {
  readonly document: vscode.TextDocument;
  readonly text: string;
  readonly edits: readonly {
    readonly start: number;
    readonly end: number;
    readonly newText: string;
  }[];
  /** References that stay as they are, because how another file would be written there is not certain. */
  readonly nLeft: number;
}

/**
 * Asks which file is to stay, says how many references are rewritten, and rewrites them in one step of undo.
 * @returns true when something was written. @throws AppError as `applyEditTo`.
 */
export async function useOneFile(
  services: Services,
  files: readonly vscode.Uri[],
): Promise<boolean> {
  const references = await withDelayedProgress(
    vscode.l10n.t("Looking for references"),
    ({ signal }) => referencesTo(services, files, signal),
  );
  const kept = await chooseFile(files, references);
  if (kept === undefined) return false;
  const others = references.filter(({ picture }) => picture !== kept.toString());
  const byDocument = groupBy(others, ({ document }) => document);
  const changes = await Promise.all(
    [...byDocument].map(([document, own]) => changeOf(services, { document, own, kept })),
  );
  const edited = changes.filter(({ edits }) => edits.length > 0);
  const nEdits = edited.reduce((sum, { edits }) => sum + edits.length, 0);
  const nLeft = changes.reduce((sum, change) => sum + change.nLeft, 0);
  if (!(await isAgreed({ kept, nEdits, nDocuments: edited.length, nLeft }))) return false;
  const edit = new vscode.WorkspaceEdit();
  for (const { document, edits } of edited) {
    for (const { newText, ...span } of edits) {
      edit.replace(document.uri, rangeOf(document, span), newText);
    }
  }
  await applyEditTo(edit, edited);
  void vscode.window.showInformationMessage(
    vscode.l10n.t("References rewritten: {0} in {1} documents.", nEdits, edited.length),
  );
  return true;
}

async function chooseFile(
  files: readonly vscode.Uri[],
  references: readonly PictureReference[],
): Promise<vscode.Uri | undefined> {
  const items = files
    .map((uri): FileItem & { readonly nUses: number } => {
      const nUses = references.filter(({ picture }) => picture === uri.toString()).length;
      return {
        ...{ label: fileName(uri), description: vscode.workspace.asRelativePath(uri), uri, nUses },
        detail: vscode.l10n.t("References in documents: {0}", nUses),
        iconPath: uri,
      };
    })
    .sort((a, b) => b.nUses - a.nUses);
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Use One File Everywhere"),
    placeHolder: vscode.l10n.t("Which file shall all documents show?"),
  });
  return chosen?.uri;
}

/** Nothing is taken away: a file that no document shows may be used by something else. */
async function isAgreed(plan: {
  readonly kept: vscode.Uri;
  readonly nEdits: number;
  readonly nDocuments: number;
  readonly nLeft: number;
}): Promise<boolean> {
  const { kept, nEdits, nDocuments, nLeft } = plan;
  const left =
    nLeft === 0
      ? ""
      : vscode.l10n.t(
          "References that must be changed by hand, because a program computes them: {0}.",
          nLeft,
        );
  if (nEdits === 0) {
    const text = vscode.l10n.t("No other file is shown by a document, so nothing was changed.");
    void vscode.window.showInformationMessage([text, left].filter(Boolean).join(" "));
    return false;
  }
  const rewrite = vscode.l10n.t("Rewrite");
  const question = vscode.l10n.t(
    "Rewrite {0} references in {1} documents to {2}?",
    nEdits,
    nDocuments,
    vscode.workspace.asRelativePath(kept),
  );
  const safe = vscode.l10n.t("The files themselves stay. One undo takes everything back.");
  const options = { modal: true, detail: [left, safe].filter(Boolean).join("\n") };
  return (await vscode.window.showWarningMessage(question, options, rewrite)) === rewrite;
}

async function changeOf(
  { settings }: Services,
  {
    document,
    own,
    kept,
  }: {
    readonly document: vscode.TextDocument;
    readonly own: readonly PictureReference[];
    readonly kept: vscode.Uri;
  },
): Promise<DocumentChange> {
  const text = document.getText();
  const made = own.flatMap(({ reference, picture }) => {
    const from = vscode.Uri.parse(picture, true).path;
    return setTarget(text, reference, { document: document.uri.path, from, to: kept.path }) ?? [];
  });
  const edits = made.map(({ edit }) => edit);
  const nothing = { document, text, edits: [], nLeft: own.length };
  const language = languageOfDocument(document.languageId, document.uri.path);
  if (language === undefined || edits.length === 0) return nothing;
  // Read back before anything is written: as many pictures as before, and these with their new addresses.
  const { findImages } = await import("../../alt/formats/findImages");
  const options = {
    components: settings.altComponents(document.uri),
    name: fileName(document.uri),
  };
  const before = findImages(text, language, options);
  const after = findImages(applyEdits(text, edits), language, options);
  const count = (images: typeof after, address: string): number =>
    images.filter(({ target }) => target.value === address).length;
  const isRight =
    after.length === before.length &&
    made.every(({ address }) => {
      const nWritten = made.filter((one) => one.address === address).length;
      return count(after, address) === count(before, address) + nWritten;
    });
  return isRight ? { document, text, edits, nLeft: own.length - edits.length } : nothing;
}
