/** Lets one run at a time through, first come, first served; knows nothing of what runs. */

import { AppError, throwIfAborted } from "../base/errors";

/** ONNX Runtime computes one thing at a time, so a second request waits here. */
export class RunQueue {
  #isBusy = false;
  readonly #waiting: (() => void)[] = [];

  /**
   * Does the work when everything before it is done.
   * @throws AppError `request.cancelled` at once when the signal fires before the work has begun;
   * afterwards the signal is the work's own affair.
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    throwIfAborted(signal);
    if (this.#isBusy) await this.#turn(signal);
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** Hands the turn on without a gap in which a newcomer could slip in. */
  #next(): void {
    const start = this.#waiting.shift();
    if (start === undefined) this.#isBusy = false;
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
