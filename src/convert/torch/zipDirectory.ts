/**
 * The directory of a zip as torch writes it, and of no other: stored records, one root, one end. What two
 * readers could understand in two ways is refused, because a scanner and we must see the same file.
 * Unpacks nothing, and uses no name as a path. Format: PKWARE's APPNOTE 6.3.
 */

import type { ByteSource } from "../checkpoint/byteSource";
import { corruptFile, decodeUtf8, quoted } from "../checkpoint/checkpointText";

/** A record that is stored as it is. */
export interface ZipRecord {
  readonly name: string;
  /**
   * Absolute offset of its first byte. Where only the directory was read, the earliest that it can have.
   */
  readonly begin: number;
  readonly bytes: number;
}

/**
 * How much is read. `whole` takes one read for each record, to compare what stands in front of it.
 * `directory` is enough to plan with and takes a few reads: names, types and shapes are right, and offsets
 * may be those that the records can have at the earliest.
 */
export type TorchDepth = "directory" | "whole";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const END_64_BYTES = 56;
const LOCATOR_BYTES = 20;

const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;
/** Ten times the tensors that a file may have names for. */
const MAX_ENTRIES = 1_000_000;
const MAX_DIRECTORY_BYTES = 64 << 20;
const MAX_NAME_BYTES = 1000;

/** Names in UTF-8; sizes that follow the data, because torch writes in one pass. */
const KNOWN_FLAGS = 0x0808;
const SIZES_FOLLOW = 0x0008;
const STORED = 0;

/**
 * Every record by its name.
 * @throws AppError `checkpoint.corrupt`.
 */
export async function readZipDirectory(
  source: ByteSource,
  depth: TorchDepth,
): Promise<ReadonlyMap<string, ZipRecord>> {
  const place = await findDirectory(source);
  const bytes = await source.read(place.begin, place.bytes);
  const entries = readEntries(bytes, { source, place });
  entries.sort((a, b) => a.header - b.header);
  const records = new Map<string, ZipRecord>();
  for (const [i, entry] of entries.entries()) {
    const begin =
      depth === "whole"
        ? await dataOffset(source, entry)
        : entry.header + LOCAL_BYTES + entry.nameBytes.length;
    const limit = entries[i + 1]?.header ?? place.begin;
    if (begin + entry.bytes > limit) {
      throw corruptFile(source, `its record ${quoted(entry.name)} reaches into what follows it`);
    }
    records.set(entry.name, { name: entry.name, begin, bytes: entry.bytes });
  }
  return records;
}

interface DirectoryPlace {
  readonly begin: number;
  readonly bytes: number;
  readonly nEntries: number;
}

async function findDirectory(source: ByteSource): Promise<DirectoryPlace> {
  const tailBytes = END_BYTES + LOCATOR_BYTES + END_64_BYTES;
  const length = Math.min(tailBytes, source.fileBytes);
  if (length < END_BYTES) throw corruptFile(source, "its zip ends early");
  const tail = viewOf(await source.read(source.fileBytes - length, length));
  const at = length - END_BYTES;
  if (tail.getUint32(at, true) !== END || tail.getUint16(at + 20, true) !== 0) {
    throw corruptFile(source, "its zip has no end record as its last bytes, so it is not whole");
  }
  const end = source.fileBytes - END_BYTES;
  const plain = readEnd(tail, at);
  const has64 = length === tailBytes && tail.getUint32(END_64_BYTES, true) === LOCATOR_64;
  if (!has64 && plain.isLarge) throw corruptFile(source, "the end of its zip is not whole");
  const place = has64 ? readEnd64(tail, { source, plain }) : plain;
  const behind = has64 ? end - LOCATOR_BYTES - END_64_BYTES : end;
  if (place.nEntries > MAX_ENTRIES || place.bytes > MAX_DIRECTORY_BYTES) {
    throw corruptFile(source, "the directory of its zip is too large");
  }
  if (plain.disks !== 0 || place.begin + place.bytes !== behind) {
    throw corruptFile(source, "the directory of its zip is not where its end says");
  }
  return place;
}

interface EndRecord extends DirectoryPlace {
  /** 0 for a zip in one piece. */
  readonly disks: number;
  /** True when a number does not fit and another record has it. */
  readonly isLarge: boolean;
}

function readEnd(view: DataView, at: number): EndRecord {
  const nHere = view.getUint16(at + 8, true);
  const nEntries = view.getUint16(at + 10, true);
  const bytes = view.getUint32(at + 12, true);
  const begin = view.getUint32(at + 16, true);
  const disks = view.getUint16(at + 4, true) | view.getUint16(at + 6, true) | (nHere ^ nEntries);
  const isLarge = nEntries === MAX_16 || bytes === MAX_32 || begin === MAX_32;
  return { nEntries, bytes, begin, disks, isLarge };
}

/** The 64-bit record in front of the locator; both must say what the plain one says, where that can. */
function readEnd64(
  tail: DataView,
  { source, plain }: { readonly source: ByteSource; readonly plain: EndRecord },
): DirectoryPlace {
  const number = (at: number): number => {
    const value = safeNumber(tail.getBigUint64(at, true));
    if (value !== undefined) return value;
    throw corruptFile(source, "a number of its zip is larger than any file");
  };
  const nEntries = number(32);
  const bytes = number(40);
  const begin = number(48);
  const isWhole =
    tail.getUint32(0, true) === END_64 &&
    number(4) === END_64_BYTES - 12 &&
    tail.getUint32(16, true) === 0 &&
    tail.getUint32(20, true) === 0 &&
    number(24) === nEntries &&
    tail.getUint32(END_64_BYTES + 4, true) === 0 &&
    number(END_64_BYTES + 8) === source.fileBytes - tail.byteLength &&
    tail.getUint32(END_64_BYTES + 16, true) <= 1;
  const agrees =
    fits(nEntries, plain.nEntries, MAX_16) &&
    fits(bytes, plain.bytes, MAX_32) &&
    fits(begin, plain.begin, MAX_32);
  if (!isWhole || !agrees) throw corruptFile(source, "the two ends of its zip disagree");
  return { nEntries, bytes, begin };
}

/** The plain number is the same, or says that it is to be found elsewhere. */
const fits = (value: number, plain: number, max: number): boolean =>
  plain === value || plain === max;

interface Entry {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  readonly bytes: number;
  /** Offset of the header in front of the data. */
  readonly header: number;
}

function readEntries(
  bytes: Uint8Array,
  { source, place }: { readonly source: ByteSource; readonly place: DirectoryPlace },
): Entry[] {
  const view = viewOf(bytes);
  const entries = new Map<string, Entry>();
  let at = 0;
  for (let i = 0; i < place.nEntries; i++) {
    if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL) {
      throw corruptFile(source, "the directory of its zip is damaged");
    }
    const nameEnd = at + CENTRAL_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    if (extraEnd > bytes.length) throw corruptFile(source, "the directory of its zip is damaged");
    const nameBytes = bytes.subarray(at + CENTRAL_BYTES, nameEnd);
    const extra = bytes.subarray(nameEnd, extraEnd);
    const entry = readEntry(viewOf(bytes, at), { source, nameBytes, extra });
    if (entries.has(entry.name)) {
      throw corruptFile(source, `its zip has two records ${quoted(entry.name)}`);
    }
    if (entry.header + LOCAL_BYTES + nameBytes.length + entry.bytes > place.begin) {
      throw corruptFile(source, `its record ${quoted(entry.name)} would end behind the records`);
    }
    entries.set(entry.name, entry);
    at = extraEnd;
  }
  if (at !== bytes.length) throw corruptFile(source, "the directory of its zip is damaged");
  return [...entries.values()];
}

function readEntry(
  view: DataView,
  { source, nameBytes, extra }: { source: ByteSource; nameBytes: Uint8Array; extra: Uint8Array },
): Entry {
  const name = readName(nameBytes, source);
  const refuse = (what: string): never => {
    throw corruptFile(source, `its record ${quoted(name)} ${what}`);
  };
  const flags = view.getUint16(8, true);
  if ((flags & ~KNOWN_FLAGS) !== 0) refuse("is encrypted or of a kind that torch does not write");
  if (view.getUint16(10, true) !== STORED) refuse("is compressed, which torch never does");
  if (view.getUint16(32, true) !== 0) refuse("has a comment");
  const [whole, packed, header] = wideNumbers(view, extra, refuse);
  if (whole !== packed) refuse("has two sizes");
  const disk = view.getUint16(34, true);
  if (disk !== 0 && disk !== MAX_16) refuse("is on another disk");
  return { name, nameBytes, flags, bytes: whole, header };
}

/** Size, packed size and header offset; what does not fit 32 bits is in the extra field. */
function wideNumbers(
  view: DataView,
  extra: Uint8Array,
  refuse: (what: string) => never,
): readonly [number, number, number] {
  let wide: DataView | undefined;
  const fields = viewOf(extra);
  let at = 0;
  while (at < extra.length) {
    const end = at + 4 + (at + 4 <= extra.length ? fields.getUint16(at + 2, true) : 0);
    if (at + 4 > extra.length || end > extra.length) refuse("has a damaged extra field");
    if (fields.getUint16(at, true) === 1) {
      if (wide !== undefined) refuse("has two wide sizes");
      wide = viewOf(extra.subarray(at + 4, end));
    }
    at = end;
  }
  let next = 0;
  const number = (plain: number): number => {
    if (plain !== MAX_32) return plain;
    if (wide === undefined || next + 8 > wide.byteLength) return refuse("lacks its wide size");
    next += 8;
    return safeNumber(wide.getBigUint64(next - 8, true)) ?? refuse("is larger than any file");
  };
  const whole = number(view.getUint32(24, true));
  const packed = number(view.getUint32(20, true));
  return [whole, packed, number(view.getUint32(42, true))];
}

/** Parts between slashes; none leads anywhere. */
function readName(bytes: Uint8Array, source: ByteSource): string {
  const name = bytes.length <= MAX_NAME_BYTES ? decodeUtf8(bytes, source) : "";
  const parts = name.split("/");
  const isPlain =
    // eslint-disable-next-line no-control-regex -- what no name has
    !/[\x00-\x1f\x7f\\:]/.test(name) &&
    parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (!isPlain) throw corruptFile(source, `its zip has a record with the name ${quoted(name)}`);
  return name;
}

/** Where the data of a record begins, behind a header that says the same as the directory. */
async function dataOffset(source: ByteSource, entry: Entry): Promise<number> {
  const { header, nameBytes, flags } = entry;
  const bytes = await source.read(header, LOCAL_BYTES + nameBytes.length);
  const view = viewOf(bytes);
  const sizes = [view.getUint32(18, true), view.getUint32(22, true)];
  const isSize = (size: number): boolean =>
    size === entry.bytes || size === MAX_32 || (size === 0 && (flags & SIZES_FOLLOW) !== 0);
  const agrees =
    view.getUint32(0, true) === LOCAL &&
    view.getUint16(6, true) === flags &&
    view.getUint16(8, true) === STORED &&
    sizes.every(isSize) &&
    view.getUint16(26, true) === nameBytes.length &&
    Buffer.compare(bytes.subarray(LOCAL_BYTES), nameBytes) === 0;
  if (!agrees) {
    throw corruptFile(
      source,
      `the header of its record ${quoted(entry.name)} is not what the directory says`,
    );
  }
  return header + LOCAL_BYTES + nameBytes.length + view.getUint16(28, true);
}

function safeNumber(value: bigint): number | undefined {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(value);
}

const viewOf = (bytes: Uint8Array, from = 0): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset + from, bytes.byteLength - from);
