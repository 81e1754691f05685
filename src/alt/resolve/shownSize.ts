/** How large a picture is and how large to show it, by its first bytes. Decodes nothing, knows no editor. */

import { disableTypes, imageSize, types } from "image-size";

/** In pixels, as the picture is seen. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** What browsers show, and editors with them; other formats are not looked into. */
const SHOWN = new Set(["png", "jpg", "gif", "webp", "svg"]);
disableTypes(types.filter((type) => !SHOWN.has(type)));
/** Where a size stands at the latest, in bytes, behind what cameras and editors write before it. */
const HEAD_BYTES = 2 ** 20;
/** From this orientation on a camera was held upright, so that width and height change places. */
const FIRST_UPRIGHT = 5;

/** Undefined for what a browser does not show, and for what is damaged before its size. */
export function shownSize(bytes: Uint8Array): PictureSize | undefined {
  // A copy with a buffer of its own, because the library reads on behind the end of a part.
  const head = new Uint8Array(bytes.subarray(0, HEAD_BYTES));
  try {
    const { width, height, orientation = 1 } = imageSize(head);
    if (!(width > 0 && height > 0)) return undefined;
    return orientation < FIRST_UPRIGHT ? { width, height } : { width: height, height: width };
  } catch {
    return undefined;
  }
}

/** The largest size within a box that keeps the proportions; never larger than the picture is. */
export function fitInto(box: PictureSize, { width, height }: PictureSize): PictureSize {
  const scale = Math.min(1, box.width / width, box.height / height);
  const scaled = (length: number): number => Math.max(1, Math.floor(length * scale));
  return { width: scaled(width), height: scaled(height) };
}
