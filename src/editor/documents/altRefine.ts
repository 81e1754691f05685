/** Another text for a picture that has one: shorter, longer, about something else, or one of several. */

import * as vscode from "vscode";
import { altOwner } from "../../host/documents/altPlan";
import type { AltTextOptions } from "../../alt/write/describer";
import { chooseOne, chooseText, type Choice } from "../review/altChoice";
import { requireEditable, textsFor, writeAndShow } from "./altDescribing";
import type { DocumentImage } from "./altDocument";
import { pictureIcon, placeOf } from "./altPicture";
import { RowReveal, type ShownLine } from "./altReveal";
import type { Services } from "../shell/services";

/** Texts to choose from; each further one takes the model longer. */
const N_TEXTS = 5;

/**
 * Asks how the text should differ, and shows what the model has before anything is written.
 * @throws AppError as `textsFor`, `changeImages`.
 */
export async function refineAltText(services: Services, image: DocumentImage): Promise<void> {
  requireEditable(image);
  const title = vscode.l10n.t("Refine alt text");
  const { alt } = image.reference;
  const placeholder = alt === null || alt === "" ? undefined : vscode.l10n.t("Now: {0}", alt);
  const reveal = new RowReveal();
  let chosen: string | undefined;
  try {
    reveal.show(lineOf(image), "");
    const way = await chooseOne(ways().map(choiceOf), { title, placeholder });
    chosen = way === undefined ? undefined : await chosenText(services, { image, way, reveal });
  } finally {
    await reveal.end();
  }
  if (chosen !== undefined) await writeAndShow(services, image, chosen);
}

/** The text that the person chooses; undefined when they changed their mind, or there is none. */
async function chosenText(
  services: Services,
  { image, way, reveal }: { image: DocumentImage; way: RefineOption; reveal: RowReveal },
): Promise<string | undefined> {
  const options = await optionsFor(way, image);
  if (options === undefined) return undefined;
  const { alt } = image.reference;
  const texts = (await textsFor(services, image, options)).filter((text) => text !== alt);
  if (texts.length === 0) {
    void vscode.window.showInformationMessage(nothingFound(way));
    return undefined;
  }
  const icon = pictureIcon(await placeOf(services, image));
  return chooseText(texts, {
    title: vscode.l10n.t("Refine alt text"),
    now: alt,
    icon,
    onActive: (text) => {
      reveal.show(lineOf(image), text);
    },
  });
}

function lineOf({ document, reference }: DocumentImage): ShownLine {
  return { uri: document.uri, line: document.positionAt(reference.span.start).line };
}

type RefineOption = "shorter" | "longer" | "focus" | "several";

interface RefineStrings {
  readonly way: RefineOption;
  readonly label: string;
  readonly description: string;
}

const ways = (): readonly RefineStrings[] => [
  {
    way: "shorter",
    label: vscode.l10n.t("Shorter"),
    description: vscode.l10n.t("with fewer words"),
  },
  {
    way: "longer",
    label: vscode.l10n.t("Longer"),
    description: vscode.l10n.t("with more of what is seen"),
  },
  {
    way: "focus",
    label: vscode.l10n.t("Focus on…"),
    description: vscode.l10n.t("about a thing that you name"),
  },
  {
    way: "several",
    label: vscode.l10n.t("Choose among several"),
    description: vscode.l10n.t("up to {0} texts", N_TEXTS),
  },
];

function choiceOf({ way, label, description }: RefineStrings): Choice<RefineOption> {
  return { label, description, value: way };
}

/** What to ask the model for; undefined when the person changed their mind. */
async function optionsFor(
  way: RefineOption,
  { reference }: DocumentImage,
): Promise<AltTextOptions | undefined> {
  // A placeholder is no measure of how long a text should be.
  const than = altOwner(reference) === "person" ? (reference.alt ?? undefined) : undefined;
  switch (way) {
    case "shorter":
      return { length: "short", than, count: N_TEXTS };
    case "longer":
      return { length: "long", than, count: N_TEXTS };
    case "several":
      return { count: N_TEXTS };
    case "focus": {
      const focus = await vscode.window.showInputBox({
        title: vscode.l10n.t("Focus on…"),
        prompt: vscode.l10n.t("What the text begins with, or a question whose answer it becomes."),
        placeHolder: vscode.l10n.t("the red circle"),
        ignoreFocusOut: true,
      });
      return focus === undefined || focus.trim() === "" ? undefined : { focus, count: 3 };
    }
  }
}

function nothingFound(way: RefineOption): string {
  switch (way) {
    case "shorter":
      return vscode.l10n.t("The model has no shorter text for this picture.");
    case "longer":
      return vscode.l10n.t("The model has no longer text for this picture.");
    case "focus":
    case "several":
      return vscode.l10n.t("The model has no other text for this picture.");
  }
}
