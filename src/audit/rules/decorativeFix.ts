/** The fix that several rules offer. */

import { canMarkDecorative, markDecorative } from "../../alt/edit/editAlt";
import type { AuditDocument, AuditPicture, Fix } from "../rule";

/** Nothing where the syntax has no decorative form. */
export function decorativeFix(
  { reference }: AuditPicture,
  { text }: AuditDocument,
  isSafe: boolean,
): readonly Fix[] {
  if (!canMarkDecorative(reference)) return [];
  const edits = markDecorative(text, reference);
  return [{ kind: "decorative", title: "Mark as decorative", edits, isSafe }];
}
