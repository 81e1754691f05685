/** The sha256 of a file of a checkpoint, in one pass and two buffers. */

import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { corruptFile } from "../checkpoint/checkpointText";

export interface HashedFile {
  /** Bytes that were there to be hashed. */
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

const READ_BYTES = 4 << 20;

/**
 * Hashes a file; the next bytes are read while the ones before are hashed.
 * @param onBytes called with the bytes of each step; what it throws ends the work.
 * @throws AppError `checkpoint.corrupt` when the file cannot be read: a failed read is no failed write.
 */
export async function hashFile(
  file: string,
  onBytes: (bytes: number) => void,
): Promise<HashedFile> {
  const handle = await open(file).catch((cause: unknown) => unreadable(file, cause));
  try {
    const hash = createHash("sha256");
    let buffers = [new Uint8Array(READ_BYTES), new Uint8Array(READ_BYTES)] as const;
    let bytes = 0;
    for (let next = read(handle, { file, into: buffers[0], at: 0 }); ;) {
      const length = await next;
      if (length === 0) return { bytes, sha256: hash.digest("hex") };
      const [full, empty] = buffers;
      bytes += length;
      next = read(handle, { file, into: empty, at: bytes });
      // A caller that stops here never looks at what was read ahead.
      next.catch(() => undefined);
      buffers = [empty, full];
      hash.update(full.subarray(0, length));
      onBytes(length);
    }
  } finally {
    await handle.close();
  }
}

async function read(
  handle: FileHandle,
  { file, into, at }: { readonly file: string; readonly into: Uint8Array; readonly at: number },
): Promise<number> {
  const step = handle.read(into, 0, into.length, at);
  return (await step.catch((cause: unknown) => unreadable(file, cause))).bytesRead;
}

function unreadable(file: string, cause: unknown): never {
  throw corruptFile({ file }, "its bytes could not be read", cause);
}
