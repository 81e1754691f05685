/** Lets a few runs through at a time, first come, first served; knows nothing of what runs. */

import { AppError, throwIfAborted } from "../base/errors";

/** ONNX Runtime computes one thing at a time, so a second request waits here. */
export class RunQueue {
  #nFree: number;
  readonly #waiting: (() => void)[] = [];

  /** @param nAtOnce runs that go on side by side. */
  constructor(nAtOnce = 1) {
    this.#nFree = nAtOnce;
  }

  /**
   * Does the work when there is room for it.
   * @throws AppError `request.cancelled` at once when the signal fires before the work has begun;
   * afterwards the signal is the work's own affair.
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    throwIfAborted(signal);
    if (this.#nFree === 0) await this.#turn(signal);
    else this.#nFree -= 1;
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** Hands the turn on without a gap in which a newcomer could slip in. */
  #next(): void {
    const start = this.#waiting.shift();
    if (start === undefined) this.#nFree += 1;
    else start();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(new AppError("request.cancelled", "The request was cancelled before it began."));
      };
      this.#waiting.push(start);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
