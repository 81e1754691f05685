/** The texts of the page of answers in the user's language. */

import * as vscode from "vscode";
import type { AnswersStrings } from "../../protocol/views/answersStrings";

/** All texts of the page; `{0}` and `{1}` stay for the page to fill. */
export function answersStrings(): AnswersStrings {
  return {
    table: vscode.l10n.t("Answers"),
    picture: vscode.l10n.t("Picture"),
    file: vscode.l10n.t("File"),
    answer: vscode.l10n.t("Answer"),
    filter: vscode.l10n.t("Filter by file or answer"),
    stop: vscode.l10n.t("Stop"),
    goOn: vscode.l10n.t("Go On"),
    exportCsv: vscode.l10n.t("Export as CSV…"),
    shown: vscode.l10n.t("{0} of {1} pictures"),
    noAnswer: vscode.l10n.t("no answer yet"),
    waiting: vscode.l10n.t("Loading the answers…"),
  };
}
