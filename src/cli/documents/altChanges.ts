/** New texts for the pictures of a document: into its text, and into its file. Knows no model. */

import { readableAlt, setAlt } from "../../alt/edit/editAlt";
import { DEFAULT_COMPONENTS } from "../../alt/formats/findContext";
import { findImages } from "../../alt/formats/findImages";
import type { ImageReference } from "../../alt/imageReference";
import { applyEdits } from "../../alt/textEdit";
import { AppError } from "../../base/errors";
import { readDocument, replaceDocument, type DocumentText } from "./altDocuments";
import { imagesOf, type AltSettings, type DocumentImage } from "./altImages";

/** A text that is about to be written. */
export interface Change {
  readonly image: DocumentImage;
  readonly alt: string;
}

export interface WrittenChanges {
  /** As it was before, and after. */
  readonly document: DocumentText;
  readonly text: string;
  readonly changes: readonly Change[];
}

/**
 * The document with the new texts, read back to be sure that they say what they should.
 * @throws AppError `internal` when they do not, or as `setAlt` and `findImages`; the document is then
 * left alone.
 */
export function changedText(
  document: DocumentText,
  changes: readonly Change[],
  settings: AltSettings,
): string {
  const edits = changes.flatMap(({ image, alt }) => setAlt(document.text, image.reference, alt));
  const text = applyEdits(document.text, edits);
  const before = findReferences(document, document.text, settings);
  const after = findReferences(document, text, settings);
  const altBySpan = new Map(
    changes.map(({ image: { reference }, alt }) => [
      reference.span.start,
      readableAlt(reference, alt),
    ]),
  );
  const isRight =
    before.length === after.length &&
    before.every(
      ({ span, alt }, index) => after[index]?.alt === (altBySpan.get(span.start) ?? alt),
    );
  if (!isRight) {
    throw new AppError(
      "internal",
      `${document.file} would not read back as it should, so it is left alone.`,
    );
  }
  return text;
}

function findReferences(
  { file: name, language }: DocumentText,
  text: string,
  { components }: AltSettings,
): ImageReference[] {
  return findImages(text, language, { components: [...DEFAULT_COMPONENTS, ...components], name });
}

/**
 * Writes the texts, all of them or none. A model takes minutes for a long document, and its author goes
 * on writing: then the texts go to the pictures that stand in the new document as they did, once more.
 * @throws AppError as `changedText`, `replaceDocument` and `readDocument`.
 */
export async function writeChanges(
  document: DocumentText,
  changes: readonly Change[],
  settings: AltSettings,
): Promise<WrittenChanges> {
  try {
    const text = changedText(document, changes, settings);
    await replaceDocument(document, text);
    return { document, changes, text };
  } catch (thrown) {
    if (AppError.from(thrown).code !== "document.changed") throw thrown;
    const now = await followed(document, changes, settings);
    if (now.changes.length === 0) throw thrown;
    const text = changedText(now.document, now.changes, settings);
    await replaceDocument(now.document, text);
    return { ...now, text };
  }
}

/** The changes as they are to be made in the document that is on the disk now. */
async function followed(
  document: DocumentText,
  changes: readonly Change[],
  settings: AltSettings,
): Promise<Omit<WrittenChanges, "text">> {
  const read = await readDocument(document, settings.components);
  const left = await imagesOf(read, settings);
  const now = { ...read, language: left[0]?.reference.language ?? document.language };
  const found = changes.flatMap(({ image, alt }) => {
    const source = sourceOf(document, image);
    const at = left.findIndex((other) => sourceOf(now, other) === source);
    const [same] = at < 0 ? [] : left.splice(at, 1);
    return same === undefined ? [] : [{ image: same, alt }];
  });
  return { document: now, changes: found };
}

/** How a picture stands in its document, and which file it is; two of the same get the same text. */
function sourceOf({ text }: DocumentText, { reference: { span }, row }: DocumentImage): string {
  return `${row.resolved ?? row.target}\n${text.slice(span.start, span.end)}`;
}
