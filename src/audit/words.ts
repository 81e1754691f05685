/** Texts of pictures as rules compare them. */

import { oneLineText } from "../alt/edit/escape";
import type { AuditDocument, AuditPicture } from "./rule";

/**
 * The text that readers hear and that rules judge; undefined where there is none, where it is computed,
 * empty or hidden, and where the project allows it.
 */
export function judgedText(picture: AuditPicture, document: AuditDocument): string | undefined {
  const texts = known.get(document) ?? new Map<AuditPicture, string | undefined>();
  known.set(document, texts);
  if (!texts.has(picture)) texts.set(picture, textOf(picture, document));
  return texts.get(picture);
}

/** Nearly every rule asks. */
const known = new WeakMap<AuditDocument, Map<AuditPicture, string | undefined>>();

function textOf({ reference }: AuditPicture, { options }: AuditDocument): string | undefined {
  if (reference.altState !== "text" || reference.isHidden || reference.isDecorative) {
    return undefined;
  }
  const text = oneLineText(reference.alt ?? "");
  return text === "" || options.allowed.has(text.toLowerCase()) ? undefined : text;
}

/** Words without case, marks and the kinds of spaces. */
export function folded(words: string): string {
  return words
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\p{P}\p{S}\s]+/gu, " ")
    .trim();
}
