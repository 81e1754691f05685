/** One file of the hub, to the end: goes on where it was cut off, tries again, and checks what came. */

import { stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError, throwIfAborted } from "../../base/errors";
import type { HubClient, HubFile } from "./hubClient";
import { TransientFailure } from "./hubFailures";
import { PartialFile } from "./partialFile";

export interface FileJob {
  readonly hub: Pick<HubClient, "open">;
  readonly repository: string;
  readonly commit: string;
  readonly file: HubFile;
  /** Where the file goes, under its own name. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Called with each change of the bytes that are there: fewer when the file has to start again. */
  readonly onBytes: (change: number) => void;
  /** @default DEFAULT_PATIENCE */
  readonly patience?: Patience | undefined;
  /** Told before each further try, and before the pause that precedes it. */
  readonly onTry?: ((attempt: Try) => void) | undefined;
  /** Told before what is there already is read and compared, which takes a while for gigabytes. */
  readonly onCheck?: (() => void) | undefined;
}

/** Which try it is. */
export interface Try {
  /** From 1. */
  readonly nth: number;
  readonly nTries: number;
}

/** How failures are borne. */
export interface Patience {
  /** Failures in a row, without a byte between them, that end it. */
  readonly nTries: number;
  /** The first pause in ms; each further one is twice as long. */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** The longest pause that a server may ask for, in ms. */
  readonly maxRetryAfterMs: number;
}

export const DEFAULT_PATIENCE: Patience = {
  nTries: 7,
  firstPauseMs: 1000,
  maxPauseMs: 30_000,
  maxRetryAfterMs: 300_000,
};

/** A file that came out wrong once may have been damaged on its way; twice is no accident. */
const MAX_CORRUPT = 2;

/**
 * Downloads the file unless it is there.
 * @throws AppError `hub.*`, `download.corrupt`, `download.failed`, `request.cancelled`; after any of
 * them but `download.corrupt` another call goes on from the same byte.
 */
export async function downloadFile(job: FileJob): Promise<void> {
  const { file, folder, signal, onBytes } = job;
  const target = path.join(folder, file.name);
  if (await isWholeFile(job)) {
    onBytes(file.bytes);
    return;
  }
  const partial = await PartialFile.open({
    path: target,
    wanted: file,
    signal,
    onCheck: job.onCheck,
  });
  try {
    onBytes(partial.size);
    for (let nCorrupt = 1; ; nCorrupt++) {
      await downloadRest(partial, job);
      if (partial.isIntact()) break;
      onBytes(-partial.size);
      await partial.clear();
      if (nCorrupt === MAX_CORRUPT) throw corrupt(job);
    }
    await partial.finish();
  } finally {
    await partial.close();
  }
}

/** True when the file is there under its own name, which it got after it had been checked. */
export async function isWholeFile({
  file,
  folder,
}: Pick<FileJob, "file" | "folder">): Promise<boolean> {
  const present = await stat(path.join(folder, file.name)).catch(() => undefined);
  return present?.isFile() === true && present.size === file.bytes;
}

/** How work that may fail is borne. */
export interface Bearing extends Pick<FileJob, "signal" | "patience" | "onTry"> {
  /**
   * True before anything was heard of the server: then nobody there means no network, and silence that
   * there is nothing to wait for; both are told at once. @default false
   */
  readonly isFirstContact?: boolean;
}

/**
 * Does the work until it succeeds, with longer and longer pauses after failures that may pass.
 * @param work told by its return value; `progressed` starts the count of failures anew.
 * @throws AppError `hub.unreachable` at the first contact, `hub.failed` after too many failures,
 * `request.cancelled`, and what the work throws.
 */
export async function withPatience<T>(
  bearing: Bearing,
  work: (progressed: () => void) => Promise<T>,
): Promise<T> {
  const { signal, patience = DEFAULT_PATIENCE, onTry, isFirstContact = false } = bearing;
  if (isFirstContact) onTry?.({ nth: 1, nTries: patience.nTries });
  for (let nFailures = 0; ;) {
    throwIfAborted(signal);
    try {
      return await work(() => {
        nFailures = 0;
      });
    } catch (thrown) {
      if (!(thrown instanceof TransientFailure)) throw thrown;
      const nobody = isFirstContact ? nobodyThere(thrown) : undefined;
      if (nobody !== undefined) throw nobody;
      nFailures += 1;
      await pauseAfter(thrown, { nFailures, patience, signal, onTry });
    }
  }
}

/** Undefined where somebody is there. */
function nobodyThere(failure: TransientFailure): AppError | undefined {
  const { unreachable, silent, message: reason } = failure;
  const host = unreachable ?? silent;
  if (host === undefined) return undefined;
  const message =
    unreachable === undefined
      ? `${host} takes the connection and does not answer.`
      : `Sightline cannot reach ${host}: ${reason}. Are you offline?`;
  const detail = { host, reason, why: unreachable === undefined ? "silent" : "unreachable" };
  return new AppError("hub.unreachable", message, { cause: failure, detail });
}

/** Asks for the bytes that are missing until none is. */
async function downloadRest(partial: PartialFile, job: FileJob): Promise<void> {
  const { hub, repository, commit, file, signal, onBytes } = job;
  await withPatience(job, async (progressed) => {
    if (partial.size === file.bytes) return;
    if (partial.size > 0 && partial.etag === undefined && file.digest === undefined) {
      // Nothing would notice that the rest is of another file.
      onBytes(-partial.size);
      await partial.clear();
    }
    const { size: offset, etag } = partial;
    const request = { repository, commit, name: file.name, offset, etag };
    const body = await hub.open(request, signal);
    if (body.offset !== offset) {
      // The server has another version, or does not send parts.
      onBytes(-offset);
      await partial.clear();
      if (body.offset !== 0) throw new TransientFailure("another part was sent than asked for");
    }
    await partial.setEtag(body.etag);
    for await (const chunk of body.bytes) {
      throwIfAborted(signal);
      // More than was promised is as wrong as other bytes, and the check will say so.
      const wanted = chunk.subarray(0, file.bytes - partial.size);
      await partial.append(wanted);
      onBytes(wanted.length);
      if (wanted.length > 0) progressed();
      if (wanted.length < chunk.length) throw corrupt(job);
    }
    if (partial.size < file.bytes) throw new TransientFailure(`${file.name} ended too early`);
  });
}

interface Pause extends Pick<FileJob, "signal" | "onTry"> {
  readonly nFailures: number;
  readonly patience: Patience;
}

async function pauseAfter(failure: TransientFailure, pause: Pause): Promise<void> {
  const { nFailures, patience, signal, onTry } = pause;
  const backOff = Math.min(patience.maxPauseMs, patience.firstPauseMs * 2 ** (nFailures - 1));
  const ms = Math.max(backOff, failure.retryAfterMs ?? 0);
  if (nFailures >= patience.nTries || ms > patience.maxRetryAfterMs) {
    const wait = ms > patience.maxRetryAfterMs ? ` in ${Math.ceil(ms / 60_000)} minutes` : "";
    throw new AppError(
      "hub.failed",
      `The download stopped: ${failure.message}. Check the connection and try again${wait}.`,
      { cause: failure, detail: { failures: nFailures } },
    );
  }
  onTry?.({ nth: nFailures + 1, nTries: patience.nTries });
  // An abort ends the pause; the next round looks at it.
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

function corrupt({ file, repository }: FileJob): AppError {
  return new AppError(
    "download.corrupt",
    `${file.name} of ${repository} did not arrive as it was published. Nothing of it is used; try again later or over another connection.`,
    { detail: { file: file.name } },
  );
}
