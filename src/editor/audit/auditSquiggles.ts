/** Findings as the editor marks them, and those of other tools about the same pictures. */

import * as vscode from "vscode";
import { rulesOfCode } from "../../audit/foreignRules";
import type { Finding, Level } from "../../audit/rule";
import { helpAddress } from "../../audit/ruleTable";
import { squiggleSpan } from "../../audit/squiggle";
import { rangeOf } from "../documents/altDocument";
import type { AuditedDocument } from "./documentAudits";
import { findingText } from "./findingWords";

/** By which the editor and people tell ours from those of others. */
export const AUDIT_SOURCE = "Sightline";
/** More in one file help nobody; a last line says how many there are. */
export const MAX_SHOWN = 50;

const SEVERITIES: Readonly<Record<Level, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warn: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

/** What is marked in a document: no picture that another tool marks already. */
export function squigglesOf(
  document: vscode.TextDocument,
  { found, findings }: AuditedDocument,
): vscode.Diagnostic[] {
  const foreign = foreignRanges(document);
  const told = findings.filter(({ picture }) => {
    const range = rangeOf(document, picture.reference.span);
    return !foreign.some((other) => other.intersection(range) !== undefined);
  });
  const shown = told.slice(0, MAX_SHOWN).map((finding) => squiggle(document, found.text, finding));
  const next = told[MAX_SHOWN];
  if (next !== undefined) {
    const range = rangeOf(document, squiggleSpan(found.text, next.picture.reference));
    const nMore = told.length - MAX_SHOWN;
    const words = vscode.l10n.t("{0} more findings are in this file.", nMore);
    shown.push(marked(new vscode.Diagnostic(range, words, vscode.DiagnosticSeverity.Information)));
  }
  return shown;
}

function squiggle(
  document: vscode.TextDocument,
  text: string,
  { rule, level, says, picture, related }: Finding,
): vscode.Diagnostic {
  const range = rangeOf(document, squiggleSpan(text, picture.reference));
  const diagnostic = marked(new vscode.Diagnostic(range, findingText(says), SEVERITIES[level]));
  diagnostic.code = { value: rule, target: vscode.Uri.parse(helpAddress(rule)) };
  diagnostic.relatedInformation = related.map(({ reference }) => {
    const place = new vscode.Location(
      document.uri,
      rangeOf(document, squiggleSpan(text, reference)),
    );
    return new vscode.DiagnosticRelatedInformation(place, vscode.l10n.t("The other picture"));
  });
  return diagnostic;
}

function marked(diagnostic: vscode.Diagnostic): vscode.Diagnostic {
  diagnostic.source = AUDIT_SOURCE;
  return diagnostic;
}

/** Where other tools say something of a picture's text. */
function foreignRanges({ uri }: vscode.TextDocument): vscode.Range[] {
  return vscode.languages
    .getDiagnostics(uri)
    .filter((each) => each.source !== AUDIT_SOURCE && isAboutText(each))
    .map(({ range }) => range);
}

/** True for a finding about the text of a picture, whoever tells it. */
export function isAboutText({ source, code }: vscode.Diagnostic): boolean {
  if (source === AUDIT_SOURCE) return true;
  const name = typeof code === "object" ? code.value : code;
  return name !== undefined && rulesOfCode(String(name)).length > 0;
}
