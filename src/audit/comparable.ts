/** Texts that a model can compare with pictures, and what one said of them. */

import { altProblem } from "../alt/wording/altText";
import type { AuditPicture, Mismatched, SwapPartner } from "./rule";

/** A text that no other rule speaks of, at a picture whose file is there. */
export interface ComparableText {
  readonly alt: string;
  /** The picture's file. */
  readonly picture: string;
}

/** That a text fits another picture better. */
export interface ToldText extends ComparableText, Mismatched {}

export function comparableText({ reference, resolved }: AuditPicture): ComparableText | undefined {
  const { alt, isDecorative, isHidden, isLink } = reference;
  if (resolved.kind !== "file" || alt === null || alt.trim() === "") return undefined;
  // What a link's picture says is where it leads.
  if (isDecorative || isHidden || isLink) return undefined;
  const problem = altProblem(reference);
  return problem === null || problem === "too-long" ? { alt, picture: resolved.path } : undefined;
}

/** The other of two swapped texts, as the document with the first one knows it. */
export function partnerIn(
  document: string,
  { document: other, alt, picture }: ComparableText & { readonly document: string },
): SwapPartner {
  return { alt, picture, ...(other === document ? {} : { document: other }) };
}

/** A picture with what is told of its text. */
export function withMismatch(picture: AuditPicture, told: readonly ToldText[]): AuditPicture {
  const found = told.find((each) => isAbout(each, picture));
  if (found === undefined) return picture;
  const { kind, fits, partner } = found;
  return { ...picture, mismatch: { kind, fits, ...(partner === undefined ? {} : { partner }) } };
}

export function isAbout(
  { alt, picture }: ComparableText,
  { reference, resolved }: AuditPicture,
): boolean {
  if (resolved.kind !== "file" || alt !== reference.alt) return false;
  return plainPath(picture) === plainPath(resolved.path);
}

/** An editor and a process of its own write a drive's letter in different ways. */
function plainPath(path: string): string {
  const slashed = path.replaceAll("\\", "/");
  return slashed.replace(/^\/?([a-z]:)/i, (_, drive: string) => drive.toLowerCase());
}
