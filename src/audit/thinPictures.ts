/** How large small files of pictures are in pixels: lines and dots, in which nobody sees anything, have a few bytes. */

import type { ResolvedTarget } from "../alt/resolve/resolveTarget";
import type { ResolveFiles } from "../alt/site/place";
import type { ImageReference } from "../alt/imageReference";
import type { PixelSize } from "./rule";

/**
 * Undefined for larger files, for what tells no size, and where nobody has a text that could be wrong there.
 * What is drawn from lines has no pixels.
 */
export async function smallSize(
  { alt, isDecorative }: ImageReference,
  resolved: ResolvedTarget,
  { readSmall }: ResolveFiles,
): Promise<PixelSize | undefined> {
  if (readSmall === undefined || isDecorative || (alt ?? "") === "") return undefined;
  if (resolved.kind !== "file" || /\.svgz?$/i.test(resolved.path)) return undefined;
  const bytes = await readSmall(resolved.path);
  if (bytes === undefined || bytes.length === 0) return undefined;
  const { shownSize } = await import("../alt/resolve/shownSize");
  return shownSize(bytes);
}
