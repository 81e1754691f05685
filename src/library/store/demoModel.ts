/**
 * The demos that come with the program as checkpoints: each is converted into the store when it is first
 * used, found there afterwards, and made again when it is damaged.
 */

import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { optional } from "../../base/optional";
import { convertModel, type ConvertProgress } from "../../convert/convertModel";
import { openModelFolder, verifyFiles } from "../../engine/session/modelFolder";
import { type BundledModel, DEMO_MODEL } from "../../model/folder/world";
import { GRAPH_CONTRACT_VERSION } from "../../model/graph/graphContract";
import { MANIFEST_FORMAT_VERSION } from "../../model/folder/manifest";
import { withModelLock } from "./modelLock";
import { demoFolderName, demoOf, folderNames, type ModelStore } from "./modelStore";
import { removeModelFolder } from "./removeModelFolder";

export interface DemoOptions {
  /** @default the one that answers */
  readonly model?: BundledModel;
  /** Folder of the checkpoint of the one that answers; the others lie beside it. */
  readonly demoCheckpoint: string;
  readonly store: ModelStore;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
}

/** They are small, so the answers may as well be those of the reference. */
const PRECISION = "f32";

/** A demo of another version that nobody used for so long is not used any more, in ms. */
const UNUSED_MS = 24 * 60 * 60 * 1000;

/**
 * The folder of the converted demo, intact. Several processes may call this at once: one converts, and
 * the others wait for it.
 * @throws AppError `checkpoint.missing` when the checkpoint is not part of the installation,
 * `convert.failed` when the store cannot be written, `request.cancelled`.
 */
export async function ensureDemoModel(options: DemoOptions): Promise<string> {
  const folder = await demoFolder(options);
  if ((await stateOf(folder)) !== "intact") {
    const { store, signal } = options;
    await withModelLock({ store, folder, signal, ifBusy: "wait" }, () => makeDemo(folder, options));
  }
  // Tells other versions of this program that this one is in use.
  const now = new Date();
  await utimes(folder, now, now).catch(() => undefined);
  return folder;
}

/**
 * Where the demo of this version lies in the store: another checkpoint, format or precision has
 * another folder.
 * @throws AppError `checkpoint.missing`.
 */
export async function demoFolder(
  options: Pick<DemoOptions, "model" | "demoCheckpoint" | "store">,
): Promise<string> {
  const checkpoint = checkpointOf(options);
  const hash = createHash("sha256");
  hash.update(`${MANIFEST_FORMAT_VERSION} ${GRAPH_CONTRACT_VERSION} ${PRECISION}\n`);
  try {
    for (const name of (await readdir(checkpoint)).sort()) {
      const bytes = await readFile(path.join(checkpoint, name));
      hash.update(`${name} ${bytes.length}\n`).update(bytes);
    }
  } catch (cause) {
    throw new AppError(
      "checkpoint.missing",
      `The demo model is missing from this installation: ${checkpoint} cannot be read. Install Sightline again, or choose a model with --model.`,
      { cause, detail: { file: checkpoint } },
    );
  }
  const name = demoFolderName(options.model ?? DEMO_MODEL, hash.digest("hex"));
  return path.join(options.store.modelsDir, name);
}

function checkpointOf({ model = DEMO_MODEL, demoCheckpoint }: Omit<DemoOptions, "store">): string {
  return model === DEMO_MODEL ? demoCheckpoint : path.join(path.dirname(demoCheckpoint), model);
}

async function makeDemo(folder: string, options: DemoOptions): Promise<void> {
  const { store, signal, onProgress } = options;
  const state = await stateOf(folder);
  // Another process was faster.
  if (state === "intact") return;
  // Only ours is ever at this path, so a damaged one may go.
  if (state === "damaged") {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
  try {
    await convertModel({
      checkpoint: checkpointOf(options),
      out: folder,
      precision: PRECISION,
      ...optional({ signal, onProgress }),
    });
  } catch (thrown) {
    // A process that did not see the lock was faster; its model is as good as ours.
    if ((await stateOf(folder)) === "intact") return;
    throw explain(thrown);
  }
  await pruneDemos(store, folder);
}

/** Deletes the same demo of other versions that nobody uses; what cannot be deleted now stays. */
async function pruneDemos(store: ModelStore, kept: string): Promise<void> {
  for (const name of await folderNames(store)) {
    const folder = path.join(store.modelsDir, name);
    if (demoOf(name) !== demoOf(path.basename(kept)) || folder === kept) continue;
    const found = await stat(folder).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs < UNUSED_MS) continue;
    await removeModelFolder(folder).catch(() => undefined);
  }
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
    { cause: thrown, ...optional({ detail: thrown.detail }) },
  );
}
