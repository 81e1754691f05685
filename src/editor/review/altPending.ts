/** From the references of a document to pictures that wait for a text: where each one lies. */

import { AppError } from "../../base/errors";
import type { ImageReference } from "../../alt/imageReference";
import type { FoundImages } from "../../host/documents/altPlan";
import type { PlacedDocument } from "../documents/altContext";
import type { ImageFailure } from "../documents/altFailures";
import { placeOf, refuseRemote } from "../documents/altPicture";
import type { PendingImage } from "./altReview";
import { lineText } from "./altStrings";
import type { FileLookup } from "../pictures/fileLookup";
import type { Services } from "../shell/services";
import type { PageLanguage } from "./writingNotes";

/** A reference of a document and how to find it again later. */
export interface Wanted {
  readonly reference: ImageReference;
  /** From zero. */
  readonly line: number;
  /** Of the page around it. */
  readonly language: PageLanguage;
  readonly again: (current: FoundImages) => ImageReference | undefined;
}

export interface PendingOfDocument {
  readonly images: PendingImage[];
  readonly failures: ImageFailure[];
}

/** Looks up where a picture lies, and adds it to those that wait or to those that failed. */
export async function addPending(
  services: Pick<Services, "settings">,
  { document, wanted, lookup }: { document: PlacedDocument; wanted: Wanted; lookup: FileLookup },
  to: PendingOfDocument,
): Promise<void> {
  const { reference, line, language, again } = wanted;
  const words = lineText(line, reference);
  const placed = { document, reference };
  const { uri } = document;
  try {
    const place = await placeOf(services, placed, lookup);
    if (place.kind === "remote") refuseRemote(services, placed, place.url);
    to.images.push({ uri, line, words, before: reference.alt, place, language, again });
  } catch (thrown) {
    to.failures.push({ image: { uri, line, words }, error: AppError.from(thrown) });
  }
}
