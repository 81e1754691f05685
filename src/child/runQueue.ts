/** Lets a few runs through at a time, first come, first served; knows nothing of what runs. */

import { AppError, throwIfAborted } from "../base/errors";

interface Waiting {
  readonly isAlone: boolean;
  readonly start: () => void;
}

/** ONNX Runtime computes one thing at a time, so a second request waits here. */
export class RunQueue {
  readonly #nAtOnce: () => number;
  readonly #waiting: Waiting[] = [];
  #nRunning = 0;
  /** What runs lets nothing run beside it. */
  #isAlone = false;

  /** @param nAtOnce runs that go on side by side; asked before each. @default one */
  constructor(nAtOnce: () => number = () => 1) {
    this.#nAtOnce = nAtOnce;
  }

  /**
   * Does the work when there is room for it.
   * @param isAlone it waits until nothing else runs, and nothing else begins before it ends. @default false
   * @throws AppError `request.cancelled` at once when the signal fires before the work has begun;
   * afterwards the signal is the work's own affair.
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>, isAlone = false): Promise<T> {
    throwIfAborted(signal);
    if (this.#waiting.length > 0 || !this.#hasRoom(isAlone)) await this.#turn(signal, isAlone);
    else this.#begin(isAlone);
    try {
      return await work();
    } finally {
      this.#nRunning -= 1;
      this.#isAlone = false;
      this.#startNext();
    }
  }

  #hasRoom(isAlone: boolean): boolean {
    if (this.#nRunning === 0) return true;
    return !isAlone && !this.#isAlone && this.#nRunning < this.#nAtOnce();
  }

  #begin(isAlone: boolean): void {
    this.#nRunning += 1;
    this.#isAlone = isAlone;
  }

  /** Hands turns on without a gap in which a newcomer could slip in. */
  #startNext(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (!this.#hasRoom(first.isAlone)) return;
      this.#waiting.shift();
      this.#begin(first.isAlone);
      first.start();
    }
  }

  #turn(signal: AbortSignal, isAlone: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        isAlone,
        start: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new AppError("request.cancelled", "The request was cancelled before it began."));
        // One that would be alone may have kept others back.
        this.#startNext();
      };
      this.#waiting.push(waiting);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
