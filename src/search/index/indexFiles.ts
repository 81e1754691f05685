/**
 * The files of an index: records of integers and records of halves, each appended and never changed, but overwritten
 * with zeros when it is found damaged. A record counts when its integers are whole, and they are written last; what a
 * crash, a full disk or a cut cable left behind it is cut off. Readers of other processes look beside and cut nothing.
 */

import { crc32 } from "node:zlib";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { readSync } from "node:fs";
import path from "node:path";
import { AppError } from "../../base/errors";
import { codeBytes, type EncodedRecord, halfBytes, type RecordShape } from "./vectorRecord";

const CODES_FILE = "codes.index";
const HALVES_FILE = "halves.index";
const FORMAT_VERSION = 1;
/** A head of JSON, padded, with its CRC-32 in the last four bytes. */
const HEAD_BYTES = 512;

export interface IndexPlace {
  readonly folder: string;
  readonly shape: RecordShape;
  /** One process at a time may write; it holds the lock of the folder. */
  readonly mode: "read" | "write";
}

export class IndexFiles {
  readonly #place: IndexPlace;
  readonly #codes: FileHandle;
  readonly #halves: FileHandle;

  private constructor(place: IndexPlace, files: { codes: FileHandle; halves: FileHandle }) {
    this.#place = place;
    this.#codes = files.codes;
    this.#halves = files.halves;
  }

  /**
   * Opens the files, makes new ones where they are missing or of another format or model, and cuts to whole
   * records when it may write.
   * @returns undefined when there is nothing to read yet.
   * @throws AppError `index.unwritable`.
   */
  static async open(place: IndexPlace): Promise<IndexFiles | undefined> {
    if (place.mode === "write") await expectFolder(place.folder);
    const present = await openBoth(place);
    if (present !== undefined) {
      const files = new IndexFiles(place, present);
      if (await files.#hasHead()) return files;
      await files.close();
    }
    if (place.mode === "read") return undefined;
    await deleteIndexFiles(place.folder);
    const made = await openBoth(place, "wx+");
    if (made === undefined) throw unwritable(place.folder, new Error("no file"));
    const files = new IndexFiles(place, made);
    await files.#guarded(() => made.codes.write(headOf(place.shape), 0, HEAD_BYTES, 0));
    return files;
  }

  /** Whole records of integers, a damaged one included; a part of one at the end does not count. */
  async count(): Promise<number> {
    const { shape } = this.#place;
    const { size } = await this.#codes.stat();
    const { size: halves } = await this.#halves.stat();
    const whole = Math.floor(Math.max(0, size - HEAD_BYTES) / codeBytes(shape));
    return Math.min(whole, Math.floor(halves / halfBytes(shape)));
  }

  /** Reads records of integers into a block. @returns how many were there. */
  async readCodes(into: Uint8Array, first: number): Promise<number> {
    const bytes = codeBytes(this.#place.shape);
    let done = 0;
    while (done < into.length) {
      const position = HEAD_BYTES + first * bytes + done;
      const { bytesRead } = await this.#codes.read(into, done, into.length - done, position);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return Math.floor(done / bytes);
  }

  /** One picture's halves; undefined when the file is shorter. The best few are read between two scans. */
  readHalves(slot: number): Buffer | undefined {
    const bytes = halfBytes(this.#place.shape);
    const halves = Buffer.alloc(bytes);
    return readSync(this.#halves.fd, halves, 0, bytes, slot * bytes) === bytes ? halves : undefined;
  }

  /** @param slot how many records there are. @throws AppError `index.unwritable`; nothing was added then. */
  async append(record: EncodedRecord, slot: number): Promise<void> {
    const { shape } = this.#place;
    try {
      await this.#guarded(async () => {
        await writeAll(this.#halves, record.halves, slot * halfBytes(shape));
        await writeAll(this.#codes, record.codes, HEAD_BYTES + slot * codeBytes(shape));
      });
    } catch (thrown) {
      await this.cut(slot).catch(() => undefined);
      throw thrown;
    }
  }

  /** Makes a record none, for each later start. Never throws: one that stays is found damaged again. */
  async spoil(slot: number): Promise<void> {
    const bytes = codeBytes(this.#place.shape);
    const zeros = Buffer.alloc(bytes);
    await writeAll(this.#codes, zeros, HEAD_BYTES + slot * bytes).catch(() => undefined);
  }

  /** Forgets what is behind so many records. @throws AppError `index.unwritable`. */
  async cut(count: number): Promise<void> {
    const { shape } = this.#place;
    await this.#guarded(async () => {
      await this.#codes.truncate(HEAD_BYTES + count * codeBytes(shape));
      await this.#halves.truncate(count * halfBytes(shape));
    });
  }

  async close(): Promise<void> {
    if (this.#place.mode === "write") {
      await this.#halves.datasync().catch(() => undefined);
      await this.#codes.datasync().catch(() => undefined);
    }
    await Promise.all([this.#codes.close(), this.#halves.close()]);
  }

  async #hasHead(): Promise<boolean> {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await this.#codes.read(head, 0, HEAD_BYTES, 0);
    return bytesRead === HEAD_BYTES && head.equals(headOf(this.#place.shape));
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw unwritable(this.#place.folder, cause);
    }
  }
}

/** Bytes of an index on the disk. */
export async function indexBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of [CODES_FILE, HALVES_FILE]) {
    const handle = await open(path.join(folder, name), "r").catch(() => undefined);
    bytes += (await handle?.stat())?.size ?? 0;
    await handle?.close();
  }
  return bytes;
}

/** The integers go first: without them halves mean nothing. @throws AppError `index.unwritable`. */
async function deleteIndexFiles(folder: string): Promise<void> {
  try {
    for (const name of [CODES_FILE, HALVES_FILE]) {
      await rm(path.join(folder, name), { force: true });
    }
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/** What a process that cannot write says. */
export function unwritable(folder: string, cause: unknown): AppError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "unknown reason";
  const why =
    { ENOSPC: "the disk is full", EACCES: "there is no permission", EROFS: "it is read-only" }[
      code
    ] ?? code;
  return new AppError(
    "index.unwritable",
    `The index of pictures in ${folder} cannot be written: ${why}. What was indexed before is kept. SIGHTLINE_HOME names another folder.`,
    { cause, detail: { file: folder } },
  );
}

async function expectFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

async function openBoth(
  { folder, mode }: IndexPlace,
  flags = mode === "write" ? "r+" : "r",
): Promise<{ codes: FileHandle; halves: FileHandle } | undefined> {
  const handles: FileHandle[] = [];
  try {
    for (const name of [CODES_FILE, HALVES_FILE]) {
      handles.push(await open(path.join(folder, name), flags));
    }
  } catch (cause) {
    await Promise.all(handles.map((handle) => handle.close()));
    if (mode === "read" || (cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unwritable(folder, cause);
  }
  const [codes, halves] = handles;
  return codes === undefined || halves === undefined ? undefined : { codes, halves };
}

function headOf({ rows, width }: RecordShape): Buffer {
  const head = Buffer.alloc(HEAD_BYTES, " ");
  head.write(JSON.stringify({ sightlineIndex: FORMAT_VERSION, rows, width }));
  head.writeUInt32LE(crc32(head.subarray(0, HEAD_BYTES - 4)), HEAD_BYTES - 4);
  return head;
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
