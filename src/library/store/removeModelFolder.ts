/** Deletes a model's folder: renamed first, so that no half-deleted model is ever found. */

import { randomUUID } from "node:crypto";
import { readdir, rename, rm } from "node:fs/promises";
import path from "node:path";

/** Names of folders on their way out; hidden, so that no list shows them. */
const DELETED_PREFIX = ".deleted-";

/**
 * Deletes a folder, and what earlier calls could not delete beside it.
 * @throws the file system's error when the folder cannot be moved; then it is as it was.
 */
export async function removeModelFolder(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  await rename(folder, path.join(parent, `${DELETED_PREFIX}${randomUUID()}`));
  for (const name of await readdir(parent)) {
    if (!name.startsWith(DELETED_PREFIX)) continue;
    // What another program holds open on Windows goes with a later call.
    await rm(path.join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
