/**
 * The safetensors file format: a header read with limits.
 * A file may come from a stranger, so every number of its header is checked before anything of that
 * size is allocated. Format: https://huggingface.co/docs/safetensors. Knows no BLIP-2.
 */

import { withFileBytes, type ByteSource } from "./byteSource";
import { corruptFile, decodeUtf8, objectMembers, parseJson, quoted } from "./checkpointText";
import { refuseStranger, STRANGER_BYTES } from "./strangeFile";
import { DTYPE_BITS, type TensorDtype, type TensorInfo, type WeightHeader } from "./tensorInfo";

export interface SafetensorsHeader extends WeightHeader {
  /** Absolute offset of the first tensor. */
  readonly dataOffset: number;
  /** The free texts under `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
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
  return await withFileBytes(file, safetensorsHeader);
}

/** The same for a file wherever it is. */
export async function safetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const { fileBytes } = source;
  refuseStranger(await source.read(0, Math.min(STRANGER_BYTES, fileBytes)), source.file);
  const prefix = await source.read(0, Math.min(LENGTH_BYTES, fileBytes));
  return parseSafetensorsHeader(await source.read(0, headerEnd(prefix, source)), source);
}

/** Where the header of a file ends, which its first eight bytes say. */
function headerEnd(bytes: Uint8Array, source: { file: string; fileBytes: number }): number {
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

function isDtype(value: unknown): value is TensorDtype {
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
