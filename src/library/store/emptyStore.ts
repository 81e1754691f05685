/**
 * Takes everything out of the store that Sightline put there, for people who leave. What somebody else
 * put there stays, and is named.
 */

import { lstat, readdir, readFile, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import { MANIFEST_FILE } from "../../model/folder/manifest";
import { cudaFolder } from "../cuda/cudaRuntime";
import { folderBytes } from "./diskSpace";
import { endEngines } from "./endEngines";
import { GENERATED_FILE } from "./generatedTexts";
import { expectNoLocks, withModelLock } from "./modelLock";
import type { ModelStore } from "./modelStore";
import { CHECKS_FOLDER } from "./storeRoot";

/** What something of ours is for. */
export type StorePart = "models" | "downloads" | "cuda" | "caches";

export interface StoreContents {
  readonly folder: string;
  /** Of what is ours. */
  readonly bytes: number;
  /** The same by what it is for. */
  readonly sizes: Readonly<Record<StorePart, number>>;
  /** Paths of what is not. */
  readonly foreign: readonly string[];
}

export interface EmptyOptions {
  readonly store: ModelStore;
  /** Names of the catalogue; a folder of another name among the downloads is not ours. */
  readonly downloads: readonly string[];
  /** Of this user's engines. @default that of this machine */
  readonly rollFolder?: string;
}

/** Paths in the order in which they go. */
interface Found {
  readonly own: string[];
  readonly foreign: string[];
}

/** Looks and deletes nothing. */
export async function storeContents(options: EmptyOptions): Promise<StoreContents> {
  const { own, foreign } = await survey(options);
  const { root } = options.store;
  const sizes = { models: 0, downloads: 0, cuda: 0, caches: 0 };
  let bytes = 0;
  for (const file of own) {
    const size = await folderBytes(file);
    bytes += size;
    sizes[partOf(path.relative(root, file))] += size;
  }
  return { folder: root, bytes, sizes, foreign };
}

/**
 * Deletes what is ours, and the folders that are empty then. One that was stopped half-way goes on with
 * the next call: a model's manifest, which says what is ours, goes last.
 * @returns what is free again, and what was left: foreign, or kept open by another program.
 * @throws AppError `model.busy` while an engine is at work or a process writes to the store; then
 * nothing is deleted.
 */
export async function emptyStore(
  options: EmptyOptions,
): Promise<{ readonly freedBytes: number; readonly left: readonly string[] }> {
  const { store } = options;
  await expectNoLocks(store);
  await endEngines(options);
  const { own, foreign } = await survey(options);
  const left = [...foreign];
  let freedBytes = 0;
  for (const file of own) {
    const bytes = await folderBytes(file);
    if (await isRemoved(file, store)) freedBytes += bytes;
    else left.push(file);
  }
  const { modelsDir, featuresDir, trainingDir, root } = store;
  const within = ["downloads", "search", CHECKS_FOLDER].map((name) => path.join(root, name));
  for (const folder of [modelsDir, featuresDir, trainingDir, ...within]) {
    for (const name of await namesIn(folder)) await removeEmpty(path.join(folder, name));
    await removeEmpty(folder);
  }
  for (const folder of [cudaFolder(store), store.locksDir, store.root]) await removeEmpty(folder);
  return { freedBytes, left: await stillThere(left) };
}

/** @param file as the store's folder names it. */
function partOf(file: string): StorePart {
  const [top] = file.split(path.sep);
  return top === "models" || top === "downloads" || top === "cuda" ? top : "caches";
}

/** Without folders that were empty. */
async function stillThere(files: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(files.map((file) => lstat(file).catch(() => undefined)));
  return files.filter((_file, index) => found[index] !== undefined);
}

/** False for what another process holds. */
async function isRemoved(file: string, store: ModelStore): Promise<boolean> {
  const remove = async (): Promise<boolean> => {
    try {
      await rm(file, { recursive: true, force: true });
      return true;
    } catch {
      return false;
    }
  };
  // The lock of a lock would stay.
  if (path.dirname(file) === store.locksDir) return await remove();
  const folder = lockedFolder(file, store);
  if (folder === undefined) return await remove();
  try {
    return await withModelLock({ store, folder, ifBusy: "refuse" }, remove);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === "model.busy") return false;
    throw thrown;
  }
}

/** What a process locks that writes this file: a model, or the CUDA libraries. */
function lockedFolder(file: string, store: ModelStore): string | undefined {
  const [top = "", name] = path.relative(store.root, file).split(path.sep);
  if (top === "cuda") return cudaFolder(store);
  const isModel = ["models", "downloads", "training"].includes(top) && name !== undefined;
  return isModel ? path.join(store.root, top, name) : undefined;
}

/** Each place of the store with what in it is ours. */
async function survey({ store, downloads }: EmptyOptions): Promise<Found> {
  const found: Found = { own: [], foreign: [] };
  const places: Readonly<Record<string, (folder: string) => Promise<void>>> = {
    models: (folder) => surveyEach(folder, found, surveyModel),
    features: (folder) => surveyEach(folder, found, surveyFeatures),
    downloads: (folder) => sort(folder, found, (name) => downloads.includes(name)),
    cuda: (folder) => sort(folder, found, (name) => /^(?:download$|onnxruntime-\d)/.test(name)),
    training: (folder) => sort(folder, found, (name) => /^[0-9a-f]{16}$/.test(name)),
    search: (folder) => surveySearch(folder, found),
    [CHECKS_FOLDER]: (folder) => surveyEach(folder, found, surveyChecks),
    locks: (folder) => sort(folder, found, (name) => name.endsWith(".lock")),
  };
  for (const name of await namesIn(store.root)) {
    const file = path.join(store.root, name);
    const look = places[name];
    if (look !== undefined && (await isFolder(file))) await look(file);
    else if (OWN_FILE.test(name)) found.own.push(file);
    else found.foreign.push(file);
  }
  return found;
}

/** Files of ours beside the folders, whole or being written. */
const OWN_FILE = new RegExp(`^(?:device\\.json|${GENERATED_FILE})(?:\\.\\d+\\.partial)?$`);

/** Folders that are being filled or deleted, as other modules of this room name them. */
const UNFINISHED = /\.partial-\d+$|^\.deleted-[0-9a-f-]{36}$|^\.adding-[\w.-]+$/;

async function surveyModel(folder: string, found: Found): Promise<void> {
  if (UNFINISHED.test(path.basename(folder))) {
    found.own.push(folder);
    return;
  }
  const listed = await listedFiles(folder);
  if (listed === undefined) {
    found.foreign.push(folder);
    return;
  }
  await sort(folder, found, (name) => listed.includes(name) && name !== MANIFEST_FILE);
  // The one file that is not foreign though it is not listed, and the last to go.
  const manifest = path.join(folder, MANIFEST_FILE);
  found.foreign.splice(found.foreign.indexOf(manifest), 1);
  found.own.push(manifest);
}

/** Names in a manifest of ours, of whatever version; undefined for a folder without one. */
async function listedFiles(folder: string): Promise<readonly string[] | undefined> {
  const file = path.join(folder, MANIFEST_FILE);
  try {
    const json = JsonObject.parse(await readFile(file, "utf8"), { file, code: "model.corrupt" });
    json.integer("formatVersion", { min: 1, max: Number.MAX_SAFE_INTEGER });
    const listed = json.array("files") as readonly { readonly path?: unknown }[];
    return listed.map((entry) => String(entry.path));
  } catch {
    return undefined;
  }
}

async function surveyFeatures(folder: string, found: Found): Promise<void> {
  await sort(folder, found, (name) => /\.(?:features|partial)$/.test(name));
}

/** Indexes of pictures, a folder for each model, and what is known of files. */
async function surveySearch(folder: string, found: Found): Promise<void> {
  for (const name of await namesIn(folder)) {
    const inner = path.join(folder, name);
    if (await isFolder(inner)) await sort(inner, found, (file) => file.endsWith(".index"));
    else (/^files\.jsonl(?:\.partial-\d+)?$/.test(name) ? found.own : found.foreign).push(inner);
  }
}

/** What the audit found, a file for each folder of documents. */
async function surveyChecks(folder: string, found: Found): Promise<void> {
  await sort(folder, found, (name) => /^[0-9a-f]{32}\.json(?:\.[0-9a-f-]{36}\.tmp)?$/.test(name));
}

/** Looks into each folder; links and files are not ours. */
async function surveyEach(
  folder: string,
  found: Found,
  look: (folder: string, found: Found) => Promise<void>,
): Promise<void> {
  for (const name of await namesIn(folder)) {
    const inner = path.join(folder, name);
    if (await isFolder(inner)) await look(inner, found);
    else found.foreign.push(inner);
  }
}

async function sort(
  folder: string,
  { own, foreign }: Found,
  isOwn: (name: string) => boolean,
): Promise<void> {
  for (const name of await namesIn(folder)) {
    (isOwn(name) ? own : foreign).push(path.join(folder, name));
  }
}

const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder).catch(() => [])).sort();

const isFolder = async (file: string): Promise<boolean> =>
  (await lstat(file).catch(() => undefined))?.isDirectory() === true;

/** What is not empty stays. */
async function removeEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined);
}
