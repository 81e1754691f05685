/** Answers as rows for spreadsheets and other programs: CSV as RFC 4180 has it, and tab-separated values. */

import { oneLine } from "../terminal/text";

export const TABLE_FORMATS = ["csv", "tsv"] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** One picture, or one of several answers about it. */
export interface AnswerRow {
  readonly file: string;
  /** Empty when it failed. */
  readonly text: string;
  /** Empty when it did not. */
  readonly error: string;
}

const COLUMNS = ["file", "text", "error"] as const satisfies readonly (keyof AnswerRow)[];

const LINE_OF: Readonly<Record<TableFormat, (cells: readonly string[]) => string>> = {
  csv: (cells) => `${cells.map(quoted).join(",")}\r\n`,
  // A tab or line break within a cell would make others of it.
  tsv: (cells) => `${cells.map(oneLine).join("\t")}\n`,
};

/** The names of the columns, with the line's end. */
export function tableHead(format: TableFormat): string {
  return LINE_OF[format](COLUMNS);
}

/** A row, with the line's end. */
export function tableRow(format: TableFormat, row: AnswerRow): string {
  return LINE_OF[format](COLUMNS.map((name) => row[name]));
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
