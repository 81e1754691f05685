/** The smallest edits that give a picture another alternative text. */

import { assertNever } from "../base/assert";
import { documentError } from "./documentError";
import { attributeLiteral, escapeMarkdown, oneLineText } from "./escape";
import type { ImageReference, TextEdit } from "./imageReference";

/**
 * Edits that set the alternative text; line breaks in it become spaces.
 * @param text the document that the reference was found in.
 * @returns nothing when the text is that already.
 * @throws AppError `document.notEditable` when an expression or spread properties decide the text.
 */
export function setAlt(text: string, reference: ImageReference, alt: string): TextEdit[] {
  const value = oneLineText(alt);
  if (reference.altState === "text" && reference.alt === value) return [];
  const slot = reference.altSlot;
  switch (slot.form) {
    case "markdown": {
      const label = { ...slot.label, newText: escapeMarkdown(value, slot) };
      return slot.referenceEdit === null ? [label] : [label, slot.referenceEdit];
    }
    case "attribute": {
      const newText = slot.prefix + attributeLiteral(value, slot);
      return [{ ...pick(slot.span), newText: spaced(text, slot.span.end, newText) }];
    }
    case "none":
      throw documentError(
        "document.notEditable",
        `The alt text of ${reference.target.value || "this picture"} is computed by the program. Change the expression by hand.`,
      );
    default:
      return assertNever(slot);
  }
}

/**
 * Edits that say a picture carries no meaning. Markdown can only leave the text empty, which is also
 * what a forgotten text looks like.
 * @throws AppError as `setAlt`.
 */
export function markDecorative(text: string, reference: ImageReference): TextEdit[] {
  return setAlt(text, reference, "");
}

const pick = ({ start, end }: { readonly start: number; readonly end: number }) => ({ start, end });

/** Attributes need a space between them, which broken documents such as `alt="a"src="b"` lack. */
function spaced(text: string, end: number, newText: string): string {
  const next = text.charAt(end);
  return next === "" || " \t\r\n\f/>".includes(next) ? newText : `${newText} `;
}
