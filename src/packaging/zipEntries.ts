/** Lists what is in a finished .vsix, which is a zip, from its central directory. */

import { readFile } from "node:fs/promises";

// Offsets and signatures from the ZIP specification (APPNOTE.TXT 4.3.12 and 4.3.16).
const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;

/** A file in a zip. */
export interface ZipEntry {
  /** With forward slashes. */
  readonly path: string;
  /** Unpacked size in bytes. */
  readonly nBytes: number;
  readonly nCompressedBytes: number;
}

/**
 * The entries of a zip file.
 * @throws Error when it is no zip or its directory is broken.
 */
export async function listZipEntries(file: string): Promise<readonly ZipEntry[]> {
  const bytes = await readFile(file);
  const end = findEnd(bytes);
  if (end === undefined) throw new Error(`${file} is not a zip file.`);
  const nEntries = bytes.readUInt16LE(end + 10);
  let offset = bytes.readUInt32LE(end + 16);
  const entries: ZipEntry[] = [];
  for (let index = 0; index < nEntries; index++) {
    if (offset + ENTRY_BYTES > end || bytes.readUInt32LE(offset) !== ENTRY_SIGNATURE) {
      throw new Error(`The directory of ${file} is broken at entry ${index}.`);
    }
    const nNameBytes = bytes.readUInt16LE(offset + 28);
    const nameAt = offset + ENTRY_BYTES;
    entries.push({
      path: bytes.toString("utf8", nameAt, nameAt + nNameBytes),
      nCompressedBytes: bytes.readUInt32LE(offset + 20),
      nBytes: bytes.readUInt32LE(offset + 24),
    });
    // The extra field and the comment follow the name.
    offset =
      nameAt + nNameBytes + bytes.readUInt16LE(offset + 30) + bytes.readUInt16LE(offset + 32);
  }
  return entries;
}

/** Where the record at the end begins; a comment may follow it. */
function findEnd(bytes: Buffer): number | undefined {
  const last = bytes.length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at--) {
    if (bytes.readUInt32LE(at) === END_SIGNATURE) return at;
  }
  return undefined;
}
