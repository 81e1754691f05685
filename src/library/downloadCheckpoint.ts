/** A checkpoint from the hub into a folder: which files, whether there is room, several at a time. */

import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { formatBytes } from "../base/bytes";
import { AppError, throwIfAborted } from "../base/errors";
import {
  CONFIG_FILE,
  GENERATION_FILE,
  PREPROCESSOR_FILE,
  TOKENIZER_CONFIG_FILE,
  TOKENIZER_FILE,
} from "../model/manifest";
import { downloadFile, type Patience, withPatience } from "./downloadFile";
import { freeBytesAt } from "./diskSpace";
import type { HubClient, HubFile, HubListing } from "./hubClient";
import { PARTIAL_ENDINGS } from "./partialFile";

export interface DownloadOptions {
  readonly hub: HubClient;
  readonly repository: string;
  readonly revision: string;
  /** Where the files go; what an earlier run left there is used. */
  readonly folder: string;
  /** Bytes that have to be free besides, for what becomes of the files. */
  readonly spareBytes: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DownloadProgress) => void;
  /** As in FileJob. */
  readonly patience?: Patience | undefined;
}

/** Bytes that are there, those of earlier runs among them, and in all. */
export interface DownloadProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

const SINGLE_WEIGHTS = "model.safetensors";
const WEIGHT_INDEX = "model.safetensors.index.json";
const SHARD = /^model-\d{5}-of-\d{5}\.safetensors$/;
/** Those of a checkpoint that the converter reads; a repository has many others. */
const CONFIG_FILES: ReadonlySet<string> = new Set([
  CONFIG_FILE,
  "processor_config.json",
  PREPROCESSOR_FILE,
  GENERATION_FILE,
  TOKENIZER_FILE,
  TOKENIZER_CONFIG_FILE,
]);
/** Says which commit the files of the folder are of. */
const COMMIT_FILE = ".commit";
/** One connection seldom gets all of a line; more than a few make storage servers push back. */
const FILES_AT_ONCE = 3;
/** Left free, so that the disk can still be worked with. */
const RESERVE_BYTES = 100e6;

/**
 * Downloads what is missing of a checkpoint, smallest files first.
 * @throws AppError `hub.*`, `download.corrupt`, `download.failed` also when the disk has too little
 * room, `request.cancelled`; what has arrived stays for another call.
 */
export async function downloadCheckpoint(options: DownloadOptions): Promise<void> {
  const { hub, repository, revision, folder, signal } = options;
  const listing = await withPatience(options, () => hub.list(repository, revision, signal));
  const files = checkpointFiles(listing, repository);
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
  await removeOthers(folder, files, listing.commit);
  await expectRoom(files, options);
  await downloadAll(files, listing.commit, options);
}

/**
 * The files of a repository that make its checkpoint.
 * @throws AppError `hub.missing` when it has no safetensors or no configuration.
 */
export function checkpointFiles(
  { files }: Pick<HubListing, "files">,
  repository: string,
): readonly HubFile[] {
  const isSharded = files.some(({ name }) => name === WEIGHT_INDEX);
  const isWeights = (name: string): boolean =>
    isSharded ? name === WEIGHT_INDEX || SHARD.test(name) : name === SINGLE_WEIGHTS;
  const wanted = files.filter(({ name }) => CONFIG_FILES.has(name) || isWeights(name));
  const isWhole =
    wanted.some(({ name }) => name === CONFIG_FILE) &&
    wanted.some(({ name }) => name === SINGLE_WEIGHTS || SHARD.test(name));
  if (!isWhole) {
    throw new AppError(
      "hub.missing",
      `${repository} has no checkpoint in the safetensors format at this revision. Choose another model, or import a checkpoint from a folder.`,
      { detail: { repository } },
    );
  }
  return [...wanted].sort((a, b) => a.bytes - b.bytes);
}

async function downloadAll(
  files: readonly HubFile[],
  commit: string,
  options: DownloadOptions,
): Promise<void> {
  const { hub, repository, folder, patience } = options;
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  let doneBytes = 0;
  const onBytes = (change: number): void => {
    doneBytes += change;
    options.onProgress({ doneBytes, totalBytes });
  };
  const waiting = [...files];
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      await downloadFile({ hub, repository, commit, file, folder, signal, onBytes, patience });
    }
  };
  const workers = Array.from({ length: FILES_AT_ONCE }, () =>
    work().catch((thrown: unknown) => {
      failures.push(thrown);
      // The others stop where they are; what they have stays.
      stop.abort();
    }),
  );
  await Promise.all(workers);
  throwIfAborted(options.signal);
  if (failures.length > 0) throw failures[0];
}

/** @throws AppError `download.failed` saying how much is needed and how much is free. */
async function expectRoom(files: readonly HubFile[], options: DownloadOptions): Promise<void> {
  const { folder, spareBytes } = options;
  const sizes = await Promise.all(files.map(({ name, bytes }) => missingOf(folder, name, bytes)));
  const missing = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const needed = missing + spareBytes + RESERVE_BYTES;
  const free = await freeBytesAt(folder);
  if (free >= needed) return;
  throw new AppError(
    "download.failed",
    `${formatBytes(missing)} have to be downloaded and ${formatBytes(spareBytes)} be written for the model, but only ${formatBytes(free)} are free at ${folder}. Free ${formatBytes(needed - free)}, or keep the models on another disk.`,
    { detail: { neededBytes: needed, freeBytes: free } },
  );
}

async function missingOf(folder: string, name: string, bytes: number): Promise<number> {
  for (const file of [name, `${name}${PARTIAL_ENDINGS[0]}`]) {
    const found = await stat(path.join(folder, file)).catch(() => undefined);
    if (found !== undefined) return Math.max(0, bytes - found.size);
  }
  return bytes;
}

/**
 * Deletes what does not belong to the commit: a whole file of another one would be taken for a part of
 * this one. Those that are not whole know themselves what they are part of.
 */
async function removeOthers(
  folder: string,
  files: readonly HubFile[],
  commit: string,
): Promise<void> {
  const record = path.join(folder, COMMIT_FILE);
  const isSame = (await readFile(record, "utf8").catch(() => "")) === commit;
  const kept = new Set(
    files.flatMap(({ name }) => [
      ...(isSame ? [name] : []),
      ...PARTIAL_ENDINGS.map((ending) => name + ending),
    ]),
  );
  try {
    for (const name of await readdir(folder)) {
      if (!kept.has(name)) await rm(path.join(folder, name), { recursive: true, force: true });
    }
    await writeFile(record, commit);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

function unwritable(folder: string, cause: unknown): AppError {
  return new AppError(
    "download.failed",
    `${folder} cannot be written to (${(cause as Error).message}). Choose another folder for models.`,
    { cause, detail: { file: folder } },
  );
}
