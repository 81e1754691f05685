/** What the lightbulb offers on a finding, ours or another tool's: the rule's own fixes, a comment, the baseline. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { canSetAlt, setAlt } from "../../alt/edit/editAlt";
import type { TextEdit } from "../../alt/imageReference";
import { isAbout } from "../../audit/comparable";
import type { Finding, Fix } from "../../audit/rule";
import { ruleOf } from "../../audit/ruleTable";
import { safeEdits } from "../../audit/safeFixes";
import { suppressEdits } from "../../audit/suppressComment";
import { fileName, rangeOf, type DocumentImage } from "../documents/altDocument";
import { imageArgument } from "../documents/altTarget";
import type { CommandId } from "../shell/commandIds";
import type { Services } from "../shell/services";
import { FIX_ALL_KIND } from "../offers/altKinds";
import { auditOf, knownBy } from "./documentAudits";

const { QuickFix } = vscode.CodeActionKind;

/** The finding about a picture; undefined where there is none, or where a configuration has a mistake in it. */
export async function findingAt(
  services: Services,
  { document, reference }: DocumentImage,
): Promise<Finding | undefined> {
  const isSame = ({ picture }: Finding): boolean =>
    picture.reference.span.start === reference.span.start;
  return (await findingsIn(services, document)).find(isSame);
}

async function findingsIn(
  services: Services,
  document: vscode.TextDocument,
): Promise<readonly Finding[]> {
  try {
    return (await auditOf(services, document)).findings;
  } catch (thrown) {
    services.log.debug(AppError.from(thrown).message);
    return [];
  }
}

/** @param diagnostics those that the fixes are for, ours or others'. */
export async function fixesFor(
  services: Services,
  image: DocumentImage,
  diagnostics: readonly vscode.Diagnostic[],
): Promise<vscode.CodeAction[]> {
  const finding = await findingAt(services, image);
  if (finding === undefined) return [];
  const { document } = image;
  const fixes = finding
    .fixes()
    // The lightbulb has that for every picture.
    .filter(({ kind }) => kind !== "decorative")
    .map((fix) => {
      const action = editAction(document, fixTitle(fix), fix.edits);
      action.isPreferred = fix.isSafe;
      return action;
    });
  const others = services.settings.auditEnabled(document.uri)
    ? await silences(services, image, finding)
    : [];
  const model =
    finding.rule === "mismatch"
      ? [...(await exchangeAcross(services, image, finding)), rightAction(image)]
      : [];
  const actions = [...fixes, ...model, ...others];
  for (const action of actions) action.diagnostics = [...diagnostics];
  return actions;
}

/**
 * One action for all that needs no judgement; none where there is nothing of it. What a mend brings to light waits
 * for the next time.
 */
export async function fixAll(
  services: Services,
  document: vscode.TextDocument,
): Promise<vscode.CodeAction[]> {
  if (!services.settings.auditEnabled(document.uri)) return [];
  const findings = await findingsIn(services, document);
  const edits = safeEdits(findings.map((finding) => finding.fixes())).flat();
  if (edits.length === 0) return [];
  const title = vscode.l10n.t("Mend All Alt Texts That Need No Judgement");
  const action = editAction(document, title, edits);
  action.kind = FIX_ALL_KIND;
  return [action];
}

/** Two texts that were swapped between two documents get each other's place, in one edit. */
async function exchangeAcross(
  services: Services,
  { document, found, reference }: DocumentImage,
  { picture }: Finding,
): Promise<vscode.CodeAction[]> {
  const { partner } = picture.mismatch ?? {};
  if (partner?.document === undefined) return [];
  const uri = vscode.Uri.parse(partner.document, true);
  const other = await vscode.workspace.openTextDocument(uri);
  const there = (await auditOf(services, other)).findings.find((each) =>
    isAbout(partner, each.picture),
  )?.picture.reference;
  const { alt } = reference;
  if (there === undefined || alt === null || !canSetAlt(reference) || !canSetAlt(there)) return [];
  const edits = [
    [document, setAlt(found.text, reference, partner.alt)],
    [other, setAlt(other.getText(), there, alt)],
  ] as const;
  const title = vscode.l10n.t("Exchange the Text with {0}", fileName(uri));
  const action = new vscode.CodeAction(title, QuickFix);
  action.edit = new vscode.WorkspaceEdit();
  for (const [place, changes] of edits) addChanges(action.edit, place, changes);
  return [action];
}

function rightAction(image: DocumentImage): vscode.CodeAction {
  const title = vscode.l10n.t("This Text Is Right");
  const action = new vscode.CodeAction(title, QuickFix);
  const command: CommandId = "sightline.textIsRight";
  action.command = { title, command, arguments: [imageArgument(image)] };
  return action;
}

/** What mends nothing, and says that somebody has looked. */
async function silences(
  services: Services,
  image: DocumentImage,
  finding: Finding,
): Promise<vscode.CodeAction[]> {
  const { document, found, reference } = image;
  const { components } = await auditOf(services, document);
  const rule = ruleOf(finding.rule);
  const edits = suppressEdits(found.text, reference, { rule, find: { components } });
  const title = vscode.l10n.t('Suppress "{0}" Here with a Comment', rule.id);
  const actions = edits.length === 0 ? [] : [editAction(document, title, edits)];
  if (vscode.workspace.getWorkspaceFolder(document.uri) === undefined) return actions;
  const add = vscode.l10n.t("Add to the Baseline of This Folder");
  const action = new vscode.CodeAction(add, QuickFix);
  const command: CommandId = "sightline.addToBaseline";
  action.command = { title: add, command, arguments: [imageArgument(image)] };
  return [...actions, action];
}

function editAction(
  document: vscode.TextDocument,
  title: string,
  edits: readonly TextEdit[],
): vscode.CodeAction {
  const action = new vscode.CodeAction(title, QuickFix);
  action.edit = new vscode.WorkspaceEdit();
  addChanges(action.edit, document, edits);
  return action;
}

function addChanges(
  edit: vscode.WorkspaceEdit,
  document: vscode.TextDocument,
  edits: readonly TextEdit[],
): void {
  for (const { start, end, newText } of edits) {
    edit.replace(document.uri, rangeOf(document, { start, end }), newText);
  }
}

function fixTitle({ kind, title }: Fix): string {
  switch (kind) {
    case "moveTitle":
      return vscode.l10n.t("Move the Title into the Text");
    case "quote":
      return vscode.l10n.t("Quote the Text");
    case "dropPrefix":
      return vscode.l10n.t("Remove the Redundant Beginning");
    case "exchange":
      return vscode.l10n.t("Exchange the Two Texts");
    case "decorative":
      return title;
  }
}

/** For who adds a finding to the baseline. @throws AppError `document.changed` where there is none any more. */
export async function knownFinding(
  services: Services,
  image: DocumentImage,
): Promise<ReturnType<typeof knownBy>> {
  const finding = await findingAt(services, image);
  if (finding !== undefined) return knownBy(finding, image.document.uri);
  throw new AppError(
    "document.changed",
    vscode.l10n.t("Nothing is wrong with this picture in {0}.", fileName(image.document.uri)),
  );
}
