/** Pictures that are pasted or dropped into Markdown: a reference at once, its text when it is there. */

import { createHash } from "node:crypto";
import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { freeName, insertedAt, markdownImage, urisInList } from "../../host/documents/pastePlan";
import { isPictureName, PASTED_TYPES } from "../../model/ask/pictureNames";
import type { Picture } from "../../host/pictures/picture";
import { describeInTurn, showStatus } from "../documents/altDescribing";
import { fileName, findInDocument, writeAlt, type DocumentImage } from "../documents/altDocument";
import { PASTE_KIND } from "./altKinds";
import type { Services } from "../shell/services";
import { languageAround, showNotesOnce } from "../review/writingNotes";
import { searchPlaces } from "../indexing/searchPlaces";

/**
 * Whoever copies from a program that also gives a bitmap of the text means the text, and a notebook
 * keeps its pictures itself. What inserts the words "alt text" is what this stands in for.
 */
const YIELD_TO: readonly vscode.DocumentDropOrPasteEditKind[] = [
  vscode.DocumentDropOrPasteEditKind.Text,
  vscode.DocumentDropOrPasteEditKind.Empty.append("markdown", "link", "image", "attachment"),
];
/** How long a paste that was offered may take to happen; it may wait for a choice. In ms. */
const PASTE_MS = 60_000;

/** A paste waits no longer for the files that are there already, in ms. */
const LOOK_MS = 1500;

/** Offers pictures that are pasted or dropped, and gives texts to those that were taken. */
export class AltPaste implements vscode.Disposable {
  readonly #services: Services;
  readonly #watches: InsertionWatches;

  constructor(services: Services) {
    this.#services = services;
    this.#watches = new InsertionWatches(services);
  }

  async pasteEdits(paste: Paste): Promise<vscode.DocumentPasteEdit[] | undefined> {
    const offers = await this.#offers(paste);
    return offers?.map((offer) => {
      const edit = new vscode.DocumentPasteEdit(offer.text, offer.title, PASTE_KIND);
      edit.yieldTo = YIELD_TO;
      edit.additionalEdit = offer.newFiles;
      return edit;
    });
  }

  async dropEdits(paste: Paste): Promise<vscode.DocumentDropEdit[] | undefined> {
    const offers = await this.#offers(paste);
    return offers?.map((offer) => {
      const edit = new vscode.DocumentDropEdit(offer.text, offer.title, PASTE_KIND);
      edit.yieldTo = YIELD_TO;
      edit.additionalEdit = offer.newFiles;
      return edit;
    });
  }

  dispose(): void {
    this.#watches.dispose();
  }

  /** The first is what happens without a choice. */
  async #offers(paste: Paste): Promise<readonly Offer[] | undefined> {
    const offer = await offerFor(this.#services, paste);
    if (offer === undefined) return undefined;
    const known = await knownOffer(this.#services, paste.document, offer);
    const offers = known === undefined ? [offer] : [known, offer];
    for (const one of offers) this.#watches.add(paste.document, one);
    return offers;
  }
}

/** A picture that is about to be in the document. */
interface PastedPicture {
  readonly uri: vscode.Uri;
  /** The bytes do not wait for the file, which the paste writes last. */
  readonly read: () => Promise<Picture>;
  /** The file is written by the paste. */
  readonly isNew?: true;
}

interface Offer {
  /** For people who choose among several. */
  readonly title: string;
  /** What is inserted. */
  readonly text: string;
  /** In the order of the text. */
  readonly pictures: readonly PastedPicture[];
  readonly newFiles: vscode.WorkspaceEdit;
}

/** What is pasted or dropped, and where. */
export interface Paste {
  readonly document: vscode.TextDocument;
  readonly transfer: vscode.DataTransfer;
  readonly token: vscode.CancellationToken;
}

/** Undefined for whatever other providers know better. */
async function offerFor(services: Services, paste: Paste): Promise<Offer | undefined> {
  const { document, token } = paste;
  // These have no folder in which a picture could lie beside them.
  if (["untitled", "vscode-notebook-cell"].includes(document.uri.scheme)) return undefined;
  const newFiles = new vscode.WorkspaceEdit();
  const files = await filesOf(services, paste, newFiles);
  const pictures = files.length > 0 ? files : await listedPictures(services, paste);
  if (pictures.length === 0 || token.isCancellationRequested) return undefined;
  const title = vscode.l10n.t("Insert picture with alt text");
  return { title, text: textOf(document, pictures), pictures, newFiles };
}

function textOf({ uri: own }: vscode.TextDocument, pictures: readonly PastedPicture[]): string {
  const folder = vscode.Uri.joinPath(own, "..").path;
  return pictures.map(({ uri }) => markdownImage(folder, uri.path)).join(" ");
}

/** The same pictures as files that are in the workspace already; undefined unless all of them are. */
async function knownOffer(
  services: Services,
  document: vscode.TextDocument,
  { pictures }: Offer,
): Promise<Offer | undefined> {
  if (!pictures.some(({ isNew }) => isNew === true)) return undefined;
  try {
    const signal = AbortSignal.timeout(LOOK_MS);
    const known: PastedPicture[] = [];
    for (const picture of pictures) {
      const uri = picture.isNew === true ? await sameFile(services, picture, signal) : picture.uri;
      if (uri === undefined) return undefined;
      known.push(fileAt(services, uri));
    }
    const [first] = known;
    const name = first === undefined ? "" : vscode.workspace.asRelativePath(first.uri);
    const title = vscode.l10n.t("Insert {0}, which is the same picture", name);
    const text = textOf(document, known);
    return { title, text, pictures: known, newFiles: new vscode.WorkspaceEdit() };
  } catch (thrown) {
    services.log.debug(AppError.from(thrown).message);
    return undefined;
  }
}

async function sameFile(
  { engine }: Services,
  picture: PastedPicture,
  signal: AbortSignal,
): Promise<vscode.Uri | undefined> {
  const { bytes } = await picture.read();
  const digest = createHash("sha256").update(bytes).digest("hex");
  const params = { ...searchPlaces(), digest, size: bytes.length };
  const { files } = await engine.call("samePictures", params, { signal });
  return files[0] === undefined ? undefined : vscode.Uri.file(files[0]);
}

/** Bitmaps and files from outside the editor; what is in no workspace folder is copied. */
async function filesOf(
  services: Services,
  { document, transfer }: Paste,
  newFiles: vscode.WorkspaceEdit,
): Promise<readonly PastedPicture[]> {
  const pictures: PastedPicture[] = [];
  const taken = new Set<string>();
  for (const [type, item] of transfer) {
    const file = PASTED_TYPES.includes(type) ? item.asFile() : undefined;
    if (file === undefined) continue;
    if (file.uri !== undefined && isBeside(file.uri, document)) {
      pictures.push(fileAt(services, file.uri));
      continue;
    }
    // Asked for now, because the clipboard's files are gone once the paste is done.
    const data = Promise.resolve(file.data());
    data.catch(() => undefined);
    const uri = await freeUri({ name: file.name, type }, document, taken);
    if (uri === undefined) continue;
    newFiles.createFile(uri, { contents: file });
    const read = async (): Promise<Picture> => ({
      name: fileName(uri),
      bytes: await data,
      uri: uri.toString(),
    });
    pictures.push({ uri, read, isNew: true });
  }
  return pictures;
}

/** Files that are named rather than brought, as from the Explorer; all must be pictures. */
async function listedPictures(
  services: Services,
  { document, transfer }: Paste,
): Promise<readonly PastedPicture[]> {
  const list = urisInList((await transfer.get("text/uri-list")?.asString()) ?? "");
  const uris = list.flatMap((entry) => parsedUri(entry) ?? []);
  const isOurs =
    uris.length > 0 &&
    uris.length === list.length &&
    uris.every((uri) => isPictureName(uri.path) && isSameSystem(uri, document.uri));
  return isOurs ? uris.map((uri) => fileAt(services, uri)) : [];
}

function fileAt({ pictures }: Services, uri: vscode.Uri): PastedPicture {
  return { uri, read: () => pictures.read(uri) };
}

function parsedUri(text: string): vscode.Uri | undefined {
  try {
    return vscode.Uri.parse(text, true);
  } catch {
    return undefined;
  }
}

function isSameSystem(uri: vscode.Uri, other: vscode.Uri): boolean {
  return uri.scheme === other.scheme && uri.authority === other.authority;
}

function isBeside(uri: vscode.Uri, document: vscode.TextDocument): boolean {
  const isKnown = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  return isKnown && isSameSystem(uri, document.uri);
}

async function freeUri(
  wished: { readonly name: string; readonly type: string },
  document: vscode.TextDocument,
  taken: Set<string>,
): Promise<vscode.Uri | undefined> {
  const at = (name: string): vscode.Uri => vscode.Uri.joinPath(document.uri, "..", name);
  const isTaken = async (name: string): Promise<boolean> =>
    taken.has(name) ||
    vscode.workspace.fs.stat(at(name)).then(
      () => true,
      () => false,
    );
  const name = await freeName(wished, isTaken);
  if (name === undefined) return undefined;
  taken.add(name);
  return at(name);
}

/** Waits for offers to be taken; an editor does not tell which of several it used. */
class InsertionWatches implements vscode.Disposable {
  readonly #services: Services;
  readonly #open = new Set<vscode.Disposable>();

  constructor(services: Services) {
    this.#services = services;
  }

  add(document: vscode.TextDocument, offer: Offer): void {
    const changes = vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document !== document) return;
      const starts = insertedAt(event.contentChanges, offer.text);
      if (starts.length === 0) return;
      watch.dispose();
      void this.#services.notices.guard(() => fillIn(this.#services, document, { offer, starts }));
    });
    const timer = setTimeout(() => {
      watch.dispose();
    }, PASTE_MS);
    const watch = new vscode.Disposable(() => {
      clearTimeout(timer);
      changes.dispose();
      this.#open.delete(watch);
    });
    this.#open.add(watch);
  }

  dispose(): void {
    for (const watch of this.#open) watch.dispose();
  }
}

/** Writes texts where the pasted references still have none. */
async function fillIn(
  services: Services,
  document: vscode.TextDocument,
  { offer, starts }: { readonly offer: Offer; readonly starts: readonly number[] },
): Promise<void> {
  const found = await findInDocument(services, document);
  const pasted = starts.map((start) =>
    found.references.filter(
      ({ span }) => span.start >= start && span.end <= start + offer.text.length,
    ),
  );
  const pictures = offer.pictures
    .map((picture, index) => ({
      picture,
      images: pasted.flatMap((references) => references[index] ?? []),
    }))
    .filter(({ images }) => images.length > 0);
  const { failure, stop } = await describeInTurn(services, pictures, {
    keyOf: ({ picture }) => picture.uri.toString(),
    read: ({ picture }) => picture.read(),
    words: ({ picture }) => fileName(picture.uri),
    onDescribed: async ({ picture: { images }, ...described }) => {
      if (described.error !== undefined) return;
      for (const reference of images) {
        await writeOffered(services, { document, found, reference }, described.alt);
      }
    },
  });
  const error = failure ?? stop;
  if (error !== undefined) throw error;
}

async function writeOffered(services: Services, image: DocumentImage, alt: string): Promise<void> {
  try {
    await writeAlt(services, image, alt);
    showStatus(vscode.l10n.t("Alt text: {0}", alt));
    showNotesOnce(services, [languageAround(image)]);
  } catch (thrown) {
    // Whoever wrote a text or took the picture out again meanwhile wants no other.
    if (!(thrown instanceof AppError) || thrown.code !== "document.changed") throw thrown;
    services.log.debug(thrown.message);
  }
}
