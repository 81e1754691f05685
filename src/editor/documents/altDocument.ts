/** The pictures of an open document: finding them, finding them again after a change, changing them. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import type { ImageReference, TextEdit, TextSpan } from "../../alt/imageReference";
import { applyEdits } from "../../alt/textEdit";
import { type AltLanguage, languageOfDocument } from "../../alt/languages";
import type { PicturedDocument } from "../../audit/documentPictures";
import {
  findAgain,
  imageTouching,
  isWorthSearching,
  type FoundImages,
} from "../../host/documents/altPlan";
import { projectComponents } from "../audit/projectConfigs";
import { siteLanguage } from "./altContext";
import type { Services } from "../shell/services";
import { stepDone } from "../shell/steps";

/** One picture of a document as it was when somebody looked. */
export interface DocumentImage {
  readonly document: vscode.TextDocument;
  readonly found: FoundImages;
  readonly reference: ImageReference;
}

/**
 * The picture whose reference holds the cursor or touches the selection; undefined when there is none.
 * @throws AppError as `findInDocument`.
 */
export async function imageAtCursor(
  services: Services,
  editor: vscode.TextEditor,
): Promise<DocumentImage | undefined> {
  const { document, selection } = editor;
  return imageAt(await findInDocument(services, document), document, selection);
}

/** The picture of a document that a range touches. */
export function imageAt(
  found: FoundImages,
  document: vscode.TextDocument,
  range: vscode.Range,
): DocumentImage | undefined {
  const span = { start: document.offsetAt(range.start), end: document.offsetAt(range.end) };
  const reference = imageTouching(found.references, span);
  return reference === undefined ? undefined : { document, found, reference };
}

/**
 * All pictures of a document, found once for each version of it; none where there is no finder for its language or its file's name.
 * @throws AppError `document.tooLarge`, `document.unparsable`.
 */
export async function findInDocument(
  { settings }: Pick<Services, "settings">,
  document: vscode.TextDocument,
): Promise<FoundImages> {
  const language = languageOfDocument(document.languageId, document.uri.path);
  if (language === undefined) return { text: document.getText(), references: [] };
  const components = await componentsOf({ settings }, document);
  const key = `${document.version} ${language} ${components.join(" ")}`;
  const known = searches.get(document);
  if (known?.key === key) return known.found;
  const text = document.getText();
  const name = fileName(document.uri);
  const found = siteLanguage({ settings }, document, language)
    .then((read) => referencesIn({ text, language, name, components }, read))
    .then((references) => ({ text, references }));
  searches.set(document, { key, found });
  return found;
}

/** UTF-16 units from which on a parser in this thread would be felt. */
export const MIN_LONG_UNITS = 20_000;

/** Finds the pictures of long documents elsewhere. @throws AppError as `findImages`. */
export interface LongFinder {
  find(document: PicturedDocument, read: AltLanguage): Promise<readonly ImageReference[]>;
}

let thread: LongFinder | undefined;

/** From now on long documents are read by a thread; without one here. */
export function readLongIn(next: LongFinder | undefined): void {
  thread = next;
}

async function referencesIn(
  document: PicturedDocument,
  read: AltLanguage,
): Promise<readonly ImageReference[]> {
  if (thread !== undefined && document.text.length >= MIN_LONG_UNITS) {
    return thread.find(document, read);
  }
  const { finderIn } = await import("../../audit/documentPictures");
  return finderIn(document, read)(document.text);
}

/**
 * The pictures of a document for what nobody asked for, such as a lightbulb: undefined where looking
 * would be felt, and where the document is not well formed while somebody types.
 */
export async function findQuietly(
  services: Pick<Services, "settings" | "log">,
  document: vscode.TextDocument,
): Promise<FoundImages | undefined> {
  const components = await componentsOf(services, document);
  if (!isWorthSearching(document.getText(), components)) return undefined;
  try {
    return await findInDocument(services, document);
  } catch (thrown) {
    services.log.debug(AppError.from(thrown).message);
    return undefined;
  }
}

/** Names of tags that show a picture, as the user and the document's project have them. */
async function componentsOf(
  services: Pick<Services, "settings">,
  { uri }: vscode.TextDocument,
): Promise<readonly string[]> {
  const own = services.settings.altComponents(uri);
  return [...own, ...(await projectComponents(services, uri))];
}

/** What is to be written for one picture. */
export interface ImageChange {
  readonly image: DocumentImage;
  /** Edits for the picture in the document's text as it is by then. */
  readonly edits: EditsFor;
}

type EditsFor = (text: string, reference: ImageReference) => readonly TextEdit[];

/** As an `ImageChange`, for one whose document's text was not kept. */
export interface PendingChange {
  readonly again: (current: FoundImages) => ImageReference | undefined;
  readonly edits: EditsFor;
}

/**
 * Changes pictures of one document in one step of undo. A picture is found again when the document
 * changed since; nothing is written when one cannot be.
 * @throws AppError `document.changed`, `document.unwritable`, or as the edits.
 */
export async function changeImages(
  services: Services,
  changes: readonly ImageChange[],
): Promise<void> {
  const [first] = changes;
  if (first === undefined) return;
  const document = await openAgain(first.image.document);
  const edit = new vscode.WorkspaceEdit();
  const late = changes.map(({ image, edits }): PendingChange => {
    const again = (current: FoundImages): ImageReference | undefined =>
      findAgain(image.reference, image.found, current);
    return { again, edits };
  });
  const edited = await addEdits(services, edit, { document, changes: late });
  await applyEditTo(edit, [edited]);
}

/** A document, and what its text was when the edits were made for it. */
export interface EditedDocument {
  readonly document: vscode.TextDocument;
  readonly text: string;
}

/**
 * Adds what is to be written in one document to an edit, all of it or nothing.
 * @throws AppError `document.changed`, or as the edits.
 */
export async function addEdits(
  services: Pick<Services, "settings">,
  edit: vscode.WorkspaceEdit,
  { document, changes }: { document: vscode.TextDocument; changes: readonly PendingChange[] },
): Promise<EditedDocument> {
  const current = await findInDocument(services, document);
  const made = changes.flatMap(({ again, edits }) => {
    const reference = again(current);
    if (reference === undefined) throw changedDocument(document);
    return edits(current.text, reference);
  });
  for (const { start, end, newText } of made) {
    edit.replace(document.uri, rangeOf(document, { start, end }), newText);
  }
  return { document, text: current.text };
}

/**
 * Writes an edit that was made for documents.
 * @throws AppError `document.changed`, `document.unwritable`.
 */
export async function applyEditTo(
  edit: vscode.WorkspaceEdit,
  documents: readonly EditedDocument[],
  metadata?: vscode.WorkspaceEditMetadata,
): Promise<void> {
  if (edit.size === 0) return;
  if (await vscode.workspace.applyEdit(edit, metadata)) return;
  const changed = documents.find(({ document, text }) => document.getText() !== text);
  if (changed !== undefined) throw changedDocument(changed.document);
  const names = documents.map(({ document }) => fileName(document.uri)).join(", ");
  throw new AppError(
    "document.unwritable",
    vscode.l10n.t("{0} cannot be changed. It may be read-only.", names),
  );
}

/**
 * Writes the alternative text of a picture.
 * @returns the picture with its new text; undefined when the document has changed again already.
 * @throws AppError as `changeImages`, `setAlt`.
 */
export async function writeAlt(
  services: Services,
  image: DocumentImage,
  alt: string,
): Promise<DocumentImage | undefined> {
  const { setAlt } = await import("../../alt/edit/editAlt");
  let expected = "";
  let start = -1;
  const edits = (text: string, reference: ImageReference): readonly TextEdit[] => {
    const made = setAlt(text, reference, alt);
    expected = applyEdits(text, made);
    // The edits lie within the reference, so it begins where it began.
    start = reference.span.start;
    return made;
  };
  await changeImages(services, [{ image, edits }]);
  stepDone("alt");
  const { document } = image;
  if (document.getText() !== expected) return undefined;
  const found = await findInDocument(services, document);
  const reference = found.references.find(({ span }) => span.start === start);
  return reference === undefined ? undefined : { document, found, reference };
}

/** A stretch of the document's present text. */
export function rangeOf(document: vscode.TextDocument, { start, end }: TextSpan): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}

/** What to call a document or a picture in a sentence. */
export function fileName(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf("/") + 1);
}

interface Search {
  readonly key: string;
  readonly found: Promise<FoundImages>;
}

/** The last search of each open document; it goes when the document does. */
const searches = new WeakMap<vscode.TextDocument, Search>();

/** Its tab may have been closed while the model was thinking. */
async function openAgain(document: vscode.TextDocument): Promise<vscode.TextDocument> {
  return document.isClosed ? openDocument(document.uri) : document;
}

/** A document as it is now. @throws AppError `document.changed` when it is gone. */
export async function openDocument(uri: vscode.Uri): Promise<vscode.TextDocument> {
  try {
    return await vscode.workspace.openTextDocument(uri);
  } catch (cause) {
    const name = fileName(uri);
    const text = vscode.l10n.t("{0} cannot be opened any more, so nothing was written.", name);
    throw new AppError("document.changed", text, { cause });
  }
}

/** `document.changed`: which of its pictures was meant cannot be told any more. */
export function changedDocument(document: vscode.TextDocument): AppError {
  return new AppError(
    "document.changed",
    vscode.l10n.t(
      "{0} changed while the picture was looked at, so nothing was written. Try again.",
      fileName(document.uri),
    ),
  );
}
