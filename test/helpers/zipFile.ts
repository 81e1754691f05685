/** Writes zip archives (APPNOTE 6.3), also ones that lie. */

import { crc32, deflateRawSync } from "node:zlib";

export interface ZipItem {
  readonly name: string;
  readonly content: Buffer;
  /** What the archive says of the unpacked size. @default the truth */
  readonly claimedBytes?: number;
}

/** An archive with these files, deflated. */
export function zipFile(items: readonly ZipItem[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const item of items) {
    const packed = deflateRawSync(item.content);
    const name = Buffer.from(item.name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0); // Version needed.
    fields.writeUInt16LE(8, 4); // Deflate.
    fields.writeUInt32LE(crc32(item.content), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(item.claimedBytes ?? item.content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, name, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.from([20, 0]), fields, tail, name]),
    );
    locals.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(items.length, 4);
  end.writeUInt16LE(items.length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, entries, Buffer.from("PK\x05\x06"), end]);
}
