/**
 * How many requests are in flight to a server, found out as it goes: one more after a round of successes, half
 * as many after an overload (additive increase, multiplicative decrease, RFC 5681).
 */

import { AppError } from "../base/errors";

const FIRST_LIMIT = 2;

export class SendWindow {
  readonly #max: number;
  readonly #waiting = new Set<() => void>();
  #limit: number;
  #nInFlight = 0;
  /** Since the limit was changed. */
  #nSuccesses = 0;
  #round = 0;

  constructor(max: number) {
    this.#max = max;
    this.#limit = Math.min(FIRST_LIMIT, max);
  }

  /** At the moment. */
  get limit(): number {
    return this.#limit;
  }

  /** Changes with each overload: what was sent before it says nothing about the limit since then. */
  get round(): number {
    return this.#round;
  }

  /**
   * Waits for a place and keeps it while the work goes on.
   * @throws AppError `request.cancelled` when the signal fires while it waits, and what the work throws.
   */
  async inPlace<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    while (this.#nInFlight >= this.#limit) await this.#wait(signal);
    this.#nInFlight++;
    try {
      return await work();
    } finally {
      this.#nInFlight--;
      this.#wake();
    }
  }

  succeeded(): void {
    this.#nSuccesses++;
    if (this.#nSuccesses < this.#limit || this.#limit >= this.#max) return;
    this.#limit++;
    this.#nSuccesses = 0;
    this.#wake();
  }

  /** @param round in which the request was sent that the server refused. */
  overloaded(round: number): void {
    if (round !== this.#round) return;
    this.#round++;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#nSuccesses = 0;
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(go);
        reject(new AppError("request.cancelled", "The request was cancelled."));
      };
      const go = (): void => {
        this.#waiting.delete(go);
        signal.removeEventListener("abort", leave);
        resolve();
      };
      this.#waiting.add(go);
      signal.addEventListener("abort", leave);
      if (signal.aborted) leave();
    });
  }

  #wake(): void {
    for (const go of [...this.#waiting].slice(0, Math.max(0, this.#limit - this.#nInFlight))) go();
  }
}
