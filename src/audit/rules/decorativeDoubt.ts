/**
 * A text where nobody sees anything (WCAG failure F39), which the picture's size tells, and a picture that shows
 * something and is marked as decorative (F38), as a model says where somebody asked one.
 */

import { say } from "../messages";
import type { AuditDocument, AuditPicture, Rule, Violation } from "../rule";
import { judgedText } from "../words";
import { decorativeFix } from "./decorativeFix";

export const decorativeDoubt: Rule = {
  id: "decorative-doubt",
  level: "hint",
  title: "A picture may or may not be decoration",
  help: "Lines and single dots need no text. A picture that shows something needs one, unless the words around it say the same.",
  criteria: ["1.1.1"],
  techniques: ["F38", "F39"],
  act: ["e88epe"],
  aliases: ["null_title"],
  asks: "model",
  check,
};

function check(picture: AuditPicture, document: AuditDocument): Violation | undefined {
  const text = judgedText(picture, document);
  if (text === undefined) return doubtedEmptiness(picture);
  const says = doubtedText(picture, document);
  if (says === undefined) return undefined;
  return {
    says: [say(says.id, text, ...says.values)],
    fixes: () => decorativeFix(picture, document, false),
  };
}

interface Doubt {
  readonly id: "doubt-thin" | "doubt-plain";
  readonly values: readonly string[];
}

function doubtedText(picture: AuditPicture, document: AuditDocument): Doubt | undefined {
  const { size, seen, reference } = picture;
  // What a link's picture says is where it leads.
  if (reference.isLink || reference.around?.names !== undefined) return undefined;
  if (seen === "nothing") return { id: "doubt-plain", values: [] };
  if (size === undefined || Math.min(size.width, size.height) > MAX_THIN) return undefined;
  if (Math.max(size.width, size.height) <= MAX_THIN && isStandIn(picture, document)) {
    return undefined;
  }
  return { id: "doubt-thin", values: [`${size.width} × ${size.height}`] };
}

/** Pixels of a line that is there to part things. */
const MAX_THIN = 2;

/** A dot that a document shows under several texts stands in for pictures that come later. */
function isStandIn({ reference }: AuditPicture, document: AuditDocument): boolean {
  return document.pictures.some(
    ({ reference: other, size }) =>
      other !== reference &&
      size !== undefined &&
      Math.max(size.width, size.height) <= MAX_THIN &&
      (other.alt ?? "") !== "" &&
      other.alt !== reference.alt,
  );
}

/** An author's own empty text; a role and an attribute that hides are said on purpose. */
function doubtedEmptiness({ reference, seen }: AuditPicture): Violation | undefined {
  const { altState, alt, around, isHidden, isLink } = reference;
  const isEmpty = reference.isDecorative && altState === "text" && alt === "" && !isHidden;
  if (!isEmpty || isLink || seen !== "scene") return undefined;
  // Who has words beside a picture need not say them again.
  if ((around?.caption ?? "") !== "" || (around?.beside ?? "") !== "") return undefined;
  return { says: [say("doubt-scene")] };
}
