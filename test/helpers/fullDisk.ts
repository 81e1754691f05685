/** A disk that is full after some bytes, for everything that is written through file handles. */

import { open, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { temporaryFolder } from "./kitModel";

type Write = (...at: readonly [Buffer, number, number, number]) => unknown;

/** What is written fits in part, and then not at all, as on a real disk. */
export async function onFullDisk(nBytes: number, work: () => Promise<void>): Promise<void> {
  const handle = await open(path.join(await temporaryFolder(), "any"), "w");
  const handles = Object.getPrototypeOf(handle) as { write: Write };
  const { write } = handles;
  let nFree = nBytes;
  handles.write = async function (this: FileHandle, ...[bytes, offset, length, position]) {
    if (nFree === 0) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    const fits = Math.min(length, nFree);
    nFree -= fits;
    return await write.call(this, bytes, offset, fits, position);
  };
  try {
    await work();
  } finally {
    handles.write = write;
    await handle.close();
  }
}
