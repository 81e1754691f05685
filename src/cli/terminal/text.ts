/** Text for terminals: tables, and lines that are written again. */

import { oneLine } from "../../base/cleanText";

/** ECMA-48: back to the start of the line, and erase to its end. */
export const CLEAR_LINE = "\r\u001b[K";

/** The part of a standard stream that is written to. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/**
 * Columns side by side, two spaces apart, as wide as their widest cell; the last one is not padded.
 * @param rows the first is the heading.
 * @param right indices of the columns that are set to the right, such as numbers.
 * @returns lines, each with its line break.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const clean = rows.map((row) => row.map(oneLine));
  const nColumns = Math.max(0, ...clean.map((row) => row.length));
  const widths = Array.from({ length: nColumns }, (_, column) =>
    Math.max(...clean.map((row) => lengthOf(row[column] ?? ""))),
  );
  const lines = clean.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? "";
        const space = " ".repeat(width - lengthOf(cell));
        return right.includes(column) ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd(),
  );
  return lines.map((line) => `${line}\n`).join("");
}

/** Characters, not UTF-16 units. */
const lengthOf = (text: string): number => Array.from(text).length;
