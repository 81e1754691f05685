/** What the lightbulb offers on the reference of a picture. */

import * as vscode from "vscode";
import { altProblem } from "../../alt/wording/altText";
import { canMarkDecorative } from "../../alt/edit/editAlt";
import { captionStyles } from "../../alt/edit/insertCaption";
import { altOwner, isOffered, type FoundImages } from "../../host/documents/altPlan";
import { fixAll, fixesFor, findingAt } from "../audit/auditFixes";
import { isAboutText } from "../audit/auditSquiggles";
import { findQuietly, imageAt, rangeOf, type DocumentImage } from "../documents/altDocument";
import { ASK_KIND, FIX_ALL_KIND } from "./altKinds";
import { placeOf } from "../documents/altPicture";
import { imageArgument } from "../documents/altTarget";
import type { CommandId } from "../shell/commandIds";
import type { Services } from "../shell/services";

const { QuickFix, RefactorRewrite } = vscode.CodeActionKind;

type Given = Parameters<vscode.CodeActionProvider["provideCodeActions"]>;

/** The offers for what a document has at a range; none where nobody would look for them. */
export async function actionsFor(
  services: Services,
  ...[document, range, context, token]: Given
): Promise<vscode.CodeAction[]> {
  // Nobody wants that in a lightbulb.
  if (context.only?.contains(FIX_ALL_KIND) === true) return fixAll(services, document);
  const isAsked = [QuickFix, RefactorRewrite, ASK_KIND].some((kind) => isWanted(kind, context));
  if (!isAsked) return [];
  const found = await findQuietly(services, document);
  if (found === undefined || token.isCancellationRequested) return [];
  const image = imageAt(found, document, range);
  if (image === undefined) return [];
  const diagnostics = diagnosticsOf(image, context);
  const isFound = (await findingAt(services, image)) !== undefined;
  const offers = offersFor(image, isFound).filter(({ kind }) => isWanted(kind, context));
  const actions = offers.map((offer) => actionOf(offer, image, diagnostics));
  if (isWanted(QuickFix, context)) actions.push(...(await fixesFor(services, image, diagnostics)));
  if (isWanted(RefactorRewrite, context) && hasSeveralWithout(found)) actions.push(forAll());
  const ask = isWanted(ASK_KIND, context) ? await askAction(services, image) : undefined;
  return ask === undefined ? actions : [...actions, ask];
}

/** More than the one at the cursor may be. */
function hasSeveralWithout({ references }: FoundImages): boolean {
  return (
    references.filter((reference) => altOwner(reference) === "nobody" && isOffered(reference))
      .length > 1
  );
}

function forAll(): vscode.CodeAction {
  const title = vscode.l10n.t("Generate Alt Text for All Images in This File");
  const action = new vscode.CodeAction(title, RefactorRewrite);
  action.command = { title, command: "sightline.generateAltTextForFile" satisfies CommandId };
  return action;
}

/** `only` names the kind that is looked for, or one above it. */
function isWanted(kind: vscode.CodeActionKind, { only }: vscode.CodeActionContext): boolean {
  return only === undefined || only.contains(kind);
}

interface Offer {
  readonly title: string;
  readonly command: CommandId;
  readonly kind: vscode.CodeActionKind;
}

/** @param isFound true where something is wrong with the picture's text. */
function offersFor({ reference }: DocumentImage, isFound: boolean): Offer[] {
  const owner = altOwner(reference);
  const offers: Offer[] = [];
  if (isOffered(reference)) {
    offers.push({
      title: vscode.l10n.t("Generate Alt Text"),
      command: "sightline.generateAltText",
      kind: altProblem(reference) === null ? RefactorRewrite : QuickFix,
    });
  }
  if (owner === "person" && isOffered(reference)) {
    offers.push({
      title: vscode.l10n.t("Refine Alt Text…"),
      command: "sightline.refineAltText",
      kind: RefactorRewrite,
    });
  }
  if (captionStyles(reference).length > 0) {
    offers.push({
      title: vscode.l10n.t("Insert Caption…"),
      command: "sightline.insertCaption",
      kind: RefactorRewrite,
    });
  }
  if ((owner === "nobody" || owner === "person") && canMarkDecorative(reference)) {
    offers.push({
      title: vscode.l10n.t("Mark as Decorative"),
      command: "sightline.markAsDecorative",
      kind: isFound && owner === "nobody" ? QuickFix : RefactorRewrite,
    });
  }
  return offers;
}

function actionOf(
  { title, command, kind }: Offer,
  image: DocumentImage,
  diagnostics: vscode.Diagnostic[],
): vscode.CodeAction {
  const action = new vscode.CodeAction(title, kind);
  action.command = { title, command, arguments: [imageArgument(image)] };
  if (kind === QuickFix) action.diagnostics = diagnostics;
  return action;
}

/** What anybody's check says of the picture's text: all of it is mended by the same action. */
function diagnosticsOf(
  { document, reference }: DocumentImage,
  { diagnostics }: vscode.CodeActionContext,
): vscode.Diagnostic[] {
  const span = rangeOf(document, reference.span);
  return diagnostics.filter(
    (each) => isAboutText(each) && each.range.intersection(span) !== undefined,
  );
}

/** Undefined where there is no picture to ask about. */
async function askAction(
  services: Services,
  image: DocumentImage,
): Promise<vscode.CodeAction | undefined> {
  const place = await placeOf(services, image).catch(() => undefined);
  if (place === undefined) return undefined;
  const title = vscode.l10n.t("Ask About This Image…");
  const action = new vscode.CodeAction(title, ASK_KIND);
  const command: CommandId = "sightline.askAboutImage";
  const argument = place.kind === "file" ? place.uri : imageArgument(image);
  action.command = { title, command, arguments: [argument] };
  return action;
}
