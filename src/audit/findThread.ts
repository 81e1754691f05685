/** Entry of a thread that finds the pictures of long documents, so that nobody who types waits for a parser. */

import { parentPort } from "node:worker_threads";
import type { ImageReference } from "../alt/imageReference";
import type { AltLanguage } from "../alt/languages";
import { AppError, type WireError } from "../base/errors";
import { finderIn, type PicturedDocument } from "./documentPictures";

export interface FindRequest {
  readonly id: number;
  readonly document: PicturedDocument;
  /** In which the site around it reads the document. */
  readonly siteLanguage: AltLanguage;
}

export type FindReply = { readonly id: number } & (
  { readonly references: readonly ImageReference[] } | { readonly error: WireError }
);

const port = parentPort;
port?.on("message", (request: FindRequest) => {
  port.postMessage(answerTo(request));
});

function answerTo({ id, document, siteLanguage }: FindRequest): FindReply {
  try {
    return { id, references: finderIn(document, siteLanguage)(document.text) };
  } catch (thrown) {
    return { id, error: AppError.from(thrown).toWire() };
  }
}
