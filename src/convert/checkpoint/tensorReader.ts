/**
 * The values of tensors of weight files: read lazily, whole or in pieces, in row-major order whatever the
 * file's own order is. Knows no format of a file.
 */

import type { FileHandle } from "node:fs/promises";

import { invariant } from "../../base/assert";
import { AppError } from "../../base/errors";
import { readExactly } from "./byteSource";
import { openRegularFile, quoted } from "./checkpointText";
import { gather, isView } from "./stridedView";
import { DTYPE_BITS, type ElementRange, tensorBytes, type TensorInfo } from "./tensorInfo";

/** Where the bytes of tensors come from. */
export interface TensorBytes {
  /** As `TensorReader.read`. */
  read(info: TensorInfo, range?: ElementRange, into?: Uint8Array): Promise<Uint8Array>;
}

/**
 * Reads the bytes of tensors. Files are opened by the first read and a few stay open, the ones used
 * last. Reads may overlap in time.
 */
export class TensorReader implements TensorBytes {
  /** Oldest use first. */
  readonly #files = new Map<string, { handle: Promise<FileHandle>; nReads: number }>();
  readonly #maxFiles: number;
  #isClosed = false;

  /** @param options.maxFiles Files that stay open while nothing is read. @default 4 */
  constructor(options: { maxFiles?: number } = {}) {
    this.#maxFiles = options.maxFiles ?? 4;
  }

  /**
   * The little-endian bytes of a tensor or of a range of its elements; read into the start of `into`
   * when it is given, and then the result is a view of it.
   * @throws AppError `checkpoint.corrupt` when the file ends early, `checkpoint.missing` when it is
   * gone, `convert.failed` when there is no memory for the bytes.
   */
  async read(info: TensorInfo, range?: ElementRange, into?: Uint8Array): Promise<Uint8Array> {
    const { position, nBytes } = locate(info, range);
    const target = into?.subarray(0, nBytes) ?? allocate(nBytes, info);
    invariant(target.length === nBytes, `The buffer for "${info.name}" is below ${nBytes} bytes.`);
    const entry = this.#use(info.file);
    try {
      const handle = await entry.handle;
      const place = { file: info.file, tensor: info.name };
      const read = (at: number, part: Uint8Array): Promise<void> =>
        readExactly(handle, { place, position: at, into: part });
      if (isView(info)) await gather(info, { range, into: target, read });
      else await read(position, target);
    } finally {
      entry.nReads -= 1;
      await this.#closeIdle();
    }
    return target;
  }

  /** Closes a file that nothing reads any more, so that it can be deleted. */
  async release(file: string): Promise<void> {
    const entry = this.#files.get(file);
    this.#files.delete(file);
    const handle = await entry?.handle.catch(() => undefined);
    await handle?.close();
  }

  /** Closes every file; reads under way and later ones fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const files = [...this.#files.values()];
    this.#files.clear();
    // A file that could not be opened has already failed the read that asked for it.
    const handles = await Promise.allSettled(files.map(({ handle }) => handle));
    await Promise.all(
      handles.map(async (result) => {
        if (result.status === "fulfilled") await result.value.close();
      }),
    );
  }

  #use(file: string): { handle: Promise<FileHandle>; nReads: number } {
    invariant(!this.#isClosed, `${file} was asked for after the reader was closed.`);
    const entry = this.#files.get(file) ?? { handle: openRegularFile(file), nReads: 0 };
    entry.nReads += 1;
    // Deleting first moves the file to the end of the map's order.
    this.#files.delete(file);
    this.#files.set(file, entry);
    entry.handle.catch(() => {
      if (this.#files.get(file) === entry) this.#files.delete(file);
    });
    return entry;
  }

  async #closeIdle(): Promise<void> {
    for (const [file, entry] of this.#files) {
      if (this.#files.size <= this.#maxFiles) return;
      if (entry.nReads > 0) continue;
      this.#files.delete(file);
      await (await entry.handle).close();
    }
  }
}

function locate(
  info: TensorInfo,
  range: ElementRange | undefined,
): { position: number; nBytes: number } {
  const allBytes = tensorBytes(info);
  if (range === undefined) return { position: info.begin, nBytes: allBytes };
  const bits = DTYPE_BITS[info.dtype];
  const skipped = (range.start * bits) / 8;
  const nBytes = (range.count * bits) / 8;
  const isInside = skipped >= 0 && nBytes >= 0 && skipped + nBytes <= allBytes;
  invariant(
    isInside && Number.isInteger(skipped) && Number.isInteger(nBytes),
    `Elements ${range.start} + ${range.count} are outside the tensor "${info.name}".`,
  );
  return { position: info.begin + skipped, nBytes };
}

function allocate(nBytes: number, info: TensorInfo): Uint8Array {
  try {
    return new Uint8Array(nBytes);
  } catch (cause) {
    throw new AppError(
      "convert.failed",
      `There is no memory for the ${nBytes} bytes of tensor ${quoted(info.name)} of ${info.file}. Close other programs and try again.`,
      { cause, detail: { file: info.file, tensor: info.name } },
    );
  }
}
