/** Findings in the words of the editor. */

import * as vscode from "vscode";
import type { RuleId } from "../../audit/rule";
import { displayLocale } from "../shell/numbers";
import type { WorkspaceFindings } from "./workspaceFindings";

/** What a rule finds; the table of rules says the same in English. */
export function ruleTitle(rule: RuleId): string {
  switch (rule) {
    case "missing":
      return vscode.l10n.t("A picture has no text");
    case "link-unnamed":
      return vscode.l10n.t("A link or button has no name");
    case "placeholder":
      return vscode.l10n.t("A placeholder stands for a text");
    case "filename":
      return vscode.l10n.t("A file's name stands for a text");
    case "text-lost":
      return vscode.l10n.t("The syntax drops a part of the text");
    case "hidden-conflict":
      return vscode.l10n.t("A hidden picture has a text");
    case "redundant-prefix":
      return vscode.l10n.t("A text begins with “image of” or the like");
    case "same-as-text":
      return vscode.l10n.t("A text repeats the words beside the picture");
    case "repeated":
      return vscode.l10n.t("Different pictures share one text");
    case "too-long":
      return vscode.l10n.t("A text is very long");
    case "mismatch":
      return vscode.l10n.t("A text fits another picture better");
    case "stale":
      return vscode.l10n.t("A picture changed after its text was written");
    case "decorative-doubt":
      return vscode.l10n.t("A picture may or may not be decoration");
    case "image-of-text":
      return vscode.l10n.t("A picture shows words");
    case "unresolved":
      return vscode.l10n.t("The picture's file is not there");
  }
}

/** What was looked at, and what came of it, in short sentences. */
export function sumsText(found: WorkspaceFindings): string {
  const { nDocuments, nPictures, nFindings, nKnown, nFailures } = found.sums();
  const [documents, pictures, findings, known, failures] = [
    ...[nDocuments, nPictures, nFindings, nKnown, nFailures],
  ].map((n) => n.toLocaleString(displayLocale())) as [string, string, string, string, string];
  const sentences = [
    nFindings === 0
      ? vscode.l10n.t("Documents: {0}, pictures: {1}. Nothing is wrong.", documents, pictures)
      : vscode.l10n.t(
          "Documents: {0}, pictures: {1}, findings: {2}.",
          documents,
          pictures,
          findings,
        ),
    ...(nKnown > 0 ? [vscode.l10n.t("The baseline hides {0} others.", known)] : []),
    ...(nFailures > 0
      ? [vscode.l10n.t("{0} documents could not be read; the log says why.", failures)]
      : []),
    ...(found.isPartial ? [vscode.l10n.t("Not everything was looked at.")] : []),
  ];
  return sentences.join(" ");
}
