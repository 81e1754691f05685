/**
 * A table of answers in a file that grows: who stops loses no answer, and who starts again asks only what has none
 * yet. Several questions about the same pictures can share a table.
 */

import { appendFile, readFile, stat } from "node:fs/promises";
import { AppError } from "../base/errors";
import { writeWholeFile } from "../disk/wholeFile";
import { type FileFormat, type FileRow, fileHead, fileRow, fileRows } from "./answerTable";

export class AnswerFile {
  readonly #file: string;
  readonly #format: FileFormat;
  readonly #question: string;
  readonly #rows: readonly FileRow[];
  readonly #answered: ReadonlySet<string>;

  private constructor(file: string, by: Pick<AnswerFile, "format" | "question" | "rows">) {
    this.#file = file;
    this.#format = by.format;
    this.#question = by.question;
    this.#rows = by.rows;
    this.#answered = new Set(by.rows.map((row) => row.file));
  }

  get format(): FileFormat {
    return this.#format;
  }

  get question(): string {
    return this.#question;
  }

  /** The answers to the question that were there when the table was opened. */
  get rows(): readonly FileRow[] {
    return this.#rows;
  }

  /** Pictures that have one. */
  get answered(): ReadonlySet<string> {
    return this.#answered;
  }

  /**
   * Opens a table or makes one. What a crash left half-written and what had failed goes, and is asked again.
   * @throws AppError `document.unreadable` for a file that is no such table, `document.unwritable`.
   */
  static async open(
    file: string,
    { format, question }: { readonly format: FileFormat; readonly question: string },
  ): Promise<AnswerFile> {
    const text = await readTable(file);
    const rows = text === "" ? [] : fileRows(format, text);
    if (rows === undefined) {
      throw new AppError(
        "document.unreadable",
        `${file} is no table of answers in ${format.toUpperCase()}. Name another file, or one that does not exist yet.`,
        { detail: { file } },
      );
    }
    // What failed of another question is told until that one is asked again.
    const kept = rows.filter((row) => row.error === "" || row.question !== question);
    await replace(file, fileHead(format) + kept.map((row) => fileRow(format, row)).join(""));
    const own = kept.filter((row) => row.question === question);
    return new AnswerFile(file, { format, question, rows: own });
  }

  /** @throws AppError `document.unwritable`. */
  async add(row: Omit<FileRow, "question">): Promise<void> {
    const line = fileRow(this.#format, { ...row, question: this.#question });
    await appendFile(this.#file, line).catch((thrown: unknown) => {
      throw unwritable(this.#file, thrown);
    });
  }
}

/** Empty where there is none yet. @throws AppError `document.unreadable`. */
async function readTable(file: string): Promise<string> {
  const unreadable = (why: string, cause?: unknown): AppError =>
    new AppError("document.unreadable", `${file} ${why}. Name another file with --out.`, {
      cause,
      detail: { file },
    });
  const found = await stat(file).catch(() => undefined);
  // A pipe has nothing to go on from, and reading it would wait for a writer.
  if (found !== undefined && !found.isFile()) throw unreadable("is no ordinary file");
  return await readFile(file, "utf8").catch((thrown: unknown) => {
    const { code = "unknown reason" } = thrown as NodeJS.ErrnoException;
    if (code === "ENOENT") return "";
    throw unreadable(`cannot be read: ${code}`, thrown);
  });
}

async function replace(file: string, text: string): Promise<void> {
  try {
    await writeWholeFile(file, text);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

function unwritable(file: string, cause: unknown): AppError {
  const { code = "unknown reason" } = cause as NodeJS.ErrnoException;
  return new AppError(
    "document.unwritable",
    `${file} cannot be written: ${code}. Check its folder, its permissions and the free space; what is in it stays.`,
    { cause, detail: { file } },
  );
}
