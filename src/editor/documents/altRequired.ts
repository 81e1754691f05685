/** The picture that a command cannot do without: named, at the cursor, or chosen from the document's. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { chooseOne, plainLabel, type Choice } from "../review/altChoice";
import { fileName, findInDocument, type DocumentImage } from "./altDocument";
import { imageFor } from "./altTarget";
import { locationText } from "../review/altStrings";
import type { Services } from "../shell/services";

/**
 * As `imageFor`; away from any picture the person chooses one of the document's.
 * @throws AppError as `imageFor`; `document.missing` and `document.notEditable` where there is none to
 * choose, `request.cancelled` when none is chosen.
 */
export async function requireImage(
  services: Services,
  args: readonly unknown[],
): Promise<DocumentImage> {
  const image = await imageFor(services, args);
  if (image !== undefined) return image;
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined) {
    throw new AppError(
      "document.missing",
      vscode.l10n.t("No document is open. Open one that has pictures in it."),
    );
  }
  const found = await findInDocument(services, document);
  const choices = found.references.map((reference) => choiceOf({ document, found, reference }));
  if (choices.length === 0) {
    const text = vscode.l10n.t("There is no picture in {0}.", fileName(document.uri));
    throw new AppError("document.notEditable", text);
  }
  const title = vscode.l10n.t("There is no picture at the cursor. Which one is meant?");
  const chosen = await chooseOne(choices, { title });
  if (chosen === undefined) throw new AppError("request.cancelled", "No picture was chosen.");
  return chosen;
}

function choiceOf(image: DocumentImage): Choice<DocumentImage> {
  const label = plainLabel(locationText(image));
  return { label, description: plainLabel(image.reference.alt ?? ""), value: image };
}
