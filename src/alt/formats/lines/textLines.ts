/** The lines of a document with their places, for languages that are made of lines. */

export interface TextLine {
  readonly text: string;
  readonly start: number;
  /** Before the line break. */
  readonly end: number;
  /** Columns before the first word; a tab counts as one. */
  readonly indent: number;
  readonly isBlank: boolean;
}

export function linesOf(text: string): TextLine[] {
  const lines: TextLine[] = [];
  for (const { 0: line, index } of text.matchAll(/[^\r\n]*(?:\r\n|\r|\n|$)/g)) {
    if (line === "" && index === text.length && lines.length > 0) break;
    const shown = line.replace(/[\r\n]+$/, "");
    const indent = shown.length - shown.trimStart().length;
    const isBlank = shown.trim() === "";
    lines.push({ text: shown, start: index, end: index + shown.length, indent, isBlank });
  }
  return lines;
}

/** The line break that a document uses. */
export function lineBreakOf(text: string): string {
  const feed = text.indexOf("\n");
  if (feed > 0 && text.charAt(feed - 1) === "\r") return "\r\n";
  return feed < 0 && text.includes("\r") ? "\r" : "\n";
}

/** Behind the last line from an index on that is empty or deeper than a column. */
export function endOfBlock(lines: readonly TextLine[], from: number, indent: number): number {
  let end = from;
  while (end < lines.length) {
    const line = lines[end];
    if (line === undefined || (!line.isBlank && line.indent <= indent)) break;
    end++;
  }
  return end;
}

/** A document as long, with spaces for everything but its pieces. @param pieces in the order of the text. */
export function onlyPieces(
  text: string,
  pieces: readonly { readonly start: number; readonly end: number }[],
): string {
  const parts: string[] = [];
  let end = 0;
  for (const piece of pieces) {
    parts.push(" ".repeat(Math.max(0, piece.start - end)), text.slice(piece.start, piece.end));
    end = piece.end;
  }
  parts.push(" ".repeat(Math.max(0, text.length - end)));
  return parts.join("");
}
