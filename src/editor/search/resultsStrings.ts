/** The texts of the page of found pictures in the user's language. */

import * as vscode from "vscode";
import type { ResultsStrings } from "../../protocol/views/resultsStrings";

/** All texts of the page; `{0}` stays for the page to fill. */
export function resultsStrings(): ResultsStrings {
  return {
    pictures: vscode.l10n.t("Pictures"),
    doubted: vscode.l10n.t("probably not"),
    skipped: vscode.l10n.t("Not searched"),
    nothingFound: vscode.l10n.t("Nothing was found."),
    waiting: vscode.l10n.t("Looking at the pictures of the workspace…"),
    stop: vscode.l10n.t("Stop"),
    stale: vscode.l10n.t("Pictures have changed since."),
    again: vscode.l10n.t("Search Again"),
    actionsFor: vscode.l10n.t("Actions for {0}"),
    choose: vscode.l10n.t("Go to a picture to see what can be done with it."),
    open: vscode.l10n.t("Open"),
    insert: vscode.l10n.t("Insert"),
    similar: vscode.l10n.t("Find Similar"),
    reveal: vscode.l10n.t("Reveal in Explorer"),
    copyPath: vscode.l10n.t("Copy Path"),
    useOne: vscode.l10n.t("Use One File Everywhere…"),
    pardon: vscode.l10n.t("Not a Duplicate"),
  };
}
