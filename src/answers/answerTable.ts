/** Answers as rows for spreadsheets and other programs: CSV as RFC 4180 has it, and tab-separated values. */

import { oneLine } from "../base/cleanText";

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

/** How tables in files are written; objects on lines of their own besides. */
export const FILE_FORMATS = [...TABLE_FORMATS, "jsonl"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** A row of a table in a file, which may hold several questions. */
export interface FileRow extends AnswerRow {
  readonly question: string;
}

const FILE_COLUMNS = [
  "file",
  "question",
  "text",
  "error",
] as const satisfies readonly (keyof FileRow)[];

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

/** Of a table in a file; objects have none. */
export function fileHead(format: FileFormat): string {
  return format === "jsonl" ? "" : LINE_OF[format](FILE_COLUMNS);
}

/** A row of a table in a file, with the row's end. */
export function fileRow(format: FileFormat, row: FileRow): string {
  if (format !== "jsonl") return LINE_OF[format](FILE_COLUMNS.map((name) => row[name]));
  const { file, question, text, error } = row;
  return `${JSON.stringify({ file, question, ...(error === "" ? { text } : { error }) })}\n`;
}

/** Whole rows of what `fileHead` and `fileRow` have written; undefined for any other text. */
export function fileRows(format: FileFormat, text: string): readonly FileRow[] | undefined {
  if (format === "jsonl") return objectRows(text);
  const [head, ...rows] = format === "csv" ? csvCells(text) : tabCells(text);
  if (head?.join() !== FILE_COLUMNS.join()) return undefined;
  return rows.flatMap(([file = "", question = "", answer = "", error, ...more]) =>
    error === undefined || more.length > 0 ? [] : [{ file, question, text: answer, error }],
  );
}

function objectRows(text: string): readonly FileRow[] | undefined {
  const rows: FileRow[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    try {
      const row = JSON.parse(line) as Partial<Record<keyof FileRow, unknown>>;
      const { file, question, text: answer = "", error = "" } = row;
      for (const cell of [file, question, answer, error]) {
        if (typeof cell !== "string") return undefined;
      }
      rows.push({ file, question, text: answer, error } as FileRow);
    } catch {
      return undefined;
    }
  }
  return rows.length === 0 && text !== "" && !text.startsWith("{") ? undefined : rows;
}

function tabCells(text: string): readonly (readonly string[])[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t"));
}

/** Rows that are ended (RFC 4180). */
function csvCells(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let cell = cells.exec(text); cell !== null; cell = cells.exec(text)) {
    const [, quotedText, plain = "", end] = cell;
    row.push(quotedText?.replaceAll('""', '"') ?? plain);
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
