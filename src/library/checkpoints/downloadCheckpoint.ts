/**
 * A checkpoint from the hub into a folder: which files, in which order. Small files and the headers of
 * the weights come first; then it is known what the weights are for.
 */

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { WEIGHT_FORMATS, type WeightFormat } from "../../convert/checkpoint/weightFiles";
import { AppError, throwIfAborted } from "../../base/errors";
import { CHECKPOINT_TEXTS } from "../../convert/checkpoint/checkpoint";
import { CONFIG_FILE } from "../../model/folder/manifest";
import { WORLD_FILE } from "../../model/folder/pictureWorld";
import { downloadFile, type FileJob, withPatience } from "../download/downloadFile";
import { downloadWeights, expectRoom, FILES_AT_ONCE, type WeightTaker } from "./downloadWeights";
import { freeBytesAt } from "../store/diskSpace";
import type { HubClient, HubFile, HubListing } from "../download/hubClient";
import { PARTIAL_ENDINGS } from "../download/partialFile";
import { type EarlyHeader, earlyHeader, HEADER_ENDING } from "./weightHeaders";

export interface DownloadOptions extends Pick<FileJob, "patience" | "onTry" | "onCheck"> {
  readonly hub: HubClient;
  readonly repository: string;
  readonly revision: string;
  /** Where the files go; what an earlier run left there is used. */
  readonly folder: string;
  /** Called before any weights come; decides what becomes of them. */
  readonly prepare: (coming: ComingWeights) => Promise<WeightTaker>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DownloadProgress) => void;
  /** Bytes that can still be written at a folder. @default freeBytesAt */
  readonly freeBytes?: ((folder: string) => Promise<number>) | undefined;
}

/** What is known of the weights before they come; the small files are there by then. */
export interface ComingWeights {
  readonly commit: string;
  readonly files: readonly HubFile[];
  /** By the names of the files; none of them was compared with anything yet. */
  readonly headers: ReadonlyMap<string, EarlyHeader>;
}

/** Bytes that are there, those of earlier runs among them, and in all. */
export interface DownloadProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Says which commit the files of the folder are of. */
const COMMIT_FILE = ".commit";

/**
 * Downloads what is missing of a checkpoint and hands each weight file on when it is whole and checked.
 * @throws AppError `hub.*`, `download.corrupt`, `download.failed` also when the disk has too little
 * room, `checkpoint.corrupt` for a header, `request.cancelled`, and what the taker throws; what has
 * arrived stays for another call.
 */
export async function downloadCheckpoint(options: DownloadOptions): Promise<void> {
  const { hub, repository, revision, folder, signal } = options;
  const listing = await withPatience({ ...options, isFirstContact: true }, () =>
    hub.list(repository, revision, signal),
  );
  const files = checkpointFiles(listing, repository);
  await makeFolder(folder);
  await removeOthers(folder, files, listing.commit);
  await makeSubfolders(folder, files);
  await downloadAll(files, listing.commit, options);
}

/**
 * The files of a repository that make its checkpoint.
 * @throws AppError `hub.missing` when it has no weights that are read or no configuration.
 */
export function checkpointFiles(
  { files }: Pick<HubListing, "files">,
  repository: string,
): readonly HubFile[] {
  const names = new Set(files.map(({ name }) => name));
  // As openCheckpoint: a repository may have its weights in both formats, and one is enough.
  const isPart = WEIGHT_FORMATS.map((format) => partOf(format, names)).find(
    (part) => part !== undefined,
  );
  const wanted = files.filter(({ name }) => isText(name) || isPart?.(name) === true);
  const isWhole =
    wanted.some(({ name }) => name === CONFIG_FILE) && wanted.some(({ name }) => isWeights(name));
  if (!isWhole) {
    throw new AppError(
      "hub.missing",
      `${repository} has no checkpoint in the formats of safetensors or torch at this revision. Choose another model, or import a checkpoint from a folder.`,
      { detail: { repository } },
    );
  }
  return wanted;
}

/** A repository has many others; a world is the demo's, which comes with the program. */
const isText = (name: string): boolean => CHECKPOINT_TEXTS.has(name) && name !== WORLD_FILE;

/** What tells the files of weights in a format from others; undefined where there are none. */
function partOf(
  { single, index, shard }: WeightFormat,
  names: ReadonlySet<string>,
): ((name: string) => boolean) | undefined {
  if (names.has(index) && [...names].some((name) => shard.test(name))) {
    return (name) => name === index || shard.test(name);
  }
  return names.has(single) ? (name) => name === single : undefined;
}

const isWeights = (name: string): boolean =>
  WEIGHT_FORMATS.some(({ single, shard }) => name === single || shard.test(name));

type AnyFileJob = Omit<FileJob, "file">;

async function downloadAll(
  files: readonly HubFile[],
  commit: string,
  options: DownloadOptions,
): Promise<void> {
  const { hub, repository, folder, patience, signal, freeBytes = freeBytesAt } = options;
  const { onTry, onCheck } = options;
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  const onBytes = (change: number): void => {
    doneBytes += change;
    options.onProgress({ doneBytes, totalBytes });
  };
  const job = { hub, repository, commit, folder, patience, signal, onBytes, onTry, onCheck };
  const weights = files.filter(({ name }) => isWeights(name));
  await downloadSmall(
    files.filter((file) => !weights.includes(file)),
    job,
  );
  const headers = new Map<string, EarlyHeader>();
  for (const file of weights) headers.set(file.name, await earlyHeader({ ...job, file }));
  const taker = await options.prepare({ commit, files: weights, headers });
  const coming = weights.filter(({ name }) => !taker.taken.has(name));
  await expectRoom(coming, { ...job, taker, freeBytes });
  onBytes(bytesOf(weights) - bytesOf(coming));
  await downloadWeights(coming, { ...job, taker, freeBytes });
}

const bytesOf = (files: readonly HubFile[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

async function downloadSmall(files: readonly HubFile[], job: AnyFileJob): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([job.signal, stop.signal]);
  const waiting = [...files];
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      await downloadFile({ ...job, file, signal });
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
  throwIfAborted(job.signal);
  if (failures.length > 0) throw failures[0];
}

/**
 * Deletes what does not belong to the commit: a whole file of another one would be taken for a part of
 * this one. What is not whole stays where a digest can tell; without one, all of its bytes may be there.
 */
async function removeOthers(
  folder: string,
  files: readonly HubFile[],
  commit: string,
): Promise<void> {
  const record = path.join(folder, COMMIT_FILE);
  const isSame = (await readFile(record, "utf8").catch(() => "")) === commit;
  const kept = new Set(
    files.flatMap(({ name, digest }) => [
      ...(isSame ? [name, name + HEADER_ENDING] : []),
      ...(isSame || digest !== undefined ? PARTIAL_ENDINGS.map((ending) => name + ending) : []),
      // Its folder holds small files only, which soon arrive again.
      ...(isSame ? [path.posix.dirname(name)] : []),
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

/** Of files that have a folder in the repository; their names are ones that were asked for. */
async function makeSubfolders(folder: string, files: readonly HubFile[]): Promise<void> {
  const folders = new Set(files.map(({ name }) => path.dirname(path.join(folder, name))));
  for (const subfolder of folders) await makeFolder(subfolder);
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
}

function unwritable(folder: string, cause: unknown): AppError {
  return new AppError(
    "download.failed",
    `${folder} cannot be written to (${(cause as Error).message}). Choose another folder for models.`,
    { cause, detail: { file: folder } },
  );
}
