/** The pictures of a document, in every language that has a finder. */

import { AppError } from "../../base/errors";
import { documentError } from "../documentError";
import { ALT_FORMATS } from "./formatTable";
import { hasMark } from "./canHaveImages";
import { DEFAULT_COMPONENTS, type FindContext } from "./findContext";
import { FINDERS } from "./finders";
import type { AltSlot, CaptionSlot, ImageReference, TextSpan } from "../imageReference";
import type { AltLanguage } from "../languages";
import { importedNames } from "./script/importedNames";
import { withoutCopies } from "./html/noscriptCopies";
import { hasPugImages } from "./components/pugTemplate";

export interface FindOptions {
  /** Names of components that show a picture. @default DEFAULT_COMPONENTS */
  readonly components?: readonly string[];
  /** What an error message calls the document. @default "The document" */
  readonly name?: string;
}

/** Documents that people write are far smaller; Markdown of this length takes seconds (measured). */
export const MAX_DOCUMENT_UNITS = 1 << 20;

/**
 * Finds every picture that a document refers to, in the order of the text. A mistake in the document
 * costs the place that it is in, and a document that cannot show a picture is never refused.
 * @throws AppError `document.tooLarge`, or `document.unparsable` where nobody can tell where a tag
 * begins.
 */
export function findImages(
  text: string,
  language: AltLanguage,
  options: FindOptions = {},
): ImageReference[] {
  const name = options.name ?? "The document";
  const known = options.components ?? DEFAULT_COMPONENTS;
  const imported = text.includes("import") ? importedNames(text, known) : undefined;
  const components = imported === undefined ? known : [...known, ...imported.components];
  if (language === "vue" && hasPugImages(text)) {
    throw documentError(
      "document.unparsable",
      `${name} has a template in Pug, which is not searched for pictures. Describe its pictures by hand.`,
    );
  }
  if (!hasMark(text, language, components)) return [];
  if (text.length > MAX_DOCUMENT_UNITS) {
    throw documentError(
      "document.tooLarge",
      `${name} has ${text.length} characters, more than the ${MAX_DOCUMENT_UNITS} that are searched for pictures. Split it.`,
    );
  }
  // A byte order mark is no part of any language, and some of the parsers drop it.
  const markLength = text.startsWith("\ufeff") ? 1 : 0;
  const context: FindContext = {
    text: text.slice(markLength),
    language,
    components,
    ...(imported === undefined ? {} : { native: imported.native }),
  };
  const found = parsed(context, name).sort((a, b) => a.span.start - b.span.start);
  const images = withoutCopies(context.text, found);
  return markLength === 0 ? images : images.map((image) => shiftImage(image, markLength));
}

function parsed(context: FindContext, name: string): ImageReference[] {
  try {
    return FINDERS[context.language](context);
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    // What a parser says is about its grammar and its settings, and helps nobody else.
    throw documentError(
      "document.unparsable",
      thrown instanceof RangeError
        ? `${name} is nested too deeply to be searched for pictures. Split it.`
        : `${name} cannot be searched for pictures, because it is not well-formed ${ALT_FORMATS[context.language].label}. Correct it, then try again.`,
      thrown,
    );
  }
}

function shiftImage(image: ImageReference, by: number): ImageReference {
  const { altSpan, copySlots, embedded } = image;
  return {
    ...image,
    ...(copySlots === undefined
      ? {}
      : { copySlots: copySlots.map((slot) => shiftAltSlot(slot, by)) }),
    ...(embedded === undefined
      ? {}
      : { embedded: { ...embedded, offsets: embedded.offsets.map((at) => at + by) } }),
    span: shiftSpan(image.span, by),
    altSpan: altSpan === null ? null : shiftSpan(altSpan, by),
    altSlot: shiftAltSlot(image.altSlot, by),
    captionSlot: shiftCaptionSlot(image.captionSlot, by),
  };
}

function shiftAltSlot(slot: AltSlot, by: number): AltSlot {
  switch (slot.form) {
    case "none":
      return slot;
    case "attribute":
    case "wikilink":
      return { ...slot, span: shiftSpan(slot.span, by) };
    case "markdown": {
      const edit = slot.referenceEdit;
      const referenceEdit = edit === null ? null : { ...edit, ...shiftSpan(edit, by) };
      return { ...slot, label: shiftSpan(slot.label, by), referenceEdit };
    }
  }
}

function shiftCaptionSlot(slot: CaptionSlot, by: number): CaptionSlot {
  if (slot.form === "none") return slot;
  if (slot.form === "own") return { ...slot, span: shiftSpan(slot.span, by) };
  if (slot.form === "markdown") {
    return { ...slot, title: slot.title === null ? null : shiftSpan(slot.title, by) };
  }
  return {
    ...slot,
    element: shiftSpan(slot.element, by),
    caption: slot.caption === null ? null : shiftSpan(slot.caption, by),
    figureEnd: slot.figureEnd === null ? null : slot.figureEnd + by,
  };
}

function shiftSpan({ start, end }: TextSpan, by: number): TextSpan {
  return { start: start + by, end: end + by };
}
