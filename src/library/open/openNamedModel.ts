/** From what a user calls a model to its folder, and to an engine. */

import path from "node:path";
import { AppError, throwIfAborted } from "../../base/errors";
import type { Logger } from "../../base/logger";
import type { ConvertProgress } from "../../convert/convertModel";
import type { Blip2Engine, EngineOptions } from "../../engine/blip2Engine";
import { openModelFolder } from "../../engine/session/modelFolder";
import type { ModelParts } from "../../engine/session/modelParts";
import type { SessionFactory } from "../../engine/session/session";
import { machineMemory } from "../../machine/freeMemory";
import { isDemoFolderName, listModels, type ModelStore, resolveModel } from "../store/modelStore";
import { LEARNT_FILE } from "../../model/folder/manifest";
import { RETRIEVAL_DEMO } from "../../model/folder/world";
import { CAPABILITIES } from "../../model/ask/capabilities";
import type { DeviceChoice } from "../../model/ask/device";
import { setNamed } from "../../model/ask/modelSets";
import { remoteName } from "../../model/ask/remoteName";

export interface FindOptions {
  /** As `resolveModel` takes it; undefined means the demo. */
  readonly model: string | undefined;
  readonly store: ModelStore;
  /** Folder of the checkpoint that the demo is made from. */
  readonly demoCheckpoint: string;
  readonly signal?: AbortSignal | undefined;
  /** Told while the demo is converted. */
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
}

/** A model folder and what to call it. */
export interface FoundModel {
  readonly folder: string;
  /** That of a bundled model, or the folder's own name. */
  readonly name: string;
}

export interface LoadOptions {
  readonly store: ModelStore;
  readonly device: DeviceChoice;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
  /** As in `EngineOptions`. */
  readonly elsewhere?: EngineOptions["elsewhere"];
}

/**
 * Finds a model; one that comes with the program is converted when this is its first use.
 * @throws AppError `model.missing`, and as `ensureDemoModel`.
 */
export async function findNamedModel(options: FindOptions): Promise<FoundModel> {
  const { store, demoCheckpoint, signal, onProgress } = options;
  const reference = await resolveModel(options.model, store);
  if (reference.kind === "folder") {
    return { folder: reference.folder, name: path.basename(reference.folder) };
  }
  // The converter is not needed for any other model.
  const { ensureDemoModel } = await import("../store/demoModel");
  const { name } = reference;
  const folder = await ensureDemoModel({ model: name, demoCheckpoint, store, signal, onProgress });
  return { folder, name };
}

/**
 * What pictures are found with when nobody says: what SIGHTLINE_SEARCH_MODEL names, a model of the store that only
 * compares, then one that also compares, then the one that comes with the program. One that has learnt from its
 * user's texts is named or not used, so that its user can go back.
 * @returns as `FindOptions.model`.
 */
export async function findingModel(
  store: ModelStore,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const named = env["SIGHTLINE_SEARCH_MODEL"] ?? "";
  if (named !== "") return named;
  const usable = (await listModels(store)).filter(
    ({ name, model }) =>
      !isDemoFolderName(name) && model?.manifest.files.every((file) => file.path !== LEARNT_FILE),
  );
  const kinds = ["retrieval", "stage1"] as const;
  const [first] = kinds.flatMap((kind) =>
    usable.filter(({ model }) => model?.config.kind === kind),
  );
  return first?.name ?? RETRIEVAL_DEMO;
}

/**
 * What compares pictures with texts for whoever has chosen a model: that one where it can, else `findingModel`'s.
 * @param chosen a model, a set or a server, as `--model` and the settings have it.
 */
export async function comparingModel(
  chosen: string,
  store: ModelStore,
): Promise<{ readonly model: string; readonly isChosen: boolean }> {
  if (await compares(chosen, store)) return { model: chosen, isChosen: true };
  return { model: await findingModel(store), isChosen: false };
}

/** What is not here compares nothing; whoever asks it something hears of that. */
async function compares(model: string, store: ModelStore): Promise<boolean> {
  if (remoteName(model) !== undefined || setNamed(model) !== undefined) return false;
  try {
    const reference = await resolveModel(model, store);
    if (reference.kind === "bundled") return reference.name === RETRIEVAL_DEMO;
    const { config } = await openModelFolder(reference.folder);
    return CAPABILITIES[config.kind].scores;
  } catch (thrown) {
    if (thrown instanceof AppError) return false;
    throw thrown;
  }
}

/**
 * Loads a model that was found, with the store's caches.
 * @throws AppError as `loadEngine`, `request.cancelled`.
 */
export async function loadFoundModel(
  { folder, name }: FoundModel,
  options: LoadOptions,
): Promise<Blip2Engine> {
  const { store, device, logger, elsewhere } = options;
  throwIfAborted(options.signal);
  const { loadEngine } = await import("../../engine/blip2Engine");
  return await loadEngine({
    folder,
    name,
    device,
    logger,
    elsewhere,
    ...(device === "cuda" ? { factory: await cudaFactory(store) } : {}),
    featureCacheDir: store.featuresDir,
    deviceMemoryFile: store.deviceMemoryFile,
    freeBytes: machineMemory(store.deviceMemoryFile).systemBytes,
  });
}

/**
 * The stages of a model that was found, for work that goes beside the engine's calls; pictures are kept in memory
 * only. Whoever loads them releases them, see `releaseParts`.
 * @throws AppError as `loadFoundModel`.
 */
export async function loadFoundParts(
  { folder }: FoundModel,
  { store, device, logger, signal }: LoadOptions,
): Promise<ModelParts> {
  throwIfAborted(signal);
  const { loadModelParts } = await import("../../engine/session/modelParts");
  const { createOrtSessionFactory } = await import("../../engine/session/ortSession");
  const { FeatureCache } = await import("../../engine/picture/featureCache");
  const { rememberedDeviceIn } = await import("../../engine/device/rememberedDevice");
  return await loadModelParts({
    ...{ folder, device, logger },
    factory: device === "cuda" ? await cudaFactory(store) : createOrtSessionFactory(),
    featureCacheOf: () => new FeatureCache(),
    rememberedDevice: rememberedDeviceIn({ file: store.deviceMemoryFile }),
    freeBytes: machineMemory(store.deviceMemoryFile).systemBytes,
  });
}

async function cudaFactory(store: ModelStore): Promise<SessionFactory> {
  const { cudaSessionFactory } = await import("../cuda/cudaProvider");
  return await cudaSessionFactory({ store });
}
