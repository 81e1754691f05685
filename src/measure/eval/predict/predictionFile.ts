/**
 * Predictions in a benchmark's own result format, a JSON list with a row a line. Rows are appended as they come, to
 * a file beside the finished one, so that a run that was stopped goes on behind the last whole row.
 */

import {
  open,
  readFile,
  rename,
  stat,
  truncate,
  writeFile,
  type FileHandle,
} from "node:fs/promises";
import { AppError } from "../../../base/errors";
import { writeWholeFile } from "../../../disk/wholeFile";

const BEGIN = "[\n";
const BETWEEN = ",\n";
const END = "\n]\n";

export class PredictionFile {
  readonly #file: string;
  readonly #handle: FileHandle;
  /** Rows that are in it. */
  count: number;

  private constructor(file: string, handle: FileHandle, count: number) {
    this.#file = file;
    this.#handle = handle;
    this.count = count;
  }

  /** A file that is finished. */
  static async isFinished(file: string): Promise<boolean> {
    return (await stat(file).catch(() => undefined))?.isFile() === true;
  }

  /**
   * Opens a file to go on: what is left of a row that was cut is taken away.
   * @param isRow whether a row is the one with that number of this run.
   * @throws AppError `document.unwritable`, `document.unparsable` for another run's file.
   */
  static async open(
    file: string,
    isRow: (row: unknown, index: number) => boolean,
  ): Promise<PredictionFile> {
    const partial = partialOf(file);
    try {
      const text = await readFile(partial, "utf8").catch(() => "");
      const kept = wholeRows(text);
      for (const [i, row] of kept.rows.entries()) {
        if (isRow(row, i)) continue;
        throw new AppError(
          "document.unparsable",
          `${partial} is of another run: its row ${i + 1} is of another item. Name another folder with --out, or delete it.`,
          { detail: { file: partial } },
        );
      }
      if (text === "") await writeFile(partial, "");
      else await truncate(partial, Buffer.byteLength(kept.text));
      return new PredictionFile(file, await open(partial, "a"), kept.rows.length);
    } catch (thrown) {
      throw thrown instanceof AppError ? thrown : unwritable(partial, thrown);
    }
  }

  /** @throws AppError `document.unwritable`. */
  async add(row: object): Promise<void> {
    await this.#append((this.count === 0 ? BEGIN : BETWEEN) + JSON.stringify(row));
    this.count++;
  }

  /** Gives the file its name. @throws AppError `document.unwritable`. */
  async finish(): Promise<void> {
    await this.#append(this.count === 0 ? `${BEGIN.trimEnd()}]\n` : END);
    await this.close();
    try {
      await rename(partialOf(this.#file), this.#file);
    } catch (thrown) {
      throw unwritable(this.#file, thrown);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #append(text: string): Promise<void> {
    try {
      await this.#handle.appendFile(text);
    } catch (thrown) {
      throw unwritable(this.#file, thrown);
    }
  }
}

/** All rows of finished files as one file, in another order. @throws AppError `document.unwritable`. */
export async function writeRows(file: string, rows: readonly object[]): Promise<void> {
  const text =
    rows.length === 0 ? "[]\n" : BEGIN + rows.map((row) => JSON.stringify(row)).join(BETWEEN) + END;
  await writeBeside(file, text);
}

/** Writes a file whole or not at all. @throws AppError `document.unwritable`. */
export async function writeBeside(file: string, text: string): Promise<void> {
  try {
    await writeWholeFile(file, text);
  } catch (thrown) {
    throw unwritable(file, thrown);
  }
}

function partialOf(file: string): string {
  return `${file}.partial`;
}

function unwritable(file: string, cause: unknown): AppError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "unknown reason";
  const why = code === "ENOSPC" ? "the disk is full" : code;
  return new AppError("document.unwritable", `${file} cannot be written: ${why}.`, {
    cause,
    detail: { file },
  });
}

/** The rows of a file that was perhaps cut, and the text up to the end of the last whole one. */
function wholeRows(text: string): { readonly rows: readonly unknown[]; readonly text: string } {
  const rows: unknown[] = [];
  let kept = "";
  if (!text.startsWith(BEGIN)) return { rows, text: kept };
  for (const line of text.slice(BEGIN.length).split("\n")) {
    const row = line.endsWith(",") ? line.slice(0, -1) : line;
    const value = parsed(row);
    if (value === undefined) break;
    rows.push(value);
    kept += (kept === "" ? BEGIN : BETWEEN) + row;
  }
  return { rows, text: kept };
}

function parsed(text: string): unknown {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
