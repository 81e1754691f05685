/** Edits of a text that lies in a string of JSON, as edits of the document. */

import type { EmbeddedReference, TextEdit } from "../imageReference";

/** @param edits of the text; their offsets are its own. */
export function outerEdits({ offsets }: EmbeddedReference, edits: readonly TextEdit[]): TextEdit[] {
  return edits.map(({ start, end, newText }) => {
    const from = offsets[start] ?? 0;
    // The end of a piece is not the beginning of the next, which lies behind a comma and a line break.
    const to = end === start ? from : (offsets[end - 1] ?? 0) + widthBefore(offsets, end);
    return { start: from, end: to, newText: JSON.stringify(newText).slice(1, -1) };
  });
}

/** An escape takes up to six units; more than that lies between two pieces. */
const MAX_ESCAPE = 6;

function widthBefore(offsets: readonly number[], end: number): number {
  const width = (offsets[end] ?? 0) - (offsets[end - 1] ?? 0);
  // A piece ends with an escaped line break.
  return width > MAX_ESCAPE ? 2 : width;
}
