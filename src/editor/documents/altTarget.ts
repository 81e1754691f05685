/** Which picture a command is about: the one that its argument names, the one at the cursor, or a chosen one. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { findMarked, markOf, type ImageMark } from "../../host/documents/altPlan";
import { isPictureName } from "../../model/ask/pictureNames";
import {
  changedDocument,
  fileName,
  findInDocument,
  imageAtCursor,
  type DocumentImage,
} from "./altDocument";
import { notAPicture } from "../pictures/readPictures";
import { chooseOne, plainLabel, type Choice } from "../review/altChoice";
import { locationText } from "../review/altStrings";
import type { Services } from "../shell/services";

/** What lightbulbs and hovers give to commands; plain, because it passes through a link. */
export interface ImageArgument {
  readonly document: string;
  /** No offset: between the offer and the command the document may change above the picture. */
  readonly mark: ImageMark;
}

/** The argument that means this picture. */
export function imageArgument({ document, found, reference }: DocumentImage): ImageArgument {
  return { document: document.uri.toString(), mark: markOf(reference, found) };
}

/**
 * The picture in a document that a command is about; undefined when there is none at the cursor.
 * @param args what the command was called with; anything but an `ImageArgument` means the cursor.
 * @throws AppError as `findInDocument`; `document.changed` when the picture that an argument names
 * cannot be told any more.
 */
export async function imageFor(
  services: Services,
  args: readonly unknown[],
): Promise<DocumentImage | undefined> {
  const named = readArgument(args[0]);
  if (named === undefined) {
    const editor = vscode.window.activeTextEditor;
    return editor === undefined ? undefined : imageAtCursor(services, editor);
  }
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(named.document, true));
  const found = await findInDocument(services, document);
  const reference = findMarked(named.mark, found);
  if (reference === undefined) throw changedDocument(document);
  return { document, found, reference };
}

/**
 * As `imageFor`; away from any picture the person chooses one of the document's.
 * @throws AppError as `imageFor`; `document.missing` and `document.notEditable` where there is none to
 * choose, `request.cancelled` when none is chosen.
 */
export async function requireImage(
  services: Services,
  args: readonly unknown[],
): Promise<DocumentImage> {
  const image = await imageFor(services, args);
  if (image !== undefined) return image;
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined) {
    throw new AppError(
      "document.missing",
      vscode.l10n.t("No document is open. Open one that has pictures in it."),
    );
  }
  const found = await findInDocument(services, document);
  const choices = found.references.map((reference) => choiceOf({ document, found, reference }));
  if (choices.length === 0) {
    const text = vscode.l10n.t("There is no picture in {0}.", fileName(document.uri));
    throw new AppError("document.notEditable", text);
  }
  const title = vscode.l10n.t("There is no picture at the cursor. Which one is meant?");
  const chosen = await chooseOne(choices, { title });
  if (chosen === undefined) throw new AppError("request.cancelled", "No picture was chosen.");
  return chosen;
}

function choiceOf(image: DocumentImage): Choice<DocumentImage> {
  const label = plainLabel(locationText(image));
  return { label, description: plainLabel(image.reference.alt ?? ""), value: image };
}

/** The picture files that a menu gave to a command: several are in the second argument. */
export function pictureUris(args: readonly unknown[]): readonly vscode.Uri[] {
  const [first, all] = args;
  const uris = Array.isArray(all) && all.length > 0 ? (all as readonly unknown[]) : [first];
  return uris.filter(
    (uri): uri is vscode.Uri => uri instanceof vscode.Uri && isPictureName(uri.path),
  );
}

/** The editor's own preview, which shows more formats than can be read. */
const PREVIEW = "imagePreview.previewEditor";

/**
 * The picture of the active tab, when that is a preview of one.
 * @throws AppError `image.unreadable` for a preview of a format that cannot be read.
 */
export function previewedPicture(): vscode.Uri | undefined {
  const input: unknown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (!(input instanceof vscode.TabInputCustom)) return undefined;
  if (isPictureName(input.uri.path)) return input.uri;
  if (input.viewType === PREVIEW) throw notAPicture(input.uri);
  return undefined;
}

function readArgument(value: unknown): ImageArgument | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!("document" in value) || !("mark" in value)) return undefined;
  const { document, mark } = value;
  if (typeof document !== "string" || typeof mark !== "object" || mark === null) return undefined;
  const { look, index, count } = mark as Partial<Record<keyof ImageMark, unknown>>;
  if (typeof look !== "string" || typeof index !== "number" || typeof count !== "number") {
    return undefined;
  }
  return { document, mark: { look, index, count } };
}
