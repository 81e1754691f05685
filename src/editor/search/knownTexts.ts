/** What people have written about the pictures of the workspace, gathered from its documents. */

import * as vscode from "vscode";
import { AppError, throwIfAborted } from "../../base/errors";
import { mayHaveImages } from "../../alt/formats/findContext";
import { languageOfDocument } from "../../alt/languages";
import { resolveTarget } from "../../alt/resolve/resolveTarget";
import { altOwner } from "../../host/documents/altPlan";
import type { PictureText } from "../../host/search/literalMatches";
import { contextOf } from "../documents/altContext";
import { placeOfTarget } from "../documents/altPicture";
import { openAt, textOf } from "../documents/documentTexts";
import { documentsBelow } from "../documents/folderDocuments";
import { ListedLookup } from "../pictures/fileLookup";
import { componentsFor, finderFor } from "../queue/reviewFinder";
import type { Services } from "../shell/services";

/** Documents that are read at once. */
const AT_ONCE = 16;

interface KnownDocument {
  /** Another one means that it has changed. */
  readonly stamp: string;
  readonly texts: readonly PictureText[];
}

/** One for a window: only what has changed is read again. */
export class KnownTexts {
  readonly #services: Services;
  #documents = new Map<string, KnownDocument>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** A document that cannot be read has none; the log says so. @throws AppError `request.cancelled`. */
  async gather(signal: AbortSignal): Promise<readonly PictureText[]> {
    const lookup = new ListedLookup();
    const documents = new Map<string, KnownDocument>();
    for (const { uri: folder } of vscode.workspace.workspaceFolders ?? []) {
      const found = await documentsBelow(folder, signal);
      for (let begin = 0; begin < found.documents.length; begin += AT_ONCE) {
        throwIfAborted(signal);
        const uris = found.documents.slice(begin, begin + AT_ONCE);
        const known = await Promise.all(uris.map((uri) => this.#documentAt(uri, lookup)));
        for (const [i, uri] of uris.entries()) {
          const document = known[i];
          if (document !== undefined) documents.set(uri.toString(), document);
        }
      }
    }
    this.#documents = documents;
    return [...documents.values()].flatMap(({ texts }) => texts);
  }

  async #documentAt(uri: vscode.Uri, lookup: ListedLookup): Promise<KnownDocument | undefined> {
    try {
      const stamp = await stampOf(uri);
      const before = this.#documents.get(uri.toString());
      if (before?.stamp === stamp) return before;
      return { stamp, texts: await this.#textsIn(uri, lookup) };
    } catch (thrown) {
      this.#services.log.debug(AppError.from(thrown).message);
      return undefined;
    }
  }

  async #textsIn(uri: vscode.Uri, lookup: ListedLookup): Promise<readonly PictureText[]> {
    const language = languageOfDocument(openAt(uri)?.languageId ?? "", uri.path);
    const text = await textOf(this.#services, uri);
    if (text instanceof AppError) throw text;
    const document = { uri, getText: () => text };
    if (language === undefined) return [];
    if (!mayHaveImages(text, await componentsFor(this.#services, document))) return [];
    const find = await finderFor(this.#services, { document, language, lookup });
    const context = contextOf(this.#services, document, lookup);
    const texts: PictureText[] = [];
    for (const reference of find(text)) {
      const { alt } = reference;
      if (alt === null || alt.trim() === "" || altOwner(reference) !== "person") continue;
      const resolved = await resolveTarget(reference, context);
      if (resolved.kind !== "file") continue;
      const place = placeOfTarget(resolved, { document, reference });
      if (place.kind === "file") texts.push({ file: place.uri.fsPath, text: alt });
    }
    return texts;
  }
}

async function stampOf(uri: vscode.Uri): Promise<string> {
  const open = openAt(uri);
  if (open !== undefined) return `version ${open.version}`;
  const { mtime, size } = await vscode.workspace.fs.stat(uri);
  return `${mtime} ${size}`;
}
