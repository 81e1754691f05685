/** The smallest edits that give a picture another alternative text. */

import { assertNever } from "../../base/assert";
import { documentError } from "../documentError";
import {
  attributeLiteral,
  escapeMarkdown,
  heardIn,
  listedAltText,
  oneLineText,
  shortcodeText,
  wikilinkText,
} from "./escape";
import { outerEdits } from "./embeddedEdits";
import type {
  AltObstacle,
  AltSlot,
  DecorativeObstacle,
  ImageReference,
  TextEdit,
} from "../imageReference";
import { unlikeSize } from "../wording/labelSize";
import { isWikilinkSize } from "../formats/markdown/wikilinkImages";

/**
 * Edits that set the alternative text; line breaks in it become spaces.
 * @param text the document that the reference was found in.
 * @returns nothing when the text is that already.
 * @throws AppError `document.notEditable` when something else decides the text, where it would not be
 * heard, and for a number in a wikilink, where it is a size.
 */
export function setAlt(text: string, reference: ImageReference, alt: string): TextEdit[] {
  const { embedded } = reference;
  if (embedded !== undefined) {
    return outerEdits(embedded, setAlt(embedded.text, embedded.reference, alt));
  }
  const value = readableAlt(reference, alt);
  if (reference.altState === "text" && reference.alt === value) return [];
  const { altSlot: slot, copySlots = [] } = reference;
  return [slot, ...copySlots].flatMap((each) => slotEdits(text, each, { reference, value }));
}

interface NewText {
  readonly reference: ImageReference;
  readonly value: string;
}

function slotEdits(text: string, slot: AltSlot, { reference, value }: NewText): TextEdit[] {
  switch (slot.form) {
    case "markdown": {
      // A size may stand right before.
      const isFree = " \t\r\n[".includes(text.charAt(slot.label.start - 1));
      const label = { ...slot.label, newText: (isFree ? "" : " ") + escapeMarkdown(value, slot) };
      return slot.referenceEdit === null ? [label] : [label, slot.referenceEdit];
    }
    case "attribute": {
      const newText = slot.prefix + attributeLiteral(value, slot) + (slot.suffix ?? "");
      if (IS_ITS_OWN.has(slot.dialect)) return [{ ...pick(slot.span), newText }];
      const isNested = slot.dialect === "shortcode" && slot.quote === "'";
      const isLast = slot.dialect === "braces" && text.charAt(slot.span.end) === "}";
      const edit = isNested || isLast ? newText : spaced(text, slot.span.end, newText);
      return [{ ...pick(slot.span), newText: edit }];
    }
    case "wikilink":
      if (isWikilinkSize(value)) {
        throw documentError(
          "document.notEditable",
          `A wikilink takes ${value} for a size. Give a text with words in it.`,
        );
      }
      return [{ ...pick(slot.span), newText: slot.prefix + value }];
    case "none":
      throw documentError(
        "document.notEditable",
        `The alt text of ${reference.target.value || "this picture"} ${altObstacleText(slot.obstacle)}`,
      );
    default:
      return assertNever(slot);
  }
}

/** Languages in which nothing is to stand between a text and what follows it. */
const IS_ITS_OWN: ReadonlySet<string> = new Set([
  ..."asciidoc rest latex typst org xml yaml r ruby learn".split(" "),
]);

/** What a text is read as once it is written: on one line, in a wikilink without its marks, and not as a size. */
export function readableAlt({ altSlot }: ImageReference, alt: string): string {
  const text = oneLineText(alt);
  if (altSlot.form === "markdown") return unlikeSize(text);
  if (altSlot.form === "attribute" && altSlot.dialect === "shortcode") {
    return shortcodeText(text, altSlot.quote);
  }
  if (altSlot.form === "attribute" && altSlot.dialect === "braces") {
    return listedAltText(text, altSlot);
  }
  if (altSlot.form === "attribute") return heardIn(text, altSlot);
  return altSlot.form === "wikilink" ? wikilinkText(text) : text;
}

function altObstacleText(obstacle: AltObstacle): string {
  switch (obstacle) {
    case "computed":
      return "is computed by the program. Change the expression by hand.";
    case "named":
      return "would not be heard, because an aria attribute names the picture. Change that one by hand.";
    case "hidden":
      return "would not be heard, because a role or attribute hides the picture. Take that away first.";
    case "place":
      return "has no place where the picture stands. Put the picture on a line of its own first.";
    case "template":
      return "has no safe place between the template's conditions. Write it by hand.";
  }
}

/** True when `setAlt` has a place for a text. */
export function canSetAlt({ altSlot }: ImageReference): boolean {
  return altSlot.form !== "none";
}

/** True when `markDecorative` has a way to say it. */
export function canMarkDecorative({ decorativeSlot }: ImageReference): boolean {
  return decorativeSlot.form !== "none";
}

/**
 * Edits that say a picture carries no meaning. An empty text in Markdown is also what a forgotten one
 * looks like, so a tag with an empty `alt` takes the place of the reference there.
 * @throws AppError `document.notEditable` where nothing can say it.
 */
export function markDecorative(text: string, reference: ImageReference): TextEdit[] {
  const { embedded } = reference;
  if (embedded !== undefined) {
    return outerEdits(embedded, markDecorative(embedded.text, embedded.reference));
  }
  const slot = reference.decorativeSlot;
  switch (slot.form) {
    case "alt":
      return setAlt(text, reference, "");
    case "tag":
      return [{ ...pick(reference.span), newText: slot.tag }];
    case "none": {
      const name = reference.target.value || "This picture";
      const reason = obstacleText(slot.obstacle);
      throw documentError(
        "document.notEditable",
        `${name} cannot be marked as decorative: ${reason}`,
      );
    }
    default:
      return assertNever(slot);
  }
}

function obstacleText(obstacle: DecorativeObstacle): string {
  switch (obstacle) {
    case "computed":
      return "the program computes its alt text. Change the expression by hand.";
    case "named":
      return "an aria attribute names it. Take that away first.";
    case "hidden":
      return "a role or attribute hides it from screen readers already.";
    case "button":
      return "it is a button, and its alt text is the button's name. Say what the button does.";
    case "link":
      return "it is all that its link shows, so its alt text is the link's name. Say where the link leads.";
    case "attributes":
      return "the attributes in braces behind it would be shown as text. Take them away first.";
    case "next-line":
      return "as HTML it would change how the next line is read. Put an empty line below it first.";
    case "language":
      return "its language has no way to say that here.";
    case "wikilink":
      return "a wikilink has no way to say that. Write ![](…) instead of ![[…]] first.";
  }
}

const pick = ({ start, end }: { readonly start: number; readonly end: number }) => ({ start, end });

/** Attributes need a space between them, which broken documents such as `alt="a"src="b"` lack. */
function spaced(text: string, end: number, newText: string): string {
  const next = text.charAt(end);
  return next === "" || " \t\r\n\f/>".includes(next) ? newText : `${newText} `;
}
