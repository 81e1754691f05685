/**
 * The safetensors file format: a header read with limits, and tensors read lazily, whole or in pieces.
 * A file may come from a stranger, so every number of its header is checked before anything of that
 * size is allocated. Format: https://huggingface.co/docs/safetensors. Knows no BLIP-2.
 */

import type { FileHandle } from "node:fs/promises";

import { invariant } from "../../base/assert";
import { AppError } from "../../base/errors";
import {
  corruptFile,
  decodeUtf8,
  objectMembers,
  openRegularFile,
  parseJson,
  quoted,
  regularFileBytes,
  type Place,
} from "./checkpointText";
import { refuseStrangeFile } from "./strangeFile";

/** Storage types of the format and their bits per element. */
const DTYPE_BITS = {
  ...{ BOOL: 8, U8: 8, I8: 8, U16: 16, I16: 16, U32: 32, I32: 32, U64: 64, I64: 64 },
  ...{ F16: 16, BF16: 16, F32: 32, F64: 64, C64: 64 },
  ...{ F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
  ...{ F6_E2M3: 6, F6_E3M2: 6, F4: 4 },
} as const;

export type SafetensorsDtype = keyof typeof DTYPE_BITS;

/** Where the values of one tensor lie. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  /** Outermost axis first; values are row-major. Empty for a scalar. */
  readonly shape: readonly number[];
  /** Absolute offset of the first byte in `file`. */
  readonly begin: number;
  /** Absolute offset behind the last byte. */
  readonly end: number;
  readonly file: string;
}

export interface SafetensorsHeader {
  readonly file: string;
  readonly fileBytes: number;
  /** Absolute offset of the first tensor. */
  readonly dataOffset: number;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The free texts under `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** A run of consecutive elements of a tensor. */
export interface ElementRange {
  readonly start: number;
  readonly count: number;
}

const LENGTH_BYTES = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
/** A real entry has about 100 characters. */
const MAX_ENTRY_CHARS = 4096;
/** PyTorch's own limit of dimensions. */
const MAX_RANK = 64;
const OPEN_BRACE = 0x7b;

/**
 * Reads and checks the header of a file.
 * @throws AppError `checkpoint.missing` when there is no such file, `checkpoint.corrupt` when the
 * header breaks the format, both naming the file and the tensor.
 */
export async function readSafetensorsHeader(file: string): Promise<SafetensorsHeader> {
  const fileBytes = await regularFileBytes(file);
  return parseSafetensorsHeader(await readHeaderBytes(file), { file, fileBytes });
}

/**
 * The first bytes of a file, its header and what says how long it is; nothing of it is checked.
 * @throws AppError as `readSafetensorsHeader` for a length that no header has.
 */
export async function readHeaderBytes(file: string): Promise<Uint8Array> {
  const fileBytes = await regularFileBytes(file);
  const handle = await openRegularFile(file);
  try {
    await refuseStrangeFile(file);
    const prefix = new Uint8Array(LENGTH_BYTES);
    await readExactly(handle, { place: { file }, position: 0, into: prefix });
    const bytes = new Uint8Array(headerEnd(prefix, { file, fileBytes }));
    await readExactly(handle, { place: { file }, position: 0, into: bytes });
    return bytes;
  } finally {
    await handle.close();
  }
}

/**
 * Where the header of a file ends, which its first eight bytes say.
 * @throws AppError `checkpoint.corrupt` for a length that no header of the file can have.
 */
export function headerEnd(bytes: Uint8Array, source: { file: string; fileBytes: number }): number {
  return LENGTH_BYTES + headerLength(bytes, source);
}

/**
 * `readSafetensorsHeader` on the first bytes of a file, which must hold its whole header.
 * @throws AppError `checkpoint.corrupt`.
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  source: { file: string; fileBytes: number },
): SafetensorsHeader {
  const { file, fileBytes } = source;
  const dataOffset = headerEnd(bytes, source);
  if (bytes.length < dataOffset) throw corruptFile({ file }, "it ends inside its header");
  const text = decodeHeader(bytes.subarray(LENGTH_BYTES, dataOffset), file);
  const tensors = new Map<string, TensorInfo>();
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, entry] of objectMembers(text, { file })) {
    if (name === "__metadata__") metadata = readMetadata(entry, file);
    else tensors.set(name, readEntry(entry, { name, file, dataOffset, fileBytes }));
  }
  expectContiguous([...tensors.values()], { file, dataOffset, fileBytes });
  return { file, fileBytes, dataOffset, tensors, metadata };
}

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
      await readExactly(handle, { place, position, into: target });
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

function headerLength(bytes: Uint8Array, source: { file: string; fileBytes: number }): number {
  if (bytes.length < LENGTH_BYTES) throw corruptFile(source, "it ends inside its header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw corruptFile(source, `its header would be above ${MAX_HEADER_BYTES} bytes, the limit`);
  }
  if (Number(length) > source.fileBytes - LENGTH_BYTES) {
    throw corruptFile(source, `its header would be longer than the file (${length} bytes)`);
  }
  return Number(length);
}

function decodeHeader(bytes: Uint8Array, file: string): string {
  if (bytes[0] !== OPEN_BRACE) throw corruptFile({ file }, 'its header does not start with "{"');
  return decodeUtf8(bytes, { file });
}

function readMetadata(text: string, file: string): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  for (const [key, valueText] of objectMembers(text, { file })) {
    const value = parseJson(valueText, { file });
    if (typeof value !== "string") {
      throw corruptFile({ file }, `${quoted(key)} in its __metadata__ is no text`);
    }
    metadata.set(key, value);
  }
  return metadata;
}

interface EntrySource {
  readonly name: string;
  readonly file: string;
  readonly dataOffset: number;
  readonly fileBytes: number;
}

function readEntry(text: string, source: EntrySource): TensorInfo {
  const { name, file, dataOffset } = source;
  const place = { file, tensor: name };
  const fail = (what: string): never => {
    throw corruptFile(place, what);
  };
  if (text.length > MAX_ENTRY_CHARS) fail(`its entry has more than ${MAX_ENTRY_CHARS} characters`);
  const fields = objectMembers(text, place);
  for (const valueText of fields.values()) parseJson(valueText, place);
  const dtype = parseJson(fields.get("dtype") ?? "null", place);
  if (!isDtype(dtype)) return fail("its dtype is not one of the safetensors format");
  const shape = readNumbers(fields.get("shape"));
  if (shape === undefined || shape.length > MAX_RANK) {
    return fail(`its shape is not a list of at most ${MAX_RANK} whole numbers`);
  }
  const [begin, end, ...rest] = readNumbers(fields.get("data_offsets")) ?? [];
  if (begin === undefined || end === undefined || rest.length > 0) {
    return fail("its data_offsets are not two whole numbers");
  }
  if (begin > end) return fail(`its data_offsets run backwards, from ${begin} to ${end}`);
  if (end > source.fileBytes - dataOffset) {
    return fail("its data would end behind the file's end, so the file is not whole");
  }
  let nBits: number = DTYPE_BITS[dtype];
  for (const size of shape) {
    nBits *= size;
    if (!Number.isSafeInteger(nBits)) return fail("its shape is larger than any file");
  }
  if (nBits !== (end - begin) * 8) {
    return fail(`its data has ${end - begin} bytes, its shape and dtype need ${nBits / 8}`);
  }
  return { name, dtype, shape, begin: dataOffset + begin, end: dataOffset + end, file };
}

function isDtype(value: unknown): value is SafetensorsDtype {
  return typeof value === "string" && Object.hasOwn(DTYPE_BITS, value);
}

/** The value of valid JSON that is a list of plain non-negative integers; the format has no signs, fractions or exponents. */
function readNumbers(text: string | undefined): readonly number[] | undefined {
  if (text === undefined || !/^\[[\d,\s]*\]\s*$/.test(text)) return undefined;
  const numbers = JSON.parse(text) as readonly number[];
  return numbers.every((value) => Number.isSafeInteger(value)) ? numbers : undefined;
}

/** The format demands that the tensors cover the data of the file, each byte once. */
function expectContiguous(
  tensors: TensorInfo[],
  source: { file: string; dataOffset: number; fileBytes: number },
): void {
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = source.dataOffset;
  for (const { name, begin, end } of tensors) {
    if (begin !== covered) {
      const what =
        begin < covered ? "its data overlaps another tensor's" : "a gap precedes its data";
      throw corruptFile({ file: source.file, tensor: name }, what);
    }
    covered = end;
  }
  if (covered !== source.fileBytes) {
    const extra = source.fileBytes - covered;
    throw corruptFile(source, `${extra} bytes behind the last tensor belong to none`);
  }
}

function locate(
  info: TensorInfo,
  range: ElementRange | undefined,
): { position: number; nBytes: number } {
  if (range === undefined) return { position: info.begin, nBytes: info.end - info.begin };
  const bits = DTYPE_BITS[info.dtype];
  const skipped = (range.start * bits) / 8;
  const nBytes = (range.count * bits) / 8;
  const isInside = skipped >= 0 && nBytes >= 0 && skipped + nBytes <= info.end - info.begin;
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

// Linux reads at most 2 GiB - 4 KiB at once, and Node no more than 2^31 - 1 bytes.
const MAX_READ_BYTES = 1 << 30;

/** Fills `into` from the given offset of the file on. */
async function readExactly(
  handle: FileHandle,
  request: { place: Place; position: number; into: Uint8Array },
): Promise<void> {
  const { place, position, into } = request;
  let offset = 0;
  while (offset < into.length) {
    const length = Math.min(into.length - offset, MAX_READ_BYTES);
    const { bytesRead } = await handle
      .read(into, offset, length, position + offset)
      .catch((cause: unknown) => {
        throw corruptFile(place, "its bytes could not be read", cause);
      });
    if (bytesRead === 0) {
      throw corruptFile(place, `the file ends early, at byte ${position + offset}`);
    }
    offset += bytesRead;
  }
}
