/** Small files in which a Linux system describes itself; missing and unreadable ones are no error. */

import { open, readdir } from "node:fs/promises";
import path from "node:path";

/** A system's files below a folder, so that tests can lay out another machine's. */
export interface SystemFiles {
  /** The text at an absolute path; undefined when there is none. */
  text(file: string): Promise<string | undefined>;
  /** Names in a folder; none when there is no such folder. */
  names(folder: string): Promise<readonly string[]>;
}

/** Files of the kernel tell no size; the cache of a large system's loader has 1 MB. */
const MAX_BYTES = 16 << 20;

/** @param root folder of the system. @default "/" */
export function systemFiles(root = "/"): SystemFiles {
  return {
    text: async (file) => {
      try {
        return await readStart(path.join(root, file));
      } catch {
        return undefined;
      }
    },
    names: async (folder) => {
      try {
        return await readdir(path.join(root, folder));
      } catch {
        return [];
      }
    },
  };
}

/** As latin1, which keeps every byte of a file that is only partly text. */
async function readStart(file: string): Promise<string> {
  const handle = await open(file, "r");
  try {
    const chunks: Buffer[] = [];
    for (let size = 0; size < MAX_BYTES;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
    return Buffer.concat(chunks).toString("latin1");
  } finally {
    await handle.close();
  }
}

const CHUNK_BYTES = 64 << 10;
