/** Texts for many pictures of one or many documents: the work, a look at the results, one edit. */

import { groupBy } from "../../base/groupBy";
import * as vscode from "vscode";
import { AppError, isCancelled } from "../../base/errors";
import { isLongAlt } from "../../alt/wording/altText";
import { setAlt } from "../../alt/edit/editAlt";
import { describeInTurn, showStatus } from "../documents/altDescribing";
import {
  addEdits,
  applyEditTo,
  fileName,
  openDocument,
  type EditedDocument,
  type PendingChange,
} from "../documents/altDocument";
import { showFailures, type ImageFailure } from "../documents/altFailures";
import { errorAbout, placeKey, readPlace } from "../documents/altPicture";
import { askToFetch } from "../pictures/remotePictures";
import { reviewDrafts, type Draft, type PendingImage } from "./altReview";
import { BatchProgress } from "./batchProgress";
import type { Services } from "../shell/services";
import { stepDone } from "../shell/steps";

/** Pictures that a text is wanted for, and those that are not to be found. */
export interface Pending {
  readonly images: readonly PendingImage[];
  readonly failures: readonly ImageFailure[];
}

/**
 * Describes pictures, shows the texts, and writes those that the person keeps. A cancel offers what is
 * done; a picture that fails is listed and the others go on.
 * @throws AppError as `writeDrafts`, or why the work ended early.
 */
export async function describeAndWrite(services: Services, pending: Pending): Promise<void> {
  const { drafts, failures, stop } = await describeAll(services, pending.images);
  const unwritten: ImageFailure[] = [];
  try {
    const accepted = drafts.length === 0 ? [] : ((await reviewDrafts(services, drafts)) ?? []);
    if (accepted.length > 0) unwritten.push(...(await writeDrafts(services, accepted)));
  } finally {
    // Later than the list of texts, which would close when a button of a message opens another.
    void showFailures(services, [...pending.failures, ...failures, ...unwritten]);
  }
  if (stop !== undefined) throw stop;
}

interface Described {
  readonly drafts: readonly Draft[];
  readonly failures: readonly ImageFailure[];
  /** Why the work ended early. */
  readonly stop: AppError | undefined;
}

/** Texts as far as the work got; asks once for all pictures that would be fetched. */
async function describeAll(
  services: Services,
  images: readonly PendingImage[],
): Promise<Described> {
  const urls = images.flatMap(({ place }) => (place.kind === "remote" ? [place.url] : []));
  const mayFetch = await askToFetch(services.settings, urls);
  const wanted = images.filter(({ place }) => place.kind !== "remote" || mayFetch(place.url));
  const drafts: Draft[] = [];
  const failures: ImageFailure[] = [];
  const progress = new BatchProgress(wanted);
  const { stop } = await describeInTurn(services, wanted, {
    keyOf: ({ place }) => placeKey(place),
    read: ({ place }, signal) => readPlace(services, place, signal),
    words: (_, nDone) => progress.words(nDone),
    onDescribed: ({ picture: image, ...described }) => {
      if (described.error === undefined) drafts.push({ image, ...described });
      else failures.push({ image, error: errorAbout(image.place, described.error) });
    },
  });
  return { drafts, failures, stop: isCancelled(stop) ? undefined : stop };
}

/**
 * Writes the texts into all their documents with one edit. Of several documents, one whose pictures
 * cannot be found again is left alone.
 * @returns what was left alone.
 * @throws AppError of the only document, or `document.unwritable`.
 */
async function writeDrafts(
  services: Services,
  drafts: readonly Draft[],
): Promise<readonly ImageFailure[]> {
  const byDocument = [...groupBy(drafts, ({ image }) => image.uri.toString()).values()];
  const edit = new vscode.WorkspaceEdit();
  const edited: EditedDocument[] = [];
  const written: Draft[] = [];
  const failures: ImageFailure[] = [];
  for (const group of byDocument) {
    try {
      edited.push(await addDrafts(services, edit, group));
      written.push(...group);
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (byDocument.length === 1) throw error;
      failures.push(...group.map(({ image }) => ({ image, error })));
    }
  }
  // Many files are saved as after a renaming, if the user's settings say so; what somebody has not
  // saved stays theirs to save.
  const isRefactoring = edited.length > 1 && edited.every(({ document }) => !document.isDirty);
  await applyEditTo(edit, edited, { isRefactoring });
  if (written.length > 0) {
    stepDone("alt");
    reportWritten(written, edited);
  }
  return failures;
}

async function addDrafts(
  services: Services,
  edit: vscode.WorkspaceEdit,
  drafts: readonly Draft[],
): Promise<EditedDocument> {
  const [first] = drafts;
  if (first === undefined) throw new AppError("internal", "There is nothing to write.");
  const document = await openDocument(first.image.uri);
  const changes = drafts.map(({ image: { again }, alt }): PendingChange => ({
    again,
    edits: (text, reference) => setAlt(text, reference, alt),
  }));
  return addEdits(services, edit, { document, changes });
}

function reportWritten(written: readonly Draft[], edited: readonly EditedDocument[]): void {
  const nLong = written.filter(({ alt }) => isLongAlt(alt)).length;
  const count =
    edited.length > 1
      ? vscode.l10n.t("Alt texts written: {0} in {1} files.", written.length, edited.length)
      : vscode.l10n.t("Alt texts written: {0}.", written.length);
  const long = nLong === 0 ? [] : [vscode.l10n.t("Long ones, to be read again: {0}.", nLong)];
  const text = [count, ...long].join(" ");
  if (edited.length > 1) void offerUndo(text, edited);
  else showStatus(text);
}

/** The editor knows an edit of several files as one; where it is no refactoring, it asks by itself. */
async function offerUndo(text: string, edited: readonly EditedDocument[]): Promise<void> {
  const [first] = edited;
  const after = first?.document.getText();
  const undo = vscode.l10n.t("Undo All");
  const hint = vscode.l10n.t("Undo in one of the files can take them back in all.");
  const chosen = await vscode.window.showInformationMessage(`${text} ${hint}`, undo);
  if (chosen !== undo || first === undefined) return;
  // The editor closes documents that nobody looks at.
  const document = await openDocument(first.document.uri);
  if (document.getText() !== after) {
    const name = fileName(document.uri);
    const changed = vscode.l10n.t(
      "{0} was changed since then, so its last change would be undone. Undo in the files themselves.",
      name,
    );
    void vscode.window.showWarningMessage(changed);
    return;
  }
  await vscode.window.showTextDocument(document, { preview: false });
  await vscode.commands.executeCommand("undo");
}
