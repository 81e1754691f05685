/** What is wrong with an alternative text, in words. */

import * as vscode from "vscode";
import type { AltProblem } from "../alt/altText";

/** A problem as a phrase that stands alone. */
export function problemWords(problem: AltProblem): string {
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
