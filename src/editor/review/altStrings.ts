/** A picture's place and what is wrong with its text, in words. */

import * as vscode from "vscode";
import type { AltProblem } from "../../alt/wording/altText";
import type { ImageReference } from "../../alt/imageReference";
import type { Doubt } from "../../model/ask/request";
import type { DocumentImage } from "../documents/altDocument";

/** A problem as a phrase that stands alone. */
export function problemText(problem: AltProblem): string {
  switch (problem) {
    case "missing":
      return vscode.l10n.t("No alt text");
    case "placeholder":
      return vscode.l10n.t("A placeholder instead of a text");
    case "filename":
      return vscode.l10n.t("A file name instead of a text");
    case "redundant-prefix":
      return vscode.l10n.t(
        "Begins with words like “image of”, which screen readers say themselves",
      );
    case "too-long":
      return vscode.l10n.t("Longer than most guides advise");
  }
}

/** Why a text may mean nothing, for a row of a list. */
export function doubtNote(doubt: Doubt): string {
  switch (doubt) {
    case "oneColor":
      return vscode.l10n.t("$(warning) doubtful: the picture shows one colour only");
    case "outsideWorld":
      return vscode.l10n.t("$(warning) doubtful: outside what the demo model knows");
  }
}

/** Line and name of a picture. */
export function locationText({ document, reference }: DocumentImage): string {
  return lineText(document.positionAt(reference.span.start).line, reference);
}

/** @param line from zero; people count from one. */
export function lineText(line: number, { target }: Pick<ImageReference, "target">): string {
  return vscode.l10n.t("Line {0}: {1}", line + 1, pictureName({ target }));
}

/** What to call a picture: its file's name. */
export function pictureName({ target }: Pick<ImageReference, "target">): string {
  const isData = target.value.slice(0, 5).toLowerCase() === "data:";
  return isData ? vscode.l10n.t("picture in the document") : lastPart(target.value);
}

function lastPart(target: string): string {
  const [path = target] = target.split(/[?#]/);
  return path.slice(path.lastIndexOf("/") + 1) || target;
}
