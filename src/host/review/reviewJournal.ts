/**
 * Journals of reviews: what was about to be written in each file, and what was. A line is on the disk before
 * the file that it is about is touched, so that a crash at any moment leaves enough to take everything back.
 */

import { randomUUID } from "node:crypto";
import { appendFile, mkdir, open, readdir, readFile, rm, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import {
  begunRecord,
  readJournalRecord,
  type IntendedChange,
  type JournalRecord,
} from "../../protocol/reviewRecords";

/** Reviews that can be taken back, one after the other. */
export const MAX_JOURNALS = 20;

const ENDING = ".jsonl";

export interface JournalledFile {
  readonly change: IntendedChange;
  /** Of the text after it was written; undefined where a crash came first. */
  readonly writtenHash: string | undefined;
  readonly isUndone: boolean;
}

export interface ReadJournal {
  readonly file: string;
  /** When it began, in ISO 8601. */
  readonly at: string;
  readonly files: readonly JournalledFile[];
  /** Somebody has taken it back. */
  readonly isClosed: boolean;
}

/** Where journals lie, and what is said where there can be none. */
export interface JournalPlace {
  readonly folder: string;
  readonly noJournal: string;
}

/** Writes one review's journal. */
export class JournalWriter {
  readonly #handle: FileHandle;
  readonly #noJournal: string;

  private constructor(handle: FileHandle, noJournal: string) {
    this.#handle = handle;
    this.#noJournal = noJournal;
  }

  /**
   * Begins a journal, and forgets the oldest.
   * @throws AppError `document.unwritable` where there can be none, and then nothing may be written.
   */
  static async begin({ folder, noJournal }: JournalPlace, at: Date): Promise<JournalWriter> {
    try {
      await mkdir(folder, { recursive: true });
      const stamp = at.toISOString();
      // The names of files sort by time, and hold no colon for Windows.
      const name = `${stamp.replaceAll(":", "-")}-${randomUUID().slice(0, 8)}${ENDING}`;
      const handle = await open(path.join(folder, name), "ax");
      const writer = new JournalWriter(handle, noJournal);
      await writer.add(begunRecord(stamp));
      await prune(folder);
      return writer;
    } catch (cause) {
      throw unwritable(noJournal, cause);
    }
  }

  /** On the disk when it resolves. @throws AppError `document.unwritable`. */
  async add(record: JournalRecord): Promise<void> {
    try {
      await this.#handle.appendFile(`${JSON.stringify(record)}\n`);
      await this.#handle.datasync();
    } catch (cause) {
      throw unwritable(this.#noJournal, cause);
    }
  }

  async end(): Promise<void> {
    await this.#handle.close();
  }
}

/** Adds to a journal of before. A line that was cut off stays one by itself. */
export async function addRecord(file: string, record: JournalRecord): Promise<void> {
  await appendFile(file, `\n${JSON.stringify(record)}\n`);
}

/** The latest journal that holds changes and was not taken back; undefined when there is none. */
export async function lastJournal(folder: string): Promise<ReadJournal | undefined> {
  for (const name of (await journalNames(folder)).reverse()) {
    const journal = await readJournal(path.join(folder, name));
    if (journal === undefined || journal.isClosed) continue;
    if (journal.files.some(({ isUndone }) => !isUndone)) return journal;
  }
  return undefined;
}

/** Undefined where no journal can be read. Lines that are damaged, or cut off, are left out. */
export async function readJournal(file: string): Promise<ReadJournal | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return undefined;
  }
  let at: string | undefined;
  let isClosed = false;
  const files = new Map<string, JournalledFile>();
  for (const record of text.split("\n").flatMap((line) => readLine(line) ?? [])) {
    if (record.type === "begun") at = record.at;
    if (record.type === "closed") isClosed = true;
    if (record.type === "intended") {
      files.set(record.uri, { change: record, writtenHash: undefined, isUndone: false });
    }
    const known = "uri" in record ? files.get(record.uri) : undefined;
    if (known === undefined) continue;
    if (record.type === "written") {
      files.set(known.change.uri, { ...known, writtenHash: record.hash });
    }
    if (record.type === "undone") files.set(known.change.uri, { ...known, isUndone: true });
  }
  // Without a beginning it is another version's.
  return at === undefined ? undefined : { file, at, files: [...files.values()], isClosed };
}

function readLine(line: string): JournalRecord | undefined {
  try {
    return readJournalRecord(JSON.parse(line) as unknown);
  } catch {
    return undefined;
  }
}

/** The oldest first. */
async function journalNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(ENDING)).sort();
}

async function prune(folder: string): Promise<void> {
  const names = await journalNames(folder);
  for (const name of names.slice(0, Math.max(0, names.length - MAX_JOURNALS))) {
    await rm(path.join(folder, name), { force: true });
  }
}

function unwritable(message: string, cause: unknown): AppError {
  return new AppError("document.unwritable", message, { cause });
}
