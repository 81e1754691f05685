/**
 * Writes the entries of an external-data file in any order and knows its sha256 at the end. What is
 * written from the first byte on without a gap is hashed on the way; only the rest is read again.
 */

import { createHash } from "node:crypto";
import { constants, type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { invariant } from "../../base/assert";
import { throwIfAborted } from "../../base/errors";
import type { ManifestFile } from "../../model/folder/manifest";
import { type ConvertWorkers, InThreadWorkers } from "../weights/convertWorkers";
import type { DataFilePlan, PlacedEntry, PlacedInitializer } from "../weights/dataFile";

export interface WriteOptions {
  readonly signal: AbortSignal | undefined;
  /** Called after each write with its size in bytes, at most 16 MiB. */
  readonly onBytes: (bytes: number) => void;
  /** Who does the arithmetic. @default the caller's thread */
  readonly workers?: ConvertWorkers | undefined;
}

/** Bytes that are written between two reports: a big piece must not make the progress stand still. */
const MAX_WRITE_BYTES = 16 << 20;
const READ_BYTES = 4 << 20;

/**
 * Writes a whole file from its first byte to its last.
 * @throws AppError `request.cancelled`; whatever the file system and the sources throw.
 */
export async function writeDataFile(
  plan: DataFilePlan,
  folder: string,
  run: WriteOptions,
): Promise<ManifestFile> {
  const writer = await DataFileWriter.create(plan, folder, run);
  try {
    for (const placed of plan.entries) await writer.write(placed);
    return await writer.finish();
  } finally {
    await writer.close();
  }
}

export class DataFileWriter {
  readonly #plan: DataFilePlan;
  readonly #file: FileHandle;
  readonly #run: WriteOptions;
  readonly #workers: ConvertWorkers;
  readonly #hash = createHash("sha256");
  /** Where the part that is hashed ends. */
  #hashed = 0;
  #isClosed = false;

  private constructor(plan: DataFilePlan, file: FileHandle, run: WriteOptions) {
    this.#plan = plan;
    this.#file = file;
    this.#run = run;
    this.#workers = run.workers ?? new InThreadWorkers();
  }

  /**
   * Begins the file.
   * @throws the file system's error, EEXIST when there is one already.
   */
  static async create(
    plan: DataFilePlan,
    folder: string,
    run: WriteOptions,
  ): Promise<DataFileWriter> {
    const file = await open(path.join(folder, plan.fileName), "wx+");
    return new DataFileWriter(plan, file, run);
  }

  /**
   * Goes on with a file, or begins it.
   * @throws the file system's error.
   */
  static async reopen(
    plan: DataFilePlan,
    folder: string,
    run: WriteOptions,
  ): Promise<DataFileWriter> {
    const { O_RDWR, O_CREAT } = constants;
    const file = await open(path.join(folder, plan.fileName), O_RDWR | O_CREAT);
    return new DataFileWriter(plan, file, run);
  }

  /** Bytes up to the end of what was written furthest behind. */
  async size(): Promise<number> {
    return (await this.#file.stat()).size;
  }

  /** Forgets everything behind an offset. */
  async cutAt(offset: number): Promise<void> {
    await this.#file.truncate(offset);
  }

  /**
   * Writes an entry to its place. Nothing may be written twice.
   * @throws AppError `request.cancelled`; whatever the file system and the entry's sources throw.
   */
  async write({ entry, places }: PlacedEntry): Promise<void> {
    const ends = places.map(({ padding }) => padding);
    for await (const { index, bytes } of entry.produce(this.#workers)) {
      const place = places[index];
      invariant(place !== undefined, `There is no initializer ${index} of ${nameOf(places)}.`);
      const end = await this.#pad(place, ends[index] ?? 0);
      invariant(end + bytes.length <= place.end, wrongLength(place));
      await this.#append(bytes, end);
      ends[index] = end + bytes.length;
    }
    for (const [i, place] of places.entries()) {
      invariant(ends[i] === place.end, wrongLength(place));
    }
  }

  /** Makes what was written safe from a power failure. */
  async sync(): Promise<void> {
    await this.#file.sync();
  }

  /**
   * Hashes what is not hashed yet, makes the file safe and closes it.
   * @throws AppError `request.cancelled`; the file system's error.
   */
  async finish(): Promise<ManifestFile> {
    const { fileName, bytes } = this.#plan;
    const chunk = new Uint8Array(Math.min(READ_BYTES, bytes - this.#hashed));
    while (this.#hashed < bytes) {
      throwIfAborted(this.#run.signal);
      const length = Math.min(chunk.length, bytes - this.#hashed);
      const { bytesRead } = await this.#file.read(chunk, 0, length, this.#hashed);
      invariant(bytesRead > 0, `${fileName} ends at byte ${this.#hashed}.`);
      this.#hash.update(chunk.subarray(0, bytesRead));
      this.#hashed += bytesRead;
    }
    await this.#file.sync();
    await this.close();
    return { path: fileName, bytes, sha256: this.#hash.digest("hex") };
  }

  /** What was written stays. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close();
  }

  /** Zeros before the first byte of an initializer. @returns where its next byte goes. */
  async #pad({ begin }: PlacedInitializer, end: number): Promise<number> {
    if (end < begin) await this.#append(new Uint8Array(begin - end), end);
    return Math.max(begin, end);
  }

  async #append(bytes: Uint8Array, offset: number): Promise<void> {
    for (let begin = 0; begin < bytes.length; begin += MAX_WRITE_BYTES) {
      throwIfAborted(this.#run.signal);
      const step = bytes.subarray(begin, begin + MAX_WRITE_BYTES);
      await this.#writeAll(step, offset + begin);
      if (offset + begin === this.#hashed) {
        this.#hash.update(step);
        this.#hashed += step.length;
      }
      this.#run.onBytes(step.length);
    }
  }

  async #writeAll(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        done,
        bytes.length - done,
        offset + done,
      );
      done += bytesWritten;
    }
  }
}

const nameOf = (places: readonly PlacedInitializer[]): string => places[0]?.name ?? "";

const wrongLength = ({ name }: PlacedInitializer): string =>
  `${name} was written with the wrong length.`;
