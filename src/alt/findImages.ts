/** The pictures of a document, in every language that has a finder. */

import { AppError } from "../base/errors";
import { findAstroImages } from "./astroImages";
import { documentError } from "./documentError";
import { DEFAULT_COMPONENTS, type FindContext } from "./findContext";
import { findHtmlImages } from "./htmlImages";
import type { AltLanguage, AltSlot, CaptionSlot, ImageReference, TextSpan } from "./imageReference";
import { findJsxImages } from "./jsxImages";
import { findMarkdownImages } from "./markdownImages";
import { findMdxImages } from "./mdxImages";
import { findSvelteImages } from "./svelteImages";
import { findVueImages } from "./vueImages";

export interface FindOptions {
  /** Names of components that show a picture. @default DEFAULT_COMPONENTS */
  readonly components?: readonly string[];
  /** What an error message calls the document. @default "The document" */
  readonly name?: string;
}

/** Documents that people write are far smaller; Markdown of this length takes seconds (measured). */
export const MAX_DOCUMENT_UNITS = 1 << 20;

/**
 * Finds every picture that a document refers to, in the order of the text.
 * @throws AppError `document.tooLarge`, or `document.unparsable` when the document is not well formed
 * in its language.
 */
export function findImages(
  text: string,
  language: AltLanguage,
  options: FindOptions = {},
): ImageReference[] {
  const name = options.name ?? "The document";
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
    components: options.components ?? DEFAULT_COMPONENTS,
  };
  const images = parsed(context, name).sort((a, b) => a.span.start - b.span.start);
  return markLength === 0 ? images : images.map((image) => shiftImage(image, markLength));
}

function parsed(context: FindContext, name: string): ImageReference[] {
  try {
    return finderOf(context);
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    const isTooDeep = thrown instanceof RangeError;
    const reason = thrown instanceof Error ? (thrown.message.split("\n")[0] ?? "") : "";
    throw documentError(
      "document.unparsable",
      isTooDeep
        ? `${name} is nested too deeply to be searched for pictures. Split it.`
        : `${name} is not well-formed ${context.language}: ${reason.replace(/\.$/, "")}. Correct it, then try again.`,
      thrown,
    );
  }
}

function finderOf(context: FindContext): ImageReference[] {
  switch (context.language) {
    case "markdown":
      return findMarkdownImages(context);
    case "mdx":
      return findMdxImages(context);
    case "html":
      return findHtmlImages(context);
    case "jsx":
    case "tsx":
      return findJsxImages(context, context.language);
    case "vue":
      return findVueImages(context);
    case "svelte":
      return findSvelteImages(context);
    case "astro":
      return findAstroImages(context);
  }
}

function shiftImage(image: ImageReference, by: number): ImageReference {
  const { altSpan } = image;
  return {
    ...image,
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
