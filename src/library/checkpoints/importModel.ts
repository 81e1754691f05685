/** Converts a checkpoint, wherever a user's folder hides it, with no other process at the same model. */

import { convertModel, type ConvertOptions, type ConvertResult } from "../../convert/convertModel";
import { findCheckpoint } from "./findCheckpoint";
import { withModelLock } from "../store/modelLock";
import type { ModelStore } from "../store/modelStore";

/**
 * Converts a checkpoint into a folder, of the store or elsewhere.
 * @param options `checkpoint` as `findCheckpoint` takes it.
 * @throws AppError as `findCheckpoint` and `convertModel`; `model.busy` when another process writes to
 * the same folder.
 */
export async function importModel(
  options: ConvertOptions,
  store: ModelStore,
): Promise<ConvertResult> {
  const { folder: checkpoint, name: sourceName } = await findCheckpoint(options.checkpoint);
  return await withModelLock(
    { store, folder: options.out, ifBusy: "refuse", signal: options.signal },
    () => convertModel({ ...options, checkpoint, sourceName }),
  );
}
