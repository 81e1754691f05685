/**
 * Pictures that a page has twice: one that a script loads late, and its copy in `<noscript>`. Readers
 * meet one of them, so they are one picture, and the copy's text follows where it has none.
 */

import type { ImageReference, TextSpan } from "../../imageReference";
import { isInside } from "../../spans";

/** @param images in the order of the text. @returns those that readers with scripts meet. */
export function withoutCopies(text: string, images: readonly ImageReference[]): ImageReference[] {
  const places = noscripts(text);
  if (places.length === 0) return [...images];
  const isCopy = (image: ImageReference): boolean => isInside(places, image.span.start);
  const copies = new Map<ImageReference, ImageReference[]>();
  const originals = new Map<ImageReference, ImageReference>();
  for (const order of [images, images.toReversed()]) {
    let near: ImageReference | undefined;
    for (const image of order) {
      if (!isCopy(image)) near = image;
      else if (near !== undefined && isSame(near, image)) originals.set(image, near);
    }
  }
  for (const [copy, original] of originals) {
    copies.set(original, [...(copies.get(original) ?? []), copy]);
  }
  return images
    .filter((image) => !originals.has(image))
    .map((image) => {
      const slots = (copies.get(image) ?? []).filter(isOpen).map(({ altSlot }) => altSlot);
      return slots.length === 0 ? image : { ...image, copySlots: slots };
    });
}

const isSame = (a: ImageReference, b: ImageReference): boolean =>
  a.target.kind === b.target.kind && a.target.value === b.target.value;

/** A text that somebody wrote stays. */
function isOpen({ altState, alt, altSlot }: ImageReference): boolean {
  if (altSlot.form === "none") return false;
  return altState === "absent" || (altState === "text" && (alt ?? "").trim() === "");
}

function noscripts(text: string): TextSpan[] {
  const spans: TextSpan[] = [];
  let start: number | undefined;
  for (const { 0: tag, index } of text.matchAll(/<(\/?)noscript(?=[\s/>])/gi)) {
    if (!tag.startsWith("</")) start ??= index;
    else if (start !== undefined) {
      spans.push({ start, end: index });
      start = undefined;
    }
  }
  return spans;
}
