/** Writing a file that is whole or as it was before. */

import { randomUUID } from "node:crypto";
import { readlink, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";

/**
 * Puts a text into a file by a new one that takes its name. A link stays a link, and a pipe or device, which has
 * no name to be taken, is written into.
 * @throws Error of the file system.
 */
export async function writeWholeFile(file: string, text: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile()) {
    await writeFile(file, text);
    return;
  }
  const target = found === undefined ? await absentTarget(file) : await realpath(file);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { flag: "wx" });
    await rename(temporary, target);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw thrown;
  }
}

/** What a link names although it is not there yet. */
async function absentTarget(file: string): Promise<string> {
  const named = await readlink(file).catch(() => undefined);
  return named === undefined ? file : path.resolve(path.dirname(file), named);
}
