/**
 * Sizes that programs keep between the brackets of a Markdown image: `![A fox|300x200](…)` in Obsidian
 * and Discourse, `![w:300 A fox](…)` in Marp. Nobody hears them, and they stay when a text comes.
 */

import type { TextSpan } from "../imageReference";

const PIXELS = "\\d{1,5}(?:\\s*x\\s*\\d{1,5})?(?:\\s*,\\s*\\d{1,3}%)?";
/** Behind the last bar, which a table's cell needs a backslash for. */
const BEHIND = new RegExp(`\\s*\\\\?\\|\\s*${PIXELS}\\s*$`);
const READ_BEHIND = new RegExp(`\\s*\\|\\s*${PIXELS}\\s*$`);
const BEFORE = /^\s*(?:(?:w|h|width|height):\d[\d.]*(?:px|em|rem|%|vw|vh|cm|mm|in|pt)?(?:\s+|$))+/;

/** The label without its size. @param label what stands between the brackets. */
export function withoutSize(text: string, { start, end }: TextSpan): TextSpan {
  const written = text.slice(start, end);
  const from = BEFORE.exec(written)?.[0].length ?? 0;
  const behind = BEHIND.exec(written.slice(from));
  return { start: start + from, end: behind === null ? end : start + from + behind.index };
}

/** What is heard of a text that was read with its size. */
export function readWithoutSize(alt: string): string {
  return alt.replace(BEFORE, "").replace(READ_BEHIND, "");
}

/** A text that ends as a size does would be taken for one; the bar becomes the mark that reads most like it. */
export function unlikeSize(alt: string): string {
  const text = READ_BEHIND.test(alt) ? alt.replace(/\|(?=[^|]*$)/, "/") : alt;
  return BEFORE.test(text) ? text.replaceAll(":", ": ") : text;
}
