/** Lets work that can wait give way to questions; knows nothing of either. */

import type { CancelSignal } from "../../base/abortable";
import { AppError } from "../../base/errors";

export class ForegroundGate {
  #nQuestions = 0;
  /** What gives way when a question comes. */
  readonly #waiting = new Set<AbortController>();
  readonly #onChanged: () => void;

  /** @param onChanged called when the first question comes, and when the last one is answered. */
  constructor(onChanged: () => void = () => undefined) {
    this.#onChanged = onChanged;
  }

  /** True while a question is being answered. */
  get isAsked(): boolean {
    return this.#nQuestions > 0;
  }

  /** True while there are others to be answered besides the one that asks. */
  get hasOthers(): boolean {
    return this.#nQuestions > 1;
  }

  /** Does a question's work at once, and drops what has not begun. */
  async question<T>(work: () => Promise<T>): Promise<T> {
    this.#count(1);
    for (const controller of [...this.#waiting]) controller.abort();
    try {
      return await work();
    } finally {
      this.#count(-1);
    }
  }

  /**
   * Does work that a question drops; it is not begun while one is answered.
   * @throws AppError `request.cancelled` when it was dropped or the caller's signal fired.
   */
  async background<T>(
    signal: CancelSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (this.isAsked || signal?.aborted === true) {
      throw new AppError("request.cancelled", "A question came first.");
    }
    const controller = new AbortController();
    const leave = (): void => {
      controller.abort();
    };
    this.#waiting.add(controller);
    signal?.addEventListener("abort", leave);
    try {
      return await work(controller.signal);
    } finally {
      signal?.removeEventListener("abort", leave);
      this.#waiting.delete(controller);
    }
  }

  #count(change: 1 | -1): void {
    const before = this.isAsked;
    this.#nQuestions += change;
    if (this.isAsked !== before) this.#onChanged();
  }
}
