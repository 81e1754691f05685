/** The indexes of all models as they lie in the store: how large they are, and taking them away. */

import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { withModelLock } from "../../library/store/modelLock";
import type { ModelStore } from "../../library/store/modelStore";
import { searchFolderOf } from "./openIndex";

/** In bytes; of no index nothing. */
export async function sizeOfIndexes(store: ModelStore): Promise<number> {
  const names = await readdir(searchFolderOf(store), { recursive: true }).catch(() => []);
  const sizes = names.map(async (name) => {
    const found = await stat(path.join(searchFolderOf(store), name)).catch(() => undefined);
    return found?.isFile() === true ? found.size : 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/**
 * Deletes them, and what is known of files.
 * @returns how many bytes that freed. @throws AppError `model.busy` while another process writes to one.
 */
export async function deleteIndexes(store: ModelStore): Promise<number> {
  const folder = searchFolderOf(store);
  const before = await sizeOfIndexes(store);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isDirectory())) {
    const index = path.join(folder, entry.name);
    const remove = (): Promise<void> => rm(index, { recursive: true, force: true });
    await withModelLock({ store, folder: index, ifBusy: "refuse" }, remove);
  }
  for (const entry of entries.filter((one) => one.isFile())) {
    await rm(path.join(folder, entry.name), { force: true });
  }
  return Math.max(0, before - (await sizeOfIndexes(store)));
}
