/** Pictures of the whole window that are kept. */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import sharp from "sharp";
import type { Editor } from "./editor";

/** An empty page of these sizes is compressed to some ten kilobytes. */
const LEAST_BYTES = 30_000;
/** Of a picture that is kept. */
const MOST_BYTES = 60_000;

/**
 * Writes what the window shows, as a PNG of few colours.
 * @param mostBytes of one that shows many pictures. @throws when it holds nothing but one colour, as that of a page that is not drawn
 */
export async function take(
  { page }: Pick<Editor, "page">,
  name: string,
  { mostBytes = MOST_BYTES }: { readonly mostBytes?: number } = {},
): Promise<void> {
  const drawn = await page.screenshot({ animations: "disabled" });
  assert.ok(drawn.length > LEAST_BYTES, `${name} shows nothing`);
  // The colours of an editor are few; a worse quality would turn the small green lamp grey.
  const small = await sharp(drawn).png({ palette: true, quality: 90, effort: 10 }).toBuffer();
  assert.ok(small.length < mostBytes, `${name} takes ${small.length} bytes`);
  await writeFile(`${name}.png`, small);
}
