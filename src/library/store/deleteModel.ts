/** Takes models out of the store, with what was computed with them. */

import { lstat, rm } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { isBundled } from "../../model/folder/world";
import { featureFolder } from "../../engine/picture/featureCache";
import { openModelFolder } from "../../engine/session/modelFolder";
import { demoFolder } from "./demoModel";
import { folderBytes } from "./diskSpace";
import { endEngines } from "./endEngines";
import { withModelLock } from "./modelLock";
import { removeModelFolder } from "./removeModelFolder";
import { isPlainName, unknownModel, type ModelStore } from "./modelStore";

export interface DeleteOptions {
  readonly name: string;
  readonly store: ModelStore;
  /** Folder of the checkpoint that the demo is made from. */
  readonly demoCheckpoint: string;
  /** Called with the folder before it goes, to release what is loaded from it. */
  readonly beforeRemoval?: (folder: string) => Promise<void>;
  /** Of this user's engines. @default that of this machine */
  readonly rollFolder?: string;
}

/**
 * Deletes a model of the store, whole or damaged. The demo comes back when it is next used, and
 * deleting it where there is none frees nothing.
 * @throws AppError `model.missing` for a name that the store does not have, `model.busy` when another
 * process is writing to the model, answers with it or keeps it from being moved.
 */
export async function deleteModel(
  options: DeleteOptions,
): Promise<{ readonly freedBytes: number }> {
  const { name, store } = options;
  const folder = await folderOf(options);
  if (folder === undefined) return { freedBytes: 0 };
  return await withModelLock({ store, folder, ifBusy: "refuse" }, async () => {
    await options.beforeRemoval?.(folder);
    await endEngines(options, folder);
    const features = await featuresOf(folder, store);
    const featureBytes = features === undefined ? 0 : await folderBytes(features);
    const freedBytes = (await folderBytes(folder)) + featureBytes;
    try {
      await removeModelFolder(folder);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") throw await unknownModel(name, store);
      throw new AppError(
        "model.busy",
        `The model "${name}" could not be deleted (${(cause as Error).message}). Close other windows and programs that use it and try again.`,
        { cause, detail: { file: folder } },
      );
    }
    if (features !== undefined) {
      await rm(features, { recursive: true, force: true }).catch(() => undefined);
    }
    return { freedBytes };
  });
}

/** Where the image features of a model are kept; nowhere for a model that cannot be opened. */
async function featuresOf(folder: string, store: ModelStore): Promise<string | undefined> {
  const model = await openModelFolder(folder).catch(() => undefined);
  return model === undefined ? undefined : featureFolder(store.featuresDir, model.identity);
}

/** Undefined for a demo that is not there. */
async function folderOf(options: DeleteOptions): Promise<string | undefined> {
  const { name, store } = options;
  if (isBundled(name)) {
    const { demoCheckpoint } = options;
    const folder = await demoFolder({ model: name, demoCheckpoint, store });
    return (await isFolder(folder)) ? folder : undefined;
  }
  const folder = path.join(store.modelsDir, name);
  if (isPlainName(name) && (await isFolder(folder))) return folder;
  throw await unknownModel(name, store);
}

/** Also for a link to nothing, which is listed as a damaged model. */
async function isFolder(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return found !== undefined && (found.isDirectory() || found.isSymbolicLink());
}
