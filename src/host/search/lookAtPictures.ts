/**
 * Brings the index of the `search` process up to what lies below folders, some pictures at a time, so that words
 * have a turn meanwhile. What is in the index already costs a look at its size and time.
 */

import { AppError, throwIfAborted } from "../../base/errors";
import type { Params } from "../../protocol/methods";
import type { EngineApi } from "../service/engine";

export interface SkippedPicture {
  readonly file: string;
  readonly why: string;
}

/** What can be searched by now. */
export interface LookedAt {
  /** Paths, in the order of the folders. */
  readonly files: readonly string[];
  readonly skipped: readonly SkippedPicture[];
}

/** How far the looking is. */
export interface LookProgress extends LookedAt {
  /** Pictures that need no look any more. */
  readonly nDone: number;
  readonly nAll: number;
  /** Pictures that were new when the looking began, and how many of them are left. */
  readonly nNew: number;
  readonly nLeft: number;
  /** Going by the pictures of late; undefined while the speed is not known. */
  readonly secondsLeft?: number | undefined;
  /** What those that are left will take in the index. */
  readonly bytesLeft: number;
}

export interface LookRun {
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  /** Told when the new pictures are counted, after each piece, and at the end. */
  readonly onProgress: (progress: LookProgress) => void;
  /** New pictures, the newest first, in the order in which they are looked at. @default as they are */
  readonly inOrder?: ((fresh: readonly string[]) => readonly string[]) | undefined;
  /** Asked before each piece; what is left is skipped when it says no. @default always */
  readonly goesOn?: ((progress: LookProgress) => boolean) | undefined;
  /** Told when the index cannot be written, which ends the looking. */
  readonly onUnwritable?: ((error: AppError) => void) | undefined;
}

/** Pictures in one piece of work: few while each costs seconds, many where all are quick. */
const PIECE = { least: 8, most: 512 } as const;
/** A piece that is done sooner may be larger, in ms. */
const QUICK_MS = 300;
/** Of a picture that was not looked at because somebody stopped. */
const NOT_YET = "not looked at yet";

/**
 * @returns what can be searched. @throws AppError `request.cancelled`, `engine.*`, and as the methods; not
 * `index.unwritable` when somebody is told.
 */
export async function lookAtPictures(
  engine: Pick<EngineApi, "call">,
  places: Params<"listPictures">,
  run: LookRun,
): Promise<LookedAt> {
  const { signal, onProgress } = run;
  const listed = await engine.call("listPictures", places, { signal });
  const { files } = listed;
  const below = [...places.folders];
  const known = await engine.call("knownPictures", { files: [...files], below }, { signal });
  const fresh = run.inOrder?.(known.fresh) ?? known.fresh;
  const skipped: SkippedPicture[] = [...listed.skipped, ...known.skipped];
  const speed = new Speed(run.nowMs);
  const progressAt = (nLooked: number): LookProgress => {
    const nLeft = fresh.length - nLooked;
    const secondsLeft = speed.secondsFor(nLeft);
    const counts = { nDone: files.length - nLeft, nAll: files.length, nNew: fresh.length, nLeft };
    return { files, skipped, ...counts, secondsLeft, bytesLeft: nLeft * known.bytesEach };
  };
  onProgress(progressAt(0));
  const nLooked = await inPieces(fresh, { ...run, speed, progressAt }, async (piece) => {
    const looked = await engine.call("indexPictures", { files: [...piece] }, { signal });
    skipped.push(...looked.skipped);
  });
  if (nLooked < fresh.length) {
    skipped.push(...fresh.slice(nLooked).map((file) => ({ file, why: NOT_YET })));
    onProgress(progressAt(nLooked));
  }
  return { files, skipped };
}

/** @returns how many were looked at before it had to stop. */
async function inPieces(
  fresh: readonly string[],
  run: LookRun & {
    readonly speed: Speed;
    readonly progressAt: (nLooked: number) => LookProgress;
  },
  look: (piece: readonly string[]) => Promise<void>,
): Promise<number> {
  const { signal, speed, progressAt, onProgress, goesOn = () => true, onUnwritable } = run;
  let size = 1;
  let begin = 0;
  while (begin < fresh.length && goesOn(progressAt(begin))) {
    throwIfAborted(signal);
    const piece = fresh.slice(begin, begin + size);
    try {
      const tookMs = await speed.measure(piece.length, () => look(piece));
      size = tookMs < QUICK_MS ? Math.min(PIECE.most, 4 * size) : PIECE.least;
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (error.code !== "index.unwritable" || onUnwritable === undefined) throw thrown;
      onUnwritable(error);
      break;
    }
    begin += piece.length;
    onProgress(progressAt(begin));
  }
  return begin;
}

/** How long a picture takes. */
class Speed {
  readonly #nowMs: () => number;
  #nPieces = 0;
  #msEach: number | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @returns how long it took, in ms. */
  async measure(nPictures: number, work: () => Promise<void>): Promise<number> {
    const begin = this.#nowMs();
    await work();
    const tookMs = this.#nowMs() - begin;
    // The first one loads the weights.
    if (++this.#nPieces > 1) {
      const msEach = tookMs / nPictures;
      this.#msEach = this.#msEach === undefined ? msEach : (2 * this.#msEach + msEach) / 3;
    }
    return tookMs;
  }

  secondsFor(nPictures: number): number | undefined {
    return this.#msEach === undefined ? undefined : (this.#msEach * nPictures) / 1000;
  }
}
