/** How large small files of pictures are in pixels: lines and dots, in which nobody sees anything, have a few bytes. */

import type { ImageReference } from "../alt/imageReference";
import {
  resolveTarget,
  type ResolveContext,
  type ResolvedTarget,
} from "../alt/resolve/resolveTarget";
import type { ResolveFiles } from "../alt/site/place";
import type { AuditPicture, PixelSize } from "./rule";

/** A picture with its place and, where a small file tells it, its size. */
export async function auditPicture(
  reference: ImageReference,
  context: ResolveContext,
): Promise<AuditPicture> {
  const resolved = await resolveTarget(reference, context);
  const size = await smallSize(reference, resolved, context.files);
  return { reference, resolved, ...(size === undefined ? {} : { size }) };
}

/**
 * Undefined for larger files, for what tells no size, and where nobody has a text that could be wrong there.
 * What is drawn from lines has no pixels.
 */
async function smallSize(
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
