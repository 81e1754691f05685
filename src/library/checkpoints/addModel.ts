/**
 * A model of the catalogue, ready for use: converted from the cache of Hugging Face's own tools when it is
 * there, otherwise downloaded, and converted while it arrives.
 */

import type { AddedModel } from "../../model/ask/models";
import { rm } from "node:fs/promises";
import path from "node:path";
import { openCheckpoint } from "../../convert/checkpoint/checkpoint";
import type { StartWorkers } from "../../convert/weights/convertWorkers";
import { readJournal } from "../../convert/output/conversionJournal";
import { formatBytesOf } from "../../base/bytes";
import { AppError } from "../../base/errors";
import { parsePrecisionPlan } from "../../model/precision/precision";
import { type Catalog, type CatalogEntry, catalogEntry } from "./catalog";
import { folderBytes } from "../store/diskSpace";
import type { Patience } from "../download/downloadFile";
import { findCheckpoint } from "./findCheckpoint";
import { HubClient } from "../download/hubClient";
import { hubCache, type HubEnvironment, IS_TRUE } from "../../machine/huggingFaceHome";
import type { HubSettings } from "../download/hubRoutes";
import { importModel } from "./importModel";
import { planImport } from "./importPlan";
import { withModelLock } from "../store/modelLock";
import { listModels, type ModelStore } from "../store/modelStore";
import { streamModel, type StreamProgress } from "./streamModel";

export interface AddModelOptions {
  /** Of the catalogue. */
  readonly name: string;
  readonly catalog: Catalog;
  readonly store: ModelStore;
  /** Where Hugging Face's cache is, and the usual proxy. */
  readonly environment: HubEnvironment;
  readonly hub: HubSettings;
  /** As `parsePrecisionPlan` reads it. @default what an import would choose */
  readonly precision?: string | undefined;
  /** Keeps the checkpoint of a download in the store, where it takes its room. @default false */
  readonly keepCheckpoint?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: AddProgress) => void;
  /** Told what is done while no bytes come. @default nobody is told */
  readonly onStage?: ((stage: AddStage) => void) | undefined;
  /** As in ConvertOptions. */
  readonly startWorkers?: StartWorkers | undefined;
  /** As in FileJob. */
  readonly patience?: Patience;
  /** As HubClient takes it. */
  readonly stallMs?: number;
  /** As in DownloadOptions. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** How far a step is; each step counts anew. */
export type AddProgress = StreamProgress;

/** `connect`: a server is asked, for the nth time; `check`: what has arrived before is compared. */
export type AddStage =
  | {
      readonly stage: "connect";
      readonly host: string;
      readonly nth: number;
      readonly nTries: number;
    }
  | { readonly stage: "check" };

/** What is here of a checkpoint of the catalogue. */
export interface CatalogState {
  readonly entry: CatalogEntry;
  /** Names of the models of the store that were made from it. */
  readonly models: readonly string[];
  /** What need not arrive again of the checkpoint: unfinished, or kept, and converted or not. */
  readonly partialBytes: number;
  /** Something is to be gone on with; false where a whole checkpoint was kept beside its model. */
  readonly isUnfinished: boolean;
  /** What has begun to be converted is of this precision, and can only go on in it. */
  readonly begunPrecision?: string;
  /** The checkpoint in Hugging Face's cache. */
  readonly cacheFolder?: string;
}

type StorePlace = Pick<AddModelOptions, "store" | "environment">;

/**
 * Adds the model; one that is there already stays as it is, unless another precision is asked for.
 * A download that is cut off or cancelled goes on with the next call.
 * @throws AppError `model.missing` and `checkpoint.unsupported` for a name, `hub.*`, `download.*`,
 * `checkpoint.*`, `convert.failed`, `option.invalid`, `model.busy`, `request.cancelled`.
 */
export async function addModel(options: AddModelOptions): Promise<AddedModel> {
  const { catalog, name, store, precision } = options;
  const entry = catalogEntry(catalog, name);
  const { kind } = entry;
  if (precision !== undefined) parsePrecisionPlan(precision);
  if (precision === undefined) {
    const [present] = await modelsOf(entry, store);
    if (present !== undefined) return { ...present, source: "store", kind };
  }
  const cached = await cachedCheckpoint(entry, options);
  if (cached !== undefined) return { ...(await convert(cached, options)), source: "cache", kind };
  refuseOffline(entry.name, options.environment.env);
  const folder = downloadFolder(store, entry.name);
  return await withModelLock(
    { store, folder, ifBusy: "refuse", signal: options.signal },
    async () => {
      const added = await download(entry, folder, options);
      if (options.keepCheckpoint !== true) await rm(folder, { recursive: true, force: true });
      return { ...added, source: "hub", kind };
    },
  );
}

/** The words of Hugging Face's own tools for "no request", in their order. */
const OFFLINE_VARIABLES = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"] as const;

/** What is on this disk is used all the same. @throws AppError `hub.unreachable`. */
function refuseOffline(name: string, env: StorePlace["environment"]["env"]): void {
  // As huggingface_hub: the second counts only where the first is not set.
  const variable = OFFLINE_VARIABLES.find((candidate) => (env[candidate] ?? "") !== "");
  const value = variable === undefined ? "" : (env[variable] ?? "");
  if (variable === undefined || !IS_TRUE.test(value)) return;
  throw new AppError(
    "hub.unreachable",
    `${variable}=${value} forbids every request to the hub, so ${name} was not downloaded. Unset ${variable}, or import a checkpoint that is on this disk: sightline models add --from FOLDER.`,
    { detail: { variable } },
  );
}

/** What is here of each checkpoint of the catalogue. */
export async function catalogStates(
  catalog: Catalog,
  place: StorePlace,
): Promise<readonly CatalogState[]> {
  return await Promise.all(
    catalog.entries.map(async (entry) => {
      const cacheFolder = await cachedCheckpoint(entry, place);
      const models = await modelsOf(entry, place.store);
      const journal = await readJournal(workFolder(place.store, entry.name));
      const hasBegun = journal !== undefined && journal.taken.length > 0;
      const partialBytes = await arrivedBytes(place.store, entry.name);
      const isKept =
        models.length > 0 &&
        journal === undefined &&
        (await isCheckpoint(downloadFolder(place.store, entry.name)));
      return {
        entry,
        models: models.map(({ name }) => name),
        partialBytes,
        isUnfinished: partialBytes > 0 && !isKept,
        ...(hasBegun ? { begunPrecision: journal.precision } : {}),
        ...(cacheFolder === undefined ? {} : { cacheFolder }),
      };
    }),
  );
}

/**
 * Deletes what has arrived of a download.
 * @throws AppError `model.missing` for a name that the catalogue does not have, `model.busy` while it
 * is going on.
 */
export async function deleteDownload(
  name: string,
  { catalog, store }: Pick<AddModelOptions, "catalog" | "store">,
): Promise<{ readonly freedBytes: number }> {
  const entry = catalogEntry(catalog, name);
  const folder = downloadFolder(store, entry.name);
  return await withModelLock({ store, folder, ifBusy: "refuse" }, async () => {
    let freedBytes = 0;
    // The conversion first: without it the download only has to arrive again.
    for (const part of [workFolder(store, entry.name), folder]) {
      freedBytes += await folderBytes(part);
      await rm(part, { recursive: true, force: true });
    }
    return { freedBytes };
  });
}

/** Beside the models, so that they share a disk. */
function downloadFolder(store: ModelStore, name: string): string {
  return path.join(store.root, "downloads", name);
}

/** Hidden, and where the model will be, so that it only has to be renamed. */
function workFolder(store: ModelStore, name: string): string {
  return path.join(store.modelsDir, `.adding-${name}`);
}

/** Of a download: the files that are there, and those that were converted and deleted. */
async function arrivedBytes(store: ModelStore, name: string): Promise<number> {
  const folder = downloadFolder(store, name);
  const journal = await readJournal(workFolder(store, name));
  let bytes = await folderBytes(folder);
  for (const file of journal?.taken ?? []) {
    const isThere = (await folderBytes(path.join(folder, file.path))) > 0;
    if (!isThere) bytes += file.bytes;
  }
  return bytes;
}

async function download(
  entry: CatalogEntry,
  folder: string,
  options: AddModelOptions,
): Promise<{ readonly name: string; readonly folder: string }> {
  const { environment, store, onStage } = options;
  const { name, repository, revision } = entry;
  const hub = new HubClient({ env: environment.env, ...options.hub }, options);
  try {
    return await streamModel({
      ...options,
      hub,
      repository,
      revision,
      folder,
      name,
      workFolder: workFolder(store, name),
      isKeeping: options.keepCheckpoint === true,
      onTry: (attempt) => onStage?.({ stage: "connect", host: hub.host, ...attempt }),
      onCheck: () => onStage?.({ stage: "check" }),
    });
  } catch (thrown) {
    throw await withArrived(thrown, entry, store);
  } finally {
    await hub.close();
  }
}

/** A failure of the way to the hub, with the truth about what is here by then. */
async function withArrived(
  thrown: unknown,
  { name, downloadBytes }: CatalogEntry,
  store: ModelStore,
): Promise<unknown> {
  const isOfWay =
    thrown instanceof AppError &&
    (thrown.code === "hub.unreachable" || thrown.code === "hub.failed");
  if (!isOfWay) return thrown;
  const doneBytes = Math.min(await arrivedBytes(store, name), downloadBytes);
  const { done, total } = formatBytesOf({ doneBytes, totalBytes: downloadBytes });
  const truth =
    doneBytes === 0
      ? "Nothing has arrived yet."
      : `${done} of ${total} have arrived and are kept; the next try goes on from there.`;
  return new AppError(thrown.code, `${thrown.message} ${truth}`, {
    cause: thrown.cause,
    detail: { ...thrown.detail, arrivedBytes: doneBytes, totalBytes: downloadBytes },
  });
}

async function convert(
  checkpoint: string,
  options: AddModelOptions,
): Promise<{ readonly name: string; readonly folder: string }> {
  const { store, signal, startWorkers } = options;
  const plan = await planImport({ checkpoint, precision: options.precision }, store);
  const { folder } = await importModel(
    {
      checkpoint,
      out: plan.out,
      precision: plan.precision,
      signal,
      startWorkers,
      onProgress: (progress) => {
        options.onProgress({ step: "convert", ...progress });
      },
    },
    store,
  );
  return { name: plan.name, folder };
}

/** Models remember the name of the checkpoint that they were made from. */
async function modelsOf(
  { name }: CatalogEntry,
  store: ModelStore,
): Promise<readonly { readonly name: string; readonly folder: string }[]> {
  const stored = await listModels(store);
  return stored
    .filter(({ model }) => model?.manifest.source.name === name)
    .map((found) => ({ name: found.name, folder: found.folder }));
}

/** The checkpoint in Hugging Face's cache, if it is whole; the catalogue's revision before any other. */
async function cachedCheckpoint(
  { repository, revision }: CatalogEntry,
  { environment }: Pick<StorePlace, "environment">,
): Promise<string | undefined> {
  const folder = path.join(hubCache(environment), `models--${repository.replaceAll("/", "--")}`);
  const pinned = path.join(folder, "snapshots", revision);
  if (await isCheckpoint(pinned)) return pinned;
  const found = await findCheckpoint(folder).catch(() => undefined);
  return found !== undefined && (await isCheckpoint(found.folder)) ? found.folder : undefined;
}

/** True when all of its files are there. */
async function isCheckpoint(folder: string): Promise<boolean> {
  return await openCheckpoint(folder).then(
    () => true,
    () => false,
  );
}
