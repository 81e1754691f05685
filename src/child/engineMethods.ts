/** The engine, the converter and the store behind the server's port. */

import type { Logger } from "../base/logger";
import { createCudaMethods } from "./cudaMethods";
import { createLearningMethods } from "./learningMethods";
import { noting } from "./notedTexts";
import { createSearchMethods } from "./searchMethods";
import type { EnginePort, TaskRun } from "./enginePort";
import type { StartWorkers } from "../convert/weights/convertWorkers";
import type { Blip2Engine } from "../engine/blip2Engine";
import type { CatalogState } from "../library/checkpoints/addModel";
import type { EmptyOptions } from "../library/store/emptyStore";
import type { Environment } from "../machine/environment";
import type { ModelStore } from "../library/store/modelStore";
import { PROFILE_NAMES } from "../model/ask/kinds";
import type { CatalogEntryReply } from "../protocol/methods";

export interface EngineMethodsOptions {
  readonly logger: Logger;
  readonly store: ModelStore;
  /** Folder of the checkpoint that the demo is made from. */
  readonly demoCheckpoint: string;
  /** The list of published checkpoints. */
  readonly catalogFile: string;
  /** Where the caches of other programs are. */
  readonly environment: Pick<Environment, "env" | "homeDir">;
  /** Who does the arithmetic of a conversion. @default the caller's thread */
  readonly startWorkers?: StartWorkers | undefined;
}

/**
 * BLIP-2 on ONNX Runtime. The rooms are read at their first use, so that the hello does not wait for
 * native libraries, and one that cannot be read fails the request and not the process.
 */
export function createEngineMethods(options: EngineMethodsOptions): EnginePort {
  const { logger, store, demoCheckpoint, startWorkers } = options;
  return {
    load: async (params, run) => {
      if (params.remote !== undefined) {
        const { openRemoteModel } = await import("./remoteModel");
        const opened = await openRemoteModel(params.remote, { logger, signal: run.signal });
        return { ...opened, engine: noting(opened.engine, store) };
      }
      const { findNamedModel, loadFoundModel } = await import("../library/open/openNamedModel");
      const { model, device } = params;
      const found = await findNamedModel({ model, ...run, store, demoCheckpoint });
      const engine = await loadFoundModel(found, { store, device, logger, signal: run.signal });
      await openWeights(engine, run);
      return { engine: noting(engine, store), folder: found.folder };
    },
    planLoad: async (params, loaded) => {
      const { planLoad } = await import("../library/open/loadPlan");
      const held = loaded && { folder: loaded.folder, device: loaded.engine.info.device };
      return await planLoad({ ...params, store, held });
    },
    planImport: async (params) => {
      const { planImport } = await import("../library/checkpoints/importPlan");
      return await planImport(params, store);
    },
    convert: async (params, run) => {
      const { importModel } = await import("../library/checkpoints/importModel");
      return await importModel({ ...params, ...run, startWorkers }, store);
    },
    models: async () => {
      const { listEntries } = await import("../library/store/modelEntries");
      const { freeBytesAt } = await import("../library/store/diskSpace");
      return {
        folder: store.modelsDir,
        freeBytes: await freeBytesAt(store.modelsDir),
        models: await listEntries(store, demoCheckpoint),
      };
    },
    deleteModel: async ({ name }, beforeRemoval) => {
      const { deleteModel } = await import("../library/store/deleteModel");
      const reply = await deleteModel({ name, store, demoCheckpoint, beforeRemoval });
      logger.info(`Deleted the model ${name}.`);
      return reply;
    },
    serverModels: async (params, { signal }) => {
      const { askForModels } = await import("./remoteModel");
      return await askForModels(params, { store, signal });
    },
    ...createCatalogMethods(options),
    ...createStoreMethods(options),
    ...createCudaMethods(options),
    ...createSearchMethods(options),
    ...createLearningMethods(options),
    thumbnail: async ({ image, imageName, maxSide }) => {
      const { makeThumbnail } = await import("../engine/picture/imageDecode");
      return await makeThumbnail(image, { name: imageName ?? "The picture", maxSide });
    },
  };
}

/** A model that cannot be opened whole, or that nobody waits for any more, leaves nothing behind. */
async function openWeights(engine: Blip2Engine, { signal, onProgress }: TaskRun): Promise<void> {
  try {
    await engine.open({
      signal,
      onProgress: (progress) => {
        onProgress({ ...progress, step: "load" });
      },
    });
  } catch (thrown) {
    await engine.release();
    throw thrown;
  }
}

/** The published checkpoints, and the way to them. */
function createCatalogMethods(
  options: EngineMethodsOptions,
): Pick<EnginePort, "catalog" | "addModel" | "deleteDownload"> {
  const { store, catalogFile, environment, startWorkers } = options;
  return {
    catalog: async () => {
      const { catalogStates } = await import("../library/checkpoints/addModel");
      const { setStates } = await import("../library/checkpoints/catalogSets");
      const { readCatalog } = await import("../library/checkpoints/catalog");
      const { freeBytesAt } = await import("../library/store/diskSpace");
      const catalog = await readCatalog(catalogFile);
      const states = await catalogStates(catalog, { store, environment });
      return {
        freeBytes: await freeBytesAt(store.root),
        entries: states.map(catalogReplyOf),
        sets: setStates(states).map((state) => ({
          ...catalogReplyOf(state),
          missing: state.missing,
        })),
        later: catalog.later.map(({ name, title, imageSize, reason }) => {
          return { name, title, imageSize, reason };
        }),
      };
    },
    addModel: async ({ name, precision, hub = {} }, run) => {
      const { addNamed } = await import("../library/checkpoints/catalogSets");
      const { readCatalog } = await import("../library/checkpoints/catalog");
      const catalog = await readCatalog(catalogFile);
      const place = { catalog, store, environment, startWorkers };
      return await addNamed({ name, precision, hub, ...place, ...run });
    },
    deleteDownload: async ({ name }) => {
      const { deleteNamedDownload } = await import("../library/checkpoints/catalogSets");
      const { readCatalog } = await import("../library/checkpoints/catalog");
      return await deleteNamedDownload(name, { catalog: await readCatalog(catalogFile), store });
    },
  };
}

/** The store as a whole. */
function createStoreMethods({
  store,
  catalogFile,
  logger,
}: EngineMethodsOptions): Pick<EnginePort, "storeContents" | "emptyStore"> {
  const named = async (): Promise<EmptyOptions> => {
    const { readCatalog } = await import("../library/checkpoints/catalog");
    const { entries } = await readCatalog(catalogFile);
    return { store, downloads: entries.map(({ name }) => name) };
  };
  return {
    storeContents: async () => {
      const { storeContents } = await import("../library/store/emptyStore");
      const { folder, sizes, foreign } = await storeContents(await named());
      const { models, downloads, cuda, caches } = sizes;
      return {
        ...{ folder, foreign, modelBytes: models, downloadBytes: downloads },
        ...{ cudaBytes: cuda, cacheBytes: caches },
      };
    },
    emptyStore: async () => {
      const { emptyStore } = await import("../library/store/emptyStore");
      const reply = await emptyStore(await named());
      logger.info(`Deleted all models and caches in ${store.root}.`);
      return reply;
    },
  };
}

function catalogReplyOf({
  entry,
  models,
  partialBytes,
  isUnfinished,
  begunPrecision,
  cacheFolder,
}: CatalogState): CatalogEntryReply {
  const { name, title, kind, repository, licence, imageSize, downloadBytes } = entry;
  const { use, goodAt } = entry;
  return {
    ...{ name, title, kind, repository, licence, imageSize, downloadBytes, use, goodAt },
    ...entry.costs.balanced,
    costs: PROFILE_NAMES.map((profile) => ({ profile, ...entry.costs[profile] })),
    ...{ models, partialBytes, isUnfinished, isCached: cacheFolder !== undefined },
    ...(begunPrecision === undefined ? {} : { begunPrecision }),
  };
}
