/** Texts for the pictures of the open document that a person chooses. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { altProblem } from "../../alt/wording/altText";
import type { ImageReference } from "../../alt/imageReference";
import { altOwner, findAgain, isOffered, type FoundImages } from "../../host/documents/altPlan";
import { describeAndWrite, type Pending } from "../review/altBatch";
import { plainLabel, type Choice } from "../review/altChoice";
import { fileName, findInDocument, type DocumentImage } from "./altDocument";
import { addPending, type PendingOfDocument } from "../review/altPending";
import { locationText, problemText } from "../review/altStrings";
import { ListedLookup } from "../pictures/fileLookup";
import { withDelayedProgress } from "../shell/delayedProgress";
import type { Services } from "../shell/services";
import { languageAround } from "../review/writingNotes";

/**
 * Writes texts for the pictures of the active document that a person chooses, after showing them, in
 * one step of undo. What is decorative, or computed by the program, is left alone.
 * @throws AppError as `findInDocument`, `describeAndWrite`.
 */
export async function generateAltTextForFile(services: Services): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined) {
    throw new AppError(
      "document.missing",
      vscode.l10n.t("No document is open. Open one that has pictures in it."),
    );
  }
  const found = await findInDocument(services, document);
  const wanted = await chooseImages(document, found);
  if (wanted === undefined || wanted.length === 0) return;
  const pending = await pendingOf(services, wanted);
  if (pending !== undefined) await describeAndWrite(services, pending);
}

/** Which pictures; undefined when the person changed their mind or there are none. */
async function chooseImages(
  document: vscode.TextDocument,
  found: FoundImages,
): Promise<readonly DocumentImage[] | undefined> {
  const choices = found.references
    .map((reference): DocumentImage => ({ document, found, reference }))
    .filter(({ reference }) => isOffered(reference) && altOwner(reference) !== "decorative")
    .map(imageChoice);
  if (choices.length === 0) {
    const text = vscode.l10n.t("{0} has no picture that needs a text.", fileName(document.uri));
    void vscode.window.showInformationMessage(text);
    return undefined;
  }
  const chosen = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t("Generate alt text for which pictures?"),
    placeHolder: vscode.l10n.t("Texts that somebody wrote are replaced only where you say so"),
    canPickMany: true,
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  return chosen?.map(({ value }) => value);
}

function imageChoice(image: DocumentImage): Choice<DocumentImage> {
  const { reference } = image;
  const problem = altProblem(reference);
  // A picture that only the running program knows, or that is fetched first, is not taken unasked.
  const isNear =
    reference.target.kind !== "dynamic" && !/^(?:https?:)?\/\//i.test(reference.target.value);
  return {
    label: plainLabel(locationText(image)),
    description: plainLabel(reference.alt ?? ""),
    ...(problem === null ? {} : { detail: problemText(problem) }),
    picked: altOwner(reference) === "nobody" && isNear,
    value: image,
  };
}

/** Where the pictures are; undefined when the person did not want to wait for it. */
async function pendingOf(
  services: Services,
  images: readonly DocumentImage[],
): Promise<Pending | undefined> {
  const pending: PendingOfDocument = { images: [], failures: [] };
  const lookup = new ListedLookup();
  return withDelayedProgress(vscode.l10n.t("Looking for the pictures"), async (run) => {
    for (const [index, image] of images.entries()) {
      const { document, found, reference } = image;
      if (run.signal.aborted) return undefined;
      run.report(vscode.l10n.t("{0} of {1}", index + 1, images.length), index / images.length);
      const { line } = document.positionAt(reference.span.start);
      const again = (current: FoundImages): ImageReference | undefined =>
        findAgain(reference, found, current);
      const wanted = { reference, line, language: languageAround(image), again };
      await addPending(services, { document, wanted, lookup }, pending);
    }
    return pending;
  });
}
