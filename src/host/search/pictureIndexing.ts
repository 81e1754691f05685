/**
 * The one look at the pictures of a window's folders, which all of its searches share: it goes on when they have
 * left, asks before it takes long, and can be stopped and gone on with at any time.
 */

import { abortable } from "../../base/abortable";
import type { AppError } from "../../base/errors";
import type { Params } from "../../protocol/methods";
import type { EngineApi } from "../service/engine";
import { type LookedAt, lookAtPictures, type LookProgress } from "./lookAtPictures";

/** From here on it is asked about first, in seconds. */
const LONG_SECONDS = 600;

export type IndexingState =
  | { readonly kind: "idle" }
  | { readonly kind: "looking" | "stopped"; readonly progress: LookProgress };

export interface IndexingOptions {
  readonly engine: Pick<EngineApi, "call">;
  readonly places: () => Params<"listPictures">;
  readonly nowMs: () => number;
  /** New pictures, the newest first, in the order in which they are looked at. */
  readonly inOrder: (fresh: readonly string[]) => readonly string[];
  /** Asked once, when it is known that it will take long. @returns true to look at all of them */
  readonly mayTakeLong: (progress: LookProgress) => Promise<boolean>;
  /** True when somebody has said so before. */
  readonly hasAgreed: () => boolean;
  /** Told of each new state. */
  readonly onState: (state: IndexingState) => void;
  /** New pictures can be found, though nobody waits for them. */
  readonly onFound: () => void;
  /** The index cannot be written: what is there can be searched. */
  readonly onUnwritable: (error: AppError) => void;
}

export interface JoinRun {
  readonly signal: AbortSignal;
  /** Told when the pictures are listed, and after each piece. */
  readonly onProgress: (progress: LookProgress) => void;
}

type Tell = (progress: LookProgress) => void;

/** A look that goes on, whoever waits for it. */
class Pass {
  readonly #end = new AbortController();
  readonly #listeners = new Set<Tell>();
  readonly done: Promise<LookedAt>;
  /** How far it was told to be. */
  last: LookProgress | undefined;

  constructor(look: (signal: AbortSignal, tell: Tell) => Promise<LookedAt>) {
    this.done = look(this.#end.signal, (progress) => {
      this.last = progress;
      for (const tell of [...this.#listeners]) tell(progress);
    });
    // Whoever waits hears of a failure; the others meet it with their next search.
    this.done.catch(() => undefined);
  }

  get isAwaited(): boolean {
    return this.#listeners.size > 0;
  }

  async join({ signal, onProgress }: JoinRun): Promise<LookedAt> {
    const tell: Tell = (progress) => {
      if (!signal.aborted) onProgress(progress);
    };
    this.#listeners.add(tell);
    if (this.last !== undefined) tell(this.last);
    try {
      return await abortable(this.done, signal);
    } finally {
      this.#listeners.delete(tell);
    }
  }

  cancel(): void {
    this.#end.abort();
  }
}

export class PictureIndexing {
  readonly #options: IndexingOptions;
  #pass: Pass | undefined;
  /** Files have changed since the pass listed them. */
  #isOutdated = false;
  #isStopped = false;
  #wasAsked = false;

  constructor(options: IndexingOptions) {
    this.#options = options;
  }

  /**
   * Looks at the pictures, or waits for a look that goes on; one that began before files changed is followed by
   * another. Ends early, with what there is, when somebody stops it.
   * @throws AppError `request.cancelled`, though the look goes on; as `lookAtPictures`.
   */
  async look(run: JoinRun): Promise<LookedAt> {
    const before = this.#pass;
    if (before !== undefined) {
      const looked = await before.join(run);
      if (!this.#isOutdated) return looked;
    }
    return await (this.#pass ?? this.#begin()).join(run);
  }

  /** Files were written, made or taken away. */
  changed(): void {
    this.#isOutdated = true;
  }

  /** @returns false when there was nothing to stop. */
  stop(): boolean {
    if ((this.#pass?.last?.nLeft ?? 0) === 0) return false;
    this.#isStopped = true;
    return true;
  }

  /** Looks at what was left. @throws AppError as `look`. */
  async goOn(): Promise<void> {
    // Who stops and goes on at once gets a pass of its own behind the one that ends.
    await this.#pass?.done.catch(() => undefined);
    this.#isStopped = false;
    await (this.#pass ?? this.#begin()).done;
  }

  dispose(): void {
    this.#pass?.cancel();
  }

  #begin(): Pass {
    this.#isOutdated = false;
    const pass = new Pass((signal, tell) => this.#look(signal, tell));
    this.#pass = pass;
    const ended = (): void => {
      this.#pass = undefined;
      const { nNew = 0, nLeft = 0 } = pass.last ?? {};
      if (nNew > nLeft && !pass.isAwaited) this.#options.onFound();
    };
    pass.done.then(ended, ended);
    return pass;
  }

  async #look(signal: AbortSignal, tell: Tell): Promise<LookedAt> {
    const { engine, places, nowMs, inOrder, onState, onUnwritable } = this.#options;
    let last: LookProgress | undefined;
    try {
      return await lookAtPictures(engine, places(), {
        ...{ signal, nowMs, inOrder, onUnwritable },
        goesOn: (progress) => this.#goesOn(progress),
        onProgress: (progress) => {
          last = progress;
          if (progress.nLeft > 0) onState({ kind: "looking", progress });
          tell(progress);
        },
      });
    } finally {
      if (last !== undefined && last.nLeft > 0 && !signal.aborted) {
        onState({ kind: "stopped", progress: last });
      } else {
        this.#isStopped = false;
        onState({ kind: "idle" });
      }
    }
  }

  #goesOn(progress: LookProgress): boolean {
    const { hasAgreed, mayTakeLong } = this.#options;
    const isLong = (progress.secondsLeft ?? 0) >= LONG_SECONDS;
    if (isLong && !this.#wasAsked && !hasAgreed()) {
      this.#wasAsked = true;
      this.#isStopped = true;
      // Searches have what there is until somebody answers.
      void mayTakeLong(progress)
        .then((isAgreed) => (isAgreed ? this.goOn() : undefined))
        .catch(() => undefined);
    }
    return !this.#isStopped;
  }
}
