/** How much of a disk is used and free; reads sizes only. */

import { lstat, readdir, statfs } from "node:fs/promises";
import path from "node:path";

/** Bytes that this user can still write at a path that need not exist yet; 0 when nobody can tell. */
export async function freeBytesAt(folder: string): Promise<number> {
  for (let parent = path.resolve(folder); ; parent = path.dirname(parent)) {
    const disk = await statfs(parent).catch(() => undefined);
    if (disk !== undefined) return disk.bavail * disk.bsize;
    if (parent === path.dirname(parent)) return 0;
  }
}

/** Bytes of all files below a folder; links count nothing, and neither does what cannot be read. */
export async function folderBytes(folder: string): Promise<number> {
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined || found.isSymbolicLink()) return 0;
  if (!found.isDirectory()) return found.size;
  let total = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    total += await folderBytes(path.join(folder, name));
  }
  return total;
}
