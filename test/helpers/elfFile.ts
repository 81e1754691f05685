/** Made-up shared libraries of Linux x64 that ask for others; they hold no code. */

export interface ElfChanges {
  /** Instead of x64's number 62. */
  readonly machine?: number;
  /** Without the segment that says what is asked for. */
  readonly isStatic?: boolean;
  /** Address of the table of names, otherwise that where it is. */
  readonly namesAt?: number;
  /** How long the dynamic section claims to be, in bytes. */
  readonly dynamicBytes?: number;
}

/** Address at which the whole file is loaded. */
const BASE = 0x10000;

/** A library that asks for these. */
export function elfFile(needed: readonly string[], changes: ElfChanges = {}): Buffer {
  const names = Buffer.from(`\0${needed.map((name) => `${name}\0`).join("")}`, "latin1");
  const nSegments = changes.isStatic === true ? 1 : 2;
  const dynamicAt = 64 + nSegments * 56;
  const nEntries = needed.length + 3;
  const namesAt = dynamicAt + nEntries * 16;
  const file = Buffer.alloc(namesAt + names.length);
  file.write("\x7fELF\x02\x01\x01", 0, "latin1");
  file.writeUInt16LE(3, 16);
  file.writeUInt16LE(changes.machine ?? 62, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(nSegments, 56);
  writeSegment(file, 64, { type: 1, offset: 0, address: BASE, bytes: file.length });
  if (changes.isStatic !== true) {
    const bytes = changes.dynamicBytes ?? nEntries * 16;
    const address = BASE + dynamicAt;
    writeSegment(file, 120, { type: 2, offset: dynamicAt, address, bytes });
  }
  let nameAt = 1;
  const entries = needed.map((name): readonly [number, number] => {
    const entry = [1, nameAt] as const;
    nameAt += name.length + 1;
    return entry;
  });
  entries.push([5, changes.namesAt ?? BASE + namesAt], [10, names.length], [0, 0]);
  entries.forEach(([tag, value], index) => {
    file.writeBigInt64LE(BigInt(tag), dynamicAt + index * 16);
    file.writeBigUInt64LE(BigInt(value), dynamicAt + index * 16 + 8);
  });
  names.copy(file, namesAt);
  return file;
}

function writeSegment(
  file: Buffer,
  at: number,
  segment: { type: number; offset: number; address: number; bytes: number },
): void {
  file.writeUInt32LE(segment.type, at);
  file.writeBigUInt64LE(BigInt(segment.offset), at + 8);
  file.writeBigUInt64LE(BigInt(segment.address), at + 16);
  file.writeBigUInt64LE(BigInt(segment.bytes), at + 32);
}
