/**
 * The bytes of a weight file by their place, wherever the file is: on the disk, or still at the hub.
 * Knows no format.
 */

import type { FileHandle } from "node:fs/promises";

import { corruptFile, openRegularFile, regularFileBytes, type Place } from "./checkpointText";

/** A file that can be read in pieces. */
export interface ByteSource {
  /** For messages. */
  readonly file: string;
  readonly fileBytes: number;
  /**
   * Exactly `length` bytes from `position` on; nobody changes them.
   * @throws AppError `checkpoint.corrupt` when the file ends early.
   */
  read(position: number, length: number): Promise<Uint8Array>;
}

/**
 * Lends a file of the disk to whoever reads its header.
 * @throws AppError `checkpoint.missing`, and what the reading throws.
 */
export async function withFileBytes<T>(
  file: string,
  use: (source: ByteSource) => Promise<T>,
): Promise<T> {
  const fileBytes = await regularFileBytes(file);
  const handle = await openRegularFile(file);
  try {
    return await use({
      file,
      fileBytes,
      read: async (position, length) => {
        if (length > fileBytes - position) {
          throw corruptFile({ file }, `the file ends early, at byte ${fileBytes}`);
        }
        const into = new Uint8Array(length);
        await readExactly(handle, { place: { file }, position, into });
        return into;
      },
    });
  } finally {
    await handle.close();
  }
}

// Linux reads at most 2 GiB - 4 KiB at once, and Node no more than 2^31 - 1 bytes.
const MAX_READ_BYTES = 1 << 30;

/** Fills `into` from the given offset of the file on. */
export async function readExactly(
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
