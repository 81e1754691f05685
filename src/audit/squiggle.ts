/** What of a picture is marked in a text: its words where it has any, and never a figure as a whole. */

import type { ImageReference, TextSpan } from "../alt/imageReference";

/** A tag's name, the brackets of Markdown, a command's or directive's name. */
const BEGINNING = /^(?:<[\w:.-]+|!?\[\[?[^\]\n]*\]?|[^\s[({"'<]+)/;

export function squiggleSpan(text: string, { span, altSpan }: ImageReference): TextSpan {
  if (altSpan !== null && altSpan.end > altSpan.start) return altSpan;
  const [line = ""] = text.slice(span.start, span.end).split(/[\r\n]/, 1);
  const [beginning = line] = BEGINNING.exec(line) ?? [];
  const length = Math.max(1, beginning.length);
  return { start: span.start, end: Math.min(span.end, span.start + length) };
}
