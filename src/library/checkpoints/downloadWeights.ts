/**
 * The weight files of a checkpoint: each begins to arrive when the disk has room for it, several at a time
 * where it has, and is handed on as soon as it is whole and checked.
 */

import { stat } from "node:fs/promises";
import path from "node:path";
import { formatBytes } from "../../base/bytes";
import { AppError, throwIfAborted } from "../../base/errors";
import { downloadFile, type FileJob } from "../download/downloadFile";
import type { HubFile } from "../download/hubClient";
import { PARTIAL_ENDINGS } from "../download/partialFile";

/** What takes the weight files that have arrived. */
export interface WeightTaker {
  /** Names of files that need not arrive any more. */
  readonly taken: ReadonlySet<string>;
  /** Bytes that it will still write to the same disk, at most. */
  readonly pendingBytes: number;
  /** True when it deletes what it has taken. */
  readonly isDeleting: boolean;
  /** Takes a file that is whole; called for one file at a time. */
  take(file: HubFile): Promise<void>;
}

export interface WeightsJob extends Omit<FileJob, "file" | "onBytes"> {
  readonly taker: WeightTaker;
  /** Called with each change of the bytes that are there. */
  readonly onBytes: (change: number) => void;
  /** Bytes that can still be written at a folder. */
  readonly freeBytes: (folder: string) => Promise<number>;
}

/** One connection seldom gets all of a line; more than a few make storage servers push back. */
export const FILES_AT_ONCE = 3;
/** Left free, so that the disk can still be worked with. */
const RESERVE_BYTES = 100e6;

/**
 * Makes sure that the disk has room for the work, if need be for one weight file after the other.
 * @throws AppError `download.failed` saying how much is needed and how much is free.
 */
export async function expectRoom(files: readonly HubFile[], job: WeightsJob): Promise<void> {
  const { folder, taker } = job;
  const free = await job.freeBytes(folder);
  let missingInAll = 0;
  let atOnce = 0;
  // What becomes free or is used up until a file's turn has come.
  let gained = 0;
  for (const { missing, present } of await inOrder(files, job)) {
    missingInAll += missing;
    atOnce = Math.max(atOnce, missing - gained);
    gained += taker.isDeleting ? present : -missing;
  }
  const needed = atOnce + taker.pendingBytes + RESERVE_BYTES;
  if (free < needed) throw noRoom(job, { missing: missingInAll, atOnce, needed, free });
}

/**
 * Downloads the files and has each taken.
 * @throws AppError `hub.*`, `download.*`, `request.cancelled`, and what the taker throws; when one file
 * fails, what has arrived whole is still taken, unless the caller gave up.
 */
export async function downloadWeights(files: readonly HubFile[], job: WeightsJob): Promise<void> {
  const run = new WeightsRun(job);
  await run.begin((await inOrder(files, job)).map(({ file }) => file));
  await run.end();
}

class WeightsRun {
  readonly #job: WeightsJob;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  /** Everything that is going on: files that arrive, and those that are taken. */
  readonly #stages = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];
  /** Bytes that are still to arrive, of files that arrive now. */
  readonly #arriving = new Map<string, number>();
  #lastTake: Promise<void> = Promise.resolve();

  constructor(job: WeightsJob) {
    this.#job = job;
    this.#signal = AbortSignal.any([job.signal, this.#stop.signal]);
  }

  /** Returns when the last file has begun, or one has failed. */
  async begin(files: readonly HubFile[]): Promise<void> {
    for (const file of files) {
      const missing = await this.#untilRoom(file).catch((thrown: unknown) => {
        this.#fail(thrown);
      });
      if (missing === undefined) return;
      this.#arriving.set(file.name, missing);
      this.#track(this.#get(file));
    }
  }

  async end(): Promise<void> {
    while (this.#stages.size > 0) await Promise.race(this.#stages);
    throwIfAborted(this.#job.signal);
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  /** @returns bytes that are missing; undefined when nothing should begin any more. */
  async #untilRoom(file: HubFile): Promise<number | undefined> {
    const { freeBytes, taker, folder } = this.#job;
    while (!this.#signal.aborted) {
      const { missing } = await presenceOf(file, folder);
      const arriving = [...this.#arriving.values()].reduce((sum, bytes) => sum + bytes, 0);
      const needed = arriving + missing + taker.pendingBytes + RESERVE_BYTES;
      const free = await freeBytes(folder);
      if (this.#arriving.size < FILES_AT_ONCE && free >= needed) return missing;
      if (this.#stages.size === 0) {
        throw noRoom(this.#job, { missing, atOnce: missing, needed, free });
      }
      await Promise.race(this.#stages);
    }
    return undefined;
  }

  async #get(file: HubFile): Promise<void> {
    let arrived = 0;
    await downloadFile({
      ...this.#job,
      file,
      signal: this.#signal,
      onBytes: (change) => {
        arrived += change;
        this.#arriving.set(file.name, file.bytes - arrived);
        this.#job.onBytes(change);
      },
    }).finally(() => this.#arriving.delete(file.name));
    // Not part of this stage: the next file may begin to arrive meanwhile.
    this.#track(this.#take(file));
  }

  /** One after the other, whichever arrived first. */
  #take(file: HubFile): Promise<void> {
    this.#lastTake = this.#lastTake.then(() => {
      throwIfAborted(this.#job.signal);
      return this.#job.taker.take(file);
    });
    return this.#lastTake;
  }

  #track(work: Promise<void>): void {
    const stage = work
      .catch((thrown: unknown) => {
        this.#fail(thrown);
      })
      .finally(() => this.#stages.delete(stage));
    this.#stages.add(stage);
  }

  /** The others stop to arrive where they are; what they have stays. */
  #fail(thrown: unknown): void {
    this.#failures.push(thrown);
    this.#stop.abort();
  }
}

interface Presence {
  readonly file: HubFile;
  /** Bytes that are there, whole or not. */
  readonly present: number;
  readonly missing: number;
}

/** The fewest missing bytes first, so that what fills the disk already is dealt with. */
async function inOrder(files: readonly HubFile[], job: WeightsJob): Promise<readonly Presence[]> {
  const wanted = files.filter(({ name }) => !job.taker.taken.has(name));
  const found = await Promise.all(wanted.map((file) => presenceOf(file, job.folder)));
  const rank = ({ missing, present }: Presence): number =>
    missing === 0 ? 0 : present > 0 ? 1 : 2;
  return found.sort((a, b) => rank(a) - rank(b));
}

async function presenceOf(file: HubFile, folder: string): Promise<Presence> {
  for (const name of [file.name, `${file.name}${PARTIAL_ENDINGS[0]}`]) {
    const found = await stat(path.join(folder, name)).catch(() => undefined);
    if (found === undefined) continue;
    const present = Math.min(found.size, file.bytes);
    return { file, present, missing: file.bytes - present };
  }
  return { file, present: 0, missing: file.bytes };
}

interface Room {
  /** Bytes that have to be downloaded. */
  readonly missing: number;
  /** Of these, bytes that the disk holds at the same time. */
  readonly atOnce: number;
  readonly needed: number;
  readonly free: number;
}

function noRoom({ folder, taker }: WeightsJob, room: Room): AppError {
  const { missing, atOnce, needed, free } = room;
  const download =
    atOnce < missing
      ? `${formatBytes(missing)} have to be downloaded, at most ${formatBytes(atOnce)} of them at a time,`
      : `${formatBytes(missing)} have to be downloaded`;
  return new AppError(
    "download.failed",
    `${download} and ${formatBytes(taker.pendingBytes)} be written for the model: that takes ${formatBytes(needed)} with a reserve, but only ${formatBytes(free)} are free at ${folder}. Free ${formatBytes(needed - free)}, or keep the models on another disk.`,
    { detail: { neededBytes: needed, freeBytes: free } },
  );
}
