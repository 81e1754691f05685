/** How many requests are in flight to a server, found out as it goes: it measures what the search for it asks. */

import { AppError } from "../base/errors";
import { LimitSearch } from "./limitSearch";

const FIRST_LIMIT = 2;

export class SendWindow {
  readonly #search: LimitSearch;
  readonly #now: () => number;
  readonly #waiting = new Set<() => void>();
  #nInFlight = 0;
  /** Changes with the limit: what was sent before says nothing about the limit since then. */
  #round = 0;
  /** Of answers to requests of this round. */
  #measured = { nAnswers: 0, nInFlight: 0, ms: 0 };

  /** @param now milliseconds since an arbitrary start. */
  constructor(max: number, now: () => number) {
    this.#search = new LimitSearch(FIRST_LIMIT, max);
    this.#now = now;
  }

  /** At the moment. */
  get limit(): number {
    return this.#search.limit;
  }

  /**
   * Waits for a place and keeps it while the work goes on.
   * @param isRefusal tells whether a failure says that too much is in flight.
   * @throws AppError `request.cancelled` when the signal fires while it waits, and what the work throws.
   */
  async inPlace<T>(
    signal: AbortSignal,
    work: () => Promise<T>,
    isRefusal: (thrown: unknown) => boolean,
  ): Promise<T> {
    while (this.#nInFlight >= this.limit) await this.#wait(signal);
    this.#nInFlight++;
    const round = this.#round;
    const beganMs = this.#now();
    try {
      const result = await work();
      if (round === this.#round) this.#answered(this.#now() - beganMs);
      return result;
    } catch (thrown) {
      if (round === this.#round && isRefusal(thrown)) {
        this.#search.refused();
        this.#measured = { nAnswers: 0, nInFlight: 0, ms: 0 };
        this.#round++;
      }
      throw thrown;
    } finally {
      this.#nInFlight--;
      this.#wake();
    }
  }

  #answered(ms: number): void {
    const { limit } = this;
    const measured = this.#measured;
    measured.nAnswers++;
    measured.nInFlight += this.#nInFlight;
    measured.ms += ms;
    // Where half of the places are free, it is not the server that decides.
    const isUsed = measured.nInFlight > (measured.nAnswers * limit) / 2;
    // Little's law: what comes in a time is what is in flight by how long each is on its way.
    const rate = measured.nInFlight / Math.max(measured.ms, 1);
    if (isUsed && !this.#search.measured(measured.nAnswers, rate)) return;
    this.#measured = { nAnswers: 0, nInFlight: 0, ms: 0 };
    if (this.limit !== limit) this.#round++;
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
    for (const go of [...this.#waiting].slice(0, Math.max(0, this.limit - this.#nInFlight))) go();
  }
}
