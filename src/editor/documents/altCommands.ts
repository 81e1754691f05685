/** Commands that write, take away or copy the text of one picture. */

import * as vscode from "vscode";
import { type AppError, isCancelled } from "../../base/errors";
import { captionStyles, insertCaption, type CaptionStyle } from "../../alt/edit/insertCaption";
import { markDecorative } from "../../alt/edit/editAlt";
import { altOwner } from "../../host/documents/altPlan";
import type { Picture } from "../../host/pictures/picture";
import { spreadsheetText } from "../../host/chat/spreadsheet";
import { chooseOne, type Choice } from "../review/altChoice";
import {
  describeInTurn,
  lengthWarning,
  requireEditable,
  showStatus,
  textFor,
  writeAndShow,
} from "./altDescribing";
import { changeImages, fileName, type DocumentImage } from "./altDocument";
import { refineAltText } from "./altRefine";
import { requireImage } from "./altRequired";
import { imageFor, pictureUris, previewedPicture } from "./altTarget";
import { choosePictures } from "../pictures/picturePicker";
import type { Services } from "../shell/services";
import { showNotesOnce } from "../review/writingNotes";

/**
 * Writes a text for the picture at the cursor. Asks first when somebody wrote one, or said that the
 * picture needs none.
 * @throws AppError as `requireImage`, `textFor`, `changeImages`.
 */
export async function generateAltText(services: Services, args: readonly unknown[]): Promise<void> {
  const image = await requireImage(services, args);
  requireEditable(image);
  const action = await actionFor(image);
  if (action === "refine") await refineAltText(services, image);
  if (action === "write") await writeAndShow(services, image, await textFor(services, image));
  if (action === "replace") await replaceAltText(services, image);
}

/** Shows the old text and the new one, which Enter writes and which can be changed before. */
async function replaceAltText(services: Services, image: DocumentImage): Promise<void> {
  const before = image.reference.alt ?? "";
  const value = await textFor(services, image);
  if (value === before) {
    showStatus(vscode.l10n.t("The model has no other text for this picture."));
    return;
  }
  const alt = await vscode.window.showInputBox({
    title: vscode.l10n.t("Replace the text"),
    prompt: vscode.l10n.t("Now: {0}", before),
    value,
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim() === "" ? vscode.l10n.t("An alt text cannot be empty here.") : lengthWarning(text),
  });
  if (alt !== undefined) await writeAndShow(services, image, alt.trim());
}

/**
 * Says that the picture at the cursor carries no meaning; in Markdown as a tag, because its own syntax
 * cannot say it.
 * @throws AppError as `requireImage`, `changeImages`, `markDecorative`.
 */
export async function markAsDecorative(
  services: Services,
  args: readonly unknown[],
): Promise<void> {
  const image = await requireImage(services, args);
  const { found, reference } = image;
  if (altOwner(reference) === "decorative") {
    showStatus(vscode.l10n.t("The picture is marked as decorative already."));
    return;
  }
  // Fails with the reason before anything is asked.
  markDecorative(found.text, reference);
  if (altOwner(reference) === "person" && !(await mayRemove(reference.alt ?? ""))) return;
  await changeImages(services, [{ image, edits: markDecorative }]);
  showStatus(vscode.l10n.t("The picture is marked as decorative."));
}

/**
 * Puts a caption to the picture at the cursor: asks which kind when there are several, and shows the
 * text for changes before it is written.
 * @throws AppError as `requireImage`, `textFor`, `changeImages`, `insertCaption`.
 */
export async function insertCaptionAtCursor(
  services: Services,
  args: readonly unknown[],
): Promise<void> {
  const image = await requireImage(services, args);
  const style = await captionStyleFor(image);
  if (style === undefined) return;
  const present = captionText(image, style);
  const caption = await vscode.window.showInputBox({
    title: vscode.l10n.t("Insert caption"),
    prompt:
      present === ""
        ? vscode.l10n.t("The caption that everybody sees.")
        : vscode.l10n.t("Replaces the caption that is there: {0}", present),
    value: await textFor(services, image),
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim() === "" ? vscode.l10n.t("A caption cannot be empty.") : undefined,
  });
  if (caption === undefined) return;
  await changeImages(services, [
    { image, edits: (text, reference) => insertCaption(text, reference, { caption, style }) },
  ]);
}

/**
 * Copies texts for the picture files that a menu gave; without any for the picture at the cursor, the
 * one that is previewed, or those that are chosen from a list.
 * @throws AppError why a picture has no text.
 */
export async function copyAltText(services: Services, args: readonly unknown[]): Promise<void> {
  const given = pictureUris(args);
  const image = given.length > 0 ? undefined : await imageFor(services, args);
  if (image !== undefined) {
    await copy([{ name: "", text: await textFor(services, image) }]);
    return;
  }
  const { texts, failure } = await describePictures(services, await sourcesFor(services, given));
  if (texts.length > 0) {
    await copy(texts);
    showNotesOnce(services, []);
  }
  if (failure !== undefined) throw failure;
}

/** A picture that may still have to be read. */
interface Source {
  readonly name: string;
  readonly key: string;
  readonly read: () => Promise<Picture>;
}

async function sourcesFor(
  services: Services,
  given: readonly vscode.Uri[],
): Promise<readonly Source[]> {
  const previewed = given.length > 0 ? undefined : previewedPicture();
  const uris = previewed === undefined ? given : [previewed];
  if (uris.length === 0) {
    const chosen = await choosePictures(services, []);
    return chosen.map((picture, index) => ({
      name: picture.name,
      key: picture.uri ?? `${index}`,
      read: () => Promise.resolve(picture),
    }));
  }
  return uris.map((uri) => ({
    name: fileName(uri),
    key: uri.toString(),
    read: () => services.pictures.read(uri),
  }));
}

/** `replace` shows the text before it is written. */
type AltAction = "write" | "refine" | "replace";

/** What is to be done, when there is something already; undefined for nothing. */
async function actionFor({ reference }: DocumentImage): Promise<AltAction | undefined> {
  const title = vscode.l10n.t("Generate alt text");
  switch (altOwner(reference)) {
    case "nobody":
    case "program":
    case "attribute":
      return "write";
    case "decorative": {
      const choices: Choice<"write" | undefined>[] = [
        { label: vscode.l10n.t("Keep it decorative"), value: undefined },
        { label: vscode.l10n.t("Generate a text"), value: "write" },
      ];
      const placeholder = vscode.l10n.t("This picture is marked as decorative");
      return chooseOne(choices, { title, placeholder });
    }
    case "person": {
      const choices: Choice<AltAction | undefined>[] = [
        { label: vscode.l10n.t("Keep the text"), value: undefined },
        { label: vscode.l10n.t("Refine the text…"), value: "refine" },
        { label: vscode.l10n.t("Replace the text…"), value: "replace" },
      ];
      const placeholder = vscode.l10n.t("Now: {0}", reference.alt ?? "");
      return chooseOne(choices, { title, placeholder });
    }
  }
}

async function mayRemove(alt: string): Promise<boolean> {
  const choices: Choice<boolean>[] = [
    { label: vscode.l10n.t("Keep the text"), value: false },
    { label: vscode.l10n.t("Remove the text"), value: true },
  ];
  const title = vscode.l10n.t("Mark as decorative");
  const placeholder = vscode.l10n.t("Now: {0}", alt);
  return (await chooseOne(choices, { title, placeholder })) === true;
}

/** @throws AppError `document.notEditable` when the picture cannot have a caption where it stands. */
async function captionStyleFor({
  found,
  reference,
}: DocumentImage): Promise<CaptionStyle | undefined> {
  const styles = captionStyles(reference);
  const [first, second] = styles;
  // Fails with the reason before the model is asked.
  if (first === undefined) insertCaption(found.text, reference, { caption: "." });
  if (second === undefined) return first;
  const choices = styles.map((value): Choice<CaptionStyle> => ({ ...styleLabel(value), value }));
  return chooseOne(choices, { title: vscode.l10n.t("Insert caption") });
}

function styleLabel(style: CaptionStyle): vscode.QuickPickItem {
  switch (style) {
    case "title":
      return {
        label: vscode.l10n.t("Title"),
        description: vscode.l10n.t("in quotes behind the address; shown on hover or below"),
      };
    case "emphasis":
      return {
        label: vscode.l10n.t("Line in italics"),
        description: vscode.l10n.t("below the picture, shown everywhere"),
      };
    case "figcaption":
      return { label: vscode.l10n.t("Caption of a figure"), description: "<figcaption>" };
    case "own":
      return { label: vscode.l10n.t("Caption of a figure"), description: "" };
  }
}

/** What would be replaced, as it is written; empty when nothing would be. */
function captionText({ found, reference }: DocumentImage, style: CaptionStyle): string {
  const slot = reference.captionSlot;
  const span =
    slot.form === "figure"
      ? slot.caption
      : slot.form === "markdown" && style === "title"
        ? slot.title
        : null;
  return span === null ? "" : found.text.slice(span.start, span.end).trim();
}

interface NamedText {
  /** Of the picture's file. */
  readonly name: string;
  readonly text: string;
}

interface PictureTexts {
  readonly texts: readonly NamedText[];
  /** Of the first picture without a text; the others are described nevertheless. */
  readonly failure: AppError | undefined;
}

/** @throws AppError `request.cancelled`. */
async function describePictures(
  services: Services,
  sources: readonly Source[],
): Promise<PictureTexts> {
  const texts: NamedText[] = [];
  const { failure, stop } = await describeInTurn(services, sources, {
    keyOf: ({ key }) => key,
    read: ({ read }) => read(),
    words: ({ name }) => name,
    onDescribed: ({ picture: { name }, ...described }) => {
      if (described.error === undefined) texts.push({ name, text: described.alt });
    },
  });
  if (isCancelled(stop)) throw stop;
  return { texts, failure: failure ?? stop };
}

/** One text alone; several with their pictures' names before them, as a spreadsheet takes them. */
async function copy(texts: readonly NamedText[]): Promise<void> {
  const [first] = texts;
  const isOne = texts.length === 1 && first !== undefined;
  const rows = texts.map(({ name, text }) => [name, text]);
  await vscode.env.clipboard.writeText(isOne ? first.text : spreadsheetText(rows));
  showStatus(
    isOne
      ? vscode.l10n.t("Copied: {0}", first.text)
      : vscode.l10n.t("Copied {0} alt texts", texts.length),
  );
}
