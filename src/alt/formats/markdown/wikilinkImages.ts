/** What a picture's wikilink says: `![[address]]`, `![[address|text]]`, `![[address|text|300x200]]`. */

import type { AltSlot, CaptionSlot, ImageReference, TextSpan } from "../../imageReference";

export interface Wikilink {
  /** With its brackets. */
  readonly span: TextSpan;
  readonly captionSlot: CaptionSlot;
  /** Where a bar that separates cells has none of its meaning without a backslash. */
  readonly isInTable: boolean;
}

/** The reference that a wikilink makes. The text is behind the last bar that is not before a size. */
export function imageOfWikilink(
  text: string,
  { span, captionSlot, isInTable }: Wikilink,
): ImageReference {
  const bar = isInTable ? "\\|" : "|";
  const [address = span, ...parts] = partsBetween(text, bar, {
    start: span.start + "![[".length,
    end: span.end - "]]".length,
  });
  const last = parts.at(-1);
  const hasSize = last !== undefined && isWikilinkSize(text.slice(last.start, last.end));
  const alt = hasSize ? parts.at(-2) : last;
  const altSlot: AltSlot =
    alt === undefined
      ? { form: "wikilink", span: { start: address.end, end: address.end }, prefix: bar }
      : { form: "wikilink", span: alt, prefix: "" };
  return {
    language: "markdown",
    syntax: "markdown-wikilink",
    span,
    target: { kind: "wikilink", value: text.slice(address.start, address.end) },
    altState: alt === undefined ? "absent" : "text",
    alt: alt === undefined ? null : text.slice(alt.start, alt.end),
    altSpan: alt ?? null,
    isDecorative: false,
    isHidden: false,
    isLink: false,
    altSlot,
    captionSlot,
    decorativeSlot: { form: "none", obstacle: "wikilink" },
  };
}

/** A width, or a width and a height, in pixels. */
export function isWikilinkSize(part: string): boolean {
  return /^\d+(?:x\d+)?$/.test(part.trim());
}

/** The stretches between separators, without white space around them. */
function partsBetween(text: string, separator: string, { start, end }: TextSpan): TextSpan[] {
  const parts: TextSpan[] = [];
  let at = start;
  for (const part of text.slice(start, end).split(separator)) {
    const from = at + (part.trim() === "" ? 0 : part.length - part.trimStart().length);
    parts.push({ start: from, end: from + part.trim().length });
    at += part.length + separator.length;
  }
  return parts;
}
