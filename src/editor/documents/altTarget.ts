/** Which picture a command is about: the one that its argument names, or the one at the cursor. */

import * as vscode from "vscode";
import { findMarked, markOf, type ImageMark } from "../../host/documents/altPlan";
import { isPictureName } from "../../model/ask/pictureNames";
import { changedDocument, findInDocument, imageAtCursor, type DocumentImage } from "./altDocument";
import { notAPicture } from "../pictures/readPictures";
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
