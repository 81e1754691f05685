/**
 * The demo that comes with the program as a checkpoint: converted into the store when it is first
 * used, found there afterwards, and made again when it is damaged.
 */

import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../base/errors";
import { convertModel } from "../convert/convertModel";
import { openModelFolder, verifyFiles } from "../engine/modelFolder";
import { demoFolderName, type ModelStore } from "../engine/modelStore";
import { GRAPH_CONTRACT_VERSION } from "../model/graphContract";
import { MANIFEST_FORMAT_VERSION } from "../model/manifest";
import type { ByteProgress } from "./progressLine";

export interface DemoOptions {
  /** Folder of the checkpoint. */
  readonly checkpoint: string;
  readonly store: ModelStore;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ByteProgress) => void;
}

/** It is small, so the answers may as well be those of the reference. */
const PRECISION = "f32";

/**
 * The folder of the converted demo, intact. Several processes may call this at once.
 * @throws AppError `checkpoint.missing` when the checkpoint is not part of the installation,
 * `convert.failed` when the store cannot be written, `request.cancelled`.
 */
export async function ensureDemoModel(options: DemoOptions): Promise<string> {
  const folder = await demoFolder(options);
  const state = await stateOf(folder);
  if (state === "intact") return folder;
  // Only ours is ever at this path, so a damaged one may go.
  if (state === "damaged") {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
  try {
    await convertModel({
      checkpoint: options.checkpoint,
      out: folder,
      precision: PRECISION,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    });
  } catch (thrown) {
    // Another process was faster; its model is as good as ours.
    if ((await stateOf(folder)) === "intact") return folder;
    throw explain(thrown);
  }
  return folder;
}

/**
 * Where the demo of this version lies in the store: another checkpoint, format or precision has
 * another folder.
 * @throws AppError `checkpoint.missing`.
 */
export async function demoFolder(
  options: Pick<DemoOptions, "checkpoint" | "store">,
): Promise<string> {
  const hash = createHash("sha256");
  hash.update(`${MANIFEST_FORMAT_VERSION} ${GRAPH_CONTRACT_VERSION} ${PRECISION}\n`);
  try {
    for (const name of (await readdir(options.checkpoint)).sort()) {
      const bytes = await readFile(path.join(options.checkpoint, name));
      hash.update(`${name} ${bytes.length}\n`).update(bytes);
    }
  } catch (cause) {
    throw new AppError(
      "checkpoint.missing",
      `The demo model is missing from this installation: ${options.checkpoint} cannot be read. Install Sightline again, or choose a model with --model.`,
      { cause, detail: { file: options.checkpoint } },
    );
  }
  return path.join(options.store.modelsDir, demoFolderName(hash.digest("hex")));
}

/** Compares every byte with the manifest, which takes milliseconds for a model of this size. */
async function stateOf(folder: string): Promise<"absent" | "damaged" | "intact"> {
  try {
    await verifyFiles(await openModelFolder(folder));
    return "intact";
  } catch {
    const isThere = await readdir(folder).then(
      () => true,
      () => false,
    );
    return isThere ? "damaged" : "absent";
  }
}

function explain(thrown: unknown): unknown {
  if (!(thrown instanceof AppError) || thrown.code !== "convert.failed") return thrown;
  return new AppError(
    "convert.failed",
    `The demo model cannot be kept. ${thrown.message} SIGHTLINE_HOME names the folder for models.`,
    { cause: thrown, ...(thrown.detail === undefined ? {} : { detail: thrown.detail }) },
  );
}
