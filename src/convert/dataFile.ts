/**
 * The external-data file of one part: first planned, so that graphs can refer to offsets, then written
 * piece by piece with its sha256.
 */

import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { invariant } from "../base/assert";
import { throwIfAborted } from "../base/errors";
import type { OnnxDataType, OnnxInitializer } from "../model/onnxProto";
import type { ManifestFile } from "../model/manifest";

/** One initializer's place in the file. */
export interface PlannedInitializer {
  readonly name: string;
  readonly dataType: OnnxDataType;
  readonly dims: readonly number[];
  readonly bytes: number;
}

/** Bytes of the n-th initializer of an entry, in order; an initializer may come in several pieces. */
export interface Piece {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** One or several initializers that are computed in one pass over their source. */
export interface DataEntry {
  readonly initializers: readonly PlannedInitializer[];
  readonly produce: () => AsyncIterable<Piece>;
}

/** Bytes that are written between two reports: a big piece must not make the progress stand still. */
const MAX_WRITE_BYTES = 16 << 20;

/** Whole pages, so that the file can be mapped into memory; small vectors need no more than a cache line. */
const PAGE = 4096;
const CACHE_LINE = 64;

const BYTES_OF: Readonly<Record<OnnxDataType, number>> = {
  float32: 4,
  float16: 2,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};

/** An initializer with its size in bytes worked out. */
export function planInitializer(
  name: string,
  dataType: OnnxDataType,
  dims: readonly number[],
): PlannedInitializer {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { name, dataType, dims, bytes: count * BYTES_OF[dataType] };
}

export class DataFilePlan {
  readonly fileName: string;
  readonly #entries: { readonly entry: DataEntry; readonly offsets: readonly number[] }[] = [];
  readonly #placed = new Map<string, OnnxInitializer>();
  #end = 0;

  constructor(fileName: string) {
    this.fileName = fileName;
  }

  get bytes(): number {
    return this.#end;
  }

  /** Places an entry, or finds it when another graph of the same file placed it before. */
  place(entry: DataEntry): readonly OnnxInitializer[] {
    const first = entry.initializers[0];
    invariant(first !== undefined, "An entry needs an initializer.");
    if (!this.#placed.has(first.name)) {
      const offsets = entry.initializers.map((initializer) => this.#reserve(initializer));
      this.#entries.push({ entry, offsets });
    }
    return entry.initializers.map((initializer) => {
      const placed = this.#placed.get(initializer.name);
      invariant(placed !== undefined, `${initializer.name} was placed without its siblings.`);
      return placed;
    });
  }

  #reserve(initializer: PlannedInitializer): number {
    const { name, dataType, dims, bytes } = initializer;
    invariant(!this.#placed.has(name), `The initializer ${name} is planned twice.`);
    const offset = alignUp(this.#end, bytes >= PAGE ? PAGE : CACHE_LINE);
    this.#end = offset + bytes;
    const data = { location: this.fileName, offset, length: bytes };
    this.#placed.set(name, { name, dataType, dims, data });
    return offset;
  }

  /**
   * Writes the file.
   * @throws AppError `request.cancelled`; whatever the file system and the sources throw.
   */
  async write(folder: string, run: WriteOptions): Promise<ManifestFile> {
    const file = await open(`${folder}/${this.fileName}`, "wx");
    const hash = createHash("sha256");
    let end = 0;
    const append = async (bytes: Uint8Array): Promise<void> => {
      for (let begin = 0; begin < bytes.length; begin += MAX_WRITE_BYTES) {
        throwIfAborted(run.signal);
        const step = bytes.subarray(begin, begin + MAX_WRITE_BYTES);
        hash.update(step);
        await writeAll(file, step);
        end += step.length;
        run.onBytes(step.length);
      }
    };
    try {
      for (const { entry, offsets } of this.#entries) {
        for await (const piece of entry.produce()) {
          const offset = offsets[piece.index] ?? 0;
          if (end < offset) await append(new Uint8Array(offset - end));
          await append(piece.bytes);
        }
        const last = entry.initializers.at(-1);
        invariant(
          end === (offsets.at(-1) ?? 0) + (last?.bytes ?? 0),
          `${last?.name ?? ""} was written with the wrong length.`,
        );
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { path: this.fileName, bytes: end, sha256: hash.digest("hex") };
  }
}

export interface WriteOptions {
  readonly signal: AbortSignal | undefined;
  /** Called after each write with its size in bytes, at most 16 MiB. */
  readonly onBytes: (bytes: number) => void;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await file.write(bytes, done, bytes.length - done)).bytesWritten;
  }
}

const alignUp = (value: number, step: number): number => Math.ceil(value / step) * step;
