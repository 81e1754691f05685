/**
 * Which shared libraries a shared library asks for, read from its file (System V ABI, "Object Files"
 * and "Dynamic Linking"). Nothing is loaded, and no number of the file is trusted.
 */

import { type FileHandle, open } from "node:fs/promises";
import { AppError } from "../../base/errors";

/** Of a 64-bit file: the header, a program header, an entry of the dynamic section. */
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const ENTRY_BYTES = 16;

const MACHINE_X64 = 62;
const SEGMENT = { load: 1, dynamic: 2 } as const;
const TAG = { end: 0, needed: 1, stringTable: 5, stringBytes: 10 } as const;

/** Real libraries have about 10 segments and 40 entries; the names of a large one's symbols 50 MB. */
const MAX_SEGMENTS = 128;
const MAX_ENTRIES = 4096;
const MAX_NAME_BYTES = 256;
/** What can be in LD_LIBRARY_PATH's place is a name; a path would be opened wherever it points. */
const LIBRARY_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;

/**
 * Names such as "libcudart.so.13", in the file's order.
 * @throws AppError `device.unavailable` for a file that cannot be read or is no library for Linux x64.
 */
export async function neededLibraries(file: string): Promise<readonly string[]> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, "r");
    const { size } = await handle.stat();
    return await new ElfFile(handle, size).needed();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError(
      "device.unavailable",
      `${file} is no library for Linux x64: ${why}. Install the CUDA libraries again.`,
      { cause, detail: { file } },
    );
  } finally {
    await handle?.close();
  }
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly bytes: number;
}

class ElfFile {
  readonly #handle: FileHandle;
  readonly #size: number;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  async needed(): Promise<readonly string[]> {
    const segments = await this.#segments();
    const dynamic = segments.find(({ type }) => type === SEGMENT.dynamic);
    if (dynamic === undefined) throw new Error("it has no dynamic section");
    const entries = await this.#entries(dynamic);
    const valueOf = (tag: number): number | undefined =>
      entries.find((entry) => entry.tag === tag)?.value;
    const table = valueOf(TAG.stringTable);
    if (table === undefined) throw new Error("it has no table of names");
    const start = fileOffset(table, segments);
    const end = start + (valueOf(TAG.stringBytes) ?? 0);
    const names: string[] = [];
    for (const { tag, value } of entries) {
      if (tag === TAG.needed) names.push(await this.#name(start + value, end));
    }
    return names;
  }

  async #segments(): Promise<readonly Segment[]> {
    const header = await this.#read(0, HEADER_BYTES);
    // Magic number, 64 bits, little-endian.
    if (header.subarray(0, 6).toString("latin1") !== "\x7fELF\x02\x01") {
      throw new Error("it does not begin like one");
    }
    if (header.readUInt16LE(18) !== MACHINE_X64) throw new Error("it is for another processor");
    const count = header.readUInt16LE(56);
    if (count > MAX_SEGMENTS || header.readUInt16LE(54) !== SEGMENT_BYTES) {
      throw new Error("its program headers are damaged");
    }
    const table = await this.#read(numberAt(header, 32), count * SEGMENT_BYTES);
    return Array.from({ length: count }, (_, index) => {
      const entry = table.subarray(index * SEGMENT_BYTES);
      return {
        type: entry.readUInt32LE(0),
        offset: numberAt(entry, 8),
        address: numberAt(entry, 16),
        bytes: numberAt(entry, 32),
      };
    });
  }

  async #entries({ offset, bytes }: Segment): Promise<readonly { tag: number; value: number }[]> {
    const count = Math.floor(bytes / ENTRY_BYTES);
    if (count > MAX_ENTRIES) throw new Error("its dynamic section is too long");
    const table = await this.#read(offset, count * ENTRY_BYTES);
    const entries: { tag: number; value: number }[] = [];
    for (let index = 0; index < count; index++) {
      const tag = table.readBigInt64LE(index * ENTRY_BYTES);
      // Tags of processors and systems are above 2^28 and nothing to us.
      if (tag < 0n || tag > 0xffffn) continue;
      if (tag === BigInt(TAG.end)) break;
      entries.push({ tag: Number(tag), value: numberAt(table, index * ENTRY_BYTES + 8) });
    }
    return entries;
  }

  async #name(offset: number, end: number): Promise<string> {
    const bytes = await this.#read(offset, Math.min(MAX_NAME_BYTES, end - offset));
    const length = bytes.indexOf(0);
    const name = bytes.toString("latin1", 0, Math.max(0, length));
    if (!LIBRARY_NAME.test(name)) throw new Error("it asks for a library without a proper name");
    return name;
  }

  async #read(offset: number, length: number): Promise<Buffer> {
    if (length < 0 || offset + length > this.#size) throw new Error("it ends too early");
    const { bytesRead, buffer } = await this.#handle.read(Buffer.alloc(length), 0, length, offset);
    if (bytesRead < length) throw new Error("it ends too early");
    return buffer;
  }
}

/** Where an address of the loaded library is in its file. */
function fileOffset(address: number, segments: readonly Segment[]): number {
  const segment = segments.find(
    (one) =>
      one.type === SEGMENT.load && address >= one.address && address < one.address + one.bytes,
  );
  if (segment === undefined) throw new Error("its table of names is not part of it");
  return address - segment.address + segment.offset;
}

/** A 64-bit number; a larger one than JavaScript counts exactly is beyond the end of any file. */
function numberAt(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset));
}
