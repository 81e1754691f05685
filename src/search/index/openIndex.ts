/** A model's index in the store: its folder, its shape, and who may write it. */

import { createHash } from "node:crypto";
import path from "node:path";
import { AppError } from "../../base/errors";
import { DECODER } from "../../engine/picture/imageStage";
import { openModelFolder } from "../../engine/session/modelFolder";
import type { SessionFactory } from "../../engine/session/session";
import { withModelLock } from "../../library/store/modelLock";
import type { ModelStore } from "../../library/store/modelStore";
import { cannotText } from "../../model/ask/capabilities";
import type { AlphaMode } from "../../model/ask/request";
import { isComparing } from "../../model/config/modelConfig";
import { openFlatIndex } from "./flatIndex";
import type { PictureIndex } from "./pictureIndex";
import type { RecordShape } from "./vectorRecord";

export interface IndexOfModel {
  readonly store: ModelStore;
  /** Of the converted model. */
  readonly modelFolder: string;
  /** How transparent pictures are looked at. */
  readonly alpha: AlphaMode;
  readonly factory: SessionFactory;
}

/** Where the index of a model lies, and what its records are. */
export interface IndexPlan {
  readonly folder: string;
  /** The same for the same model on any machine. */
  readonly key: string;
  readonly shape: RecordShape;
}

/** Folder of all indexes, and of what is known of files. */
export function searchFolderOf(store: ModelStore): string {
  return path.join(store.root, "search");
}

/** The file of `KnownFiles`. */
export function knownFilesOf(store: ModelStore): string {
  return path.join(searchFolderOf(store), "files.jsonl");
}

/**
 * Another model, another way to decode or to lay transparent pictures on a ground has another index.
 * @throws AppError `model.missing`, `model.corrupt`, `model.unsupported` for one that compares nothing.
 */
export async function planIndex({
  store,
  modelFolder,
  alpha,
}: Omit<IndexOfModel, "factory">): Promise<IndexPlan> {
  const { name, identity, config } = await openModelFolder(modelFolder);
  if (!isComparing(config)) throw new AppError("model.unsupported", cannotText(name, "scores"));
  const key = createHash("sha256").update(`${identity} ${DECODER} ${alpha}`).digest("hex");
  const rows = config.family === "blip" ? 1 : config.numQueryTokens;
  return {
    folder: path.join(searchFolderOf(store), key.slice(0, 16)),
    key: key.slice(0, 16),
    shape: { rows, width: config.projectionSize },
  };
}

/**
 * Works with an index that can be written, or with one that can only be read while another process writes.
 * @param place `wanted`: what is enough. @default write
 * @throws AppError `index.unwritable`, and what the work throws.
 */
export async function withIndex<T>(
  plan: IndexPlan,
  place: Pick<IndexOfModel, "store" | "factory"> & { readonly wanted?: "read" | "write" },
  work: (index: PictureIndex, mode: "read" | "write") => Promise<T>,
): Promise<T> {
  const { store, factory, wanted = "write" } = place;
  const run = async (mode: "read" | "write"): Promise<T> => {
    const index = await openFlatIndex({ ...plan, factory, mode });
    try {
      return await work(index, mode);
    } finally {
      await index.close();
    }
  };
  if (wanted === "read") return await run("read");
  const lock = { isHeld: false };
  try {
    return await withModelLock({ store, folder: plan.folder, ifBusy: "refuse" }, () => {
      lock.isHeld = true;
      return run("write");
    });
  } catch (thrown) {
    const isBusy = !lock.isHeld && thrown instanceof AppError && thrown.code === "model.busy";
    if (!isBusy) throw thrown;
    return await run("read");
  }
}
