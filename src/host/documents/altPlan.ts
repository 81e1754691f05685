/** Which pictures of a document want a text, and which is which after the document changed; pure. */

import { createHash } from "node:crypto";
import { altProblem, type AltProblem } from "../../alt/wording/altText";
import { canSetAlt } from "../../alt/edit/editAlt";
import { mayHaveImages } from "../../alt/formats/findContext";
import type { ImageReference, TextSpan } from "../../alt/imageReference";

/** A text and the pictures that were found in it. */
export interface FoundImages {
  readonly text: string;
  /** In the order of the text. */
  readonly references: readonly ImageReference[];
}

/** What an alternative text that is there means for one who wants to write another. */
export type AltOwner =
  /** Nothing, a placeholder or a file's name, which nobody would miss. */
  | "nobody"
  /** Somebody wrote it, or let something write it and kept it. */
  | "person"
  /** Said to carry no meaning, or hidden from assistive technology. */
  | "decorative"
  /** Another attribute names the picture, such as `aria-label`. */
  | "attribute"
  /** The running program decides. */
  | "program";

/** Texts that stand in for a description. */
const STAND_INS: readonly (AltProblem | null)[] = ["missing", "placeholder", "filename"];

/** Whose the alternative text is. */
export function altOwner(reference: ImageReference): AltOwner {
  if (reference.altState === "dynamic") return "program";
  if (reference.isDecorative || reference.isHidden) return "decorative";
  if (reference.altState === "named") return "attribute";
  return STAND_INS.includes(altProblem(reference)) ? "nobody" : "person";
}

/** True where a text is offered: there is a place for one, and no other attribute names the picture. */
export function isOffered(reference: ImageReference): boolean {
  return canSetAlt(reference) && !["program", "attribute"].includes(altOwner(reference));
}

/** Longer documents are searched only when somebody asks, because parsing them is felt. */
export const MAX_PASSIVE_UNITS = 300_000;

/**
 * False when a document surely has no picture, or is too long to look while somebody types. Says
 * nothing about where a picture is; the parsers do.
 * @param components names of tags that show a picture, besides `img`.
 */
export function isWorthSearching(text: string, components: readonly string[]): boolean {
  return text.length <= MAX_PASSIVE_UNITS && mayHaveImages(text, components);
}

/** The picture that a stretch of the text touches; its end belongs to it, so that a cursor there does. */
export function imageTouching(
  references: readonly ImageReference[],
  { start, end }: TextSpan,
): ImageReference | undefined {
  const touched = references.filter(({ span }) => span.start <= end && span.end >= start);
  // Two pictures side by side share a place, and then the one that begins there is meant.
  return touched.find(({ span }) => span.end > start) ?? touched[0];
}

/**
 * The same picture after the document changed; undefined when it is gone, when its text or address
 * was changed, or when which one it is cannot be told.
 */
export function findAgain(
  reference: ImageReference,
  before: FoundImages,
  after: FoundImages,
): ImageReference | undefined {
  const start = movedOffset(reference.span, before.text, after.text);
  if (start !== undefined) {
    const found = after.references.find(({ span }) => span.start === start);
    return found !== undefined && keyOf(found) === keyOf(reference) ? found : undefined;
  }
  // Edits before and behind: pictures that look the same keep their order.
  const isSame = (other: ImageReference): boolean => keyOf(other) === keyOf(reference);
  const old = before.references.filter(isSame);
  const current = after.references.filter(isSame);
  if (old.length !== current.length) return undefined;
  return current[old.findIndex(({ span }) => span.start === reference.span.start)];
}

/** What tells a picture of a document later, without its text: plain, because it passes through links. */
export interface ImageMark {
  /** The same for pictures that look the same, whatever the length of their texts and addresses. */
  readonly look: string;
  /** Its place among those that look the same, from zero. */
  readonly index: number;
  /** How many of them there were. */
  readonly count: number;
}

/** The mark of a picture. */
export function markOf(reference: ImageReference, { references }: FoundImages): ImageMark {
  const key = keyOf(reference);
  const same = references.filter((other) => keyOf(other) === key);
  const index = same.findIndex(({ span }) => span.start === reference.span.start);
  return { look: lookOf(reference), index, count: same.length };
}

/** The marks of all pictures of a document, in their order. */
export function marksOf({ references }: FoundImages): readonly ImageMark[] {
  const counts = new Map<string, number>();
  const places = references.map((reference) => {
    const look = lookOf(reference);
    const index = counts.get(look) ?? 0;
    counts.set(look, index + 1);
    return { look, index };
  });
  return places.map(({ look, index }) => ({ look, index, count: counts.get(look) ?? 0 }));
}

/**
 * The picture that a mark was made of, wherever it is by now; undefined when it is gone, when its text
 * or address was changed, or when pictures that look the same came or went.
 */
export function findMarked(
  { look, index, count }: ImageMark,
  { references }: FoundImages,
): ImageReference | undefined {
  const same = references.filter((reference) => lookOf(reference) === look);
  return same.length === count ? same[index] : undefined;
}

function lookOf(reference: ImageReference): string {
  return createHash("sha256").update(keyOf(reference)).digest("base64url");
}

/** Where a span begins now, when everything that changed lies on one side of it. */
function movedOffset(span: TextSpan, before: string, after: string): number | undefined {
  if (before.slice(0, span.end) === after.slice(0, span.end)) return span.start;
  const moved = after.length - before.length;
  const rest = before.length - span.start;
  const isBehind = rest <= after.length && before.endsWith(after.slice(after.length - rest));
  return isBehind ? span.start + moved : undefined;
}

function keyOf({ syntax, target, altState, alt }: ImageReference): string {
  return JSON.stringify([syntax, target.kind, target.value, altState, alt]);
}
