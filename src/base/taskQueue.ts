/** One piece of asynchronous work at a time, in the order in which it was asked for. */

import { abortable, type CancelSignal } from "./abortable";

export class TaskQueue {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Runs the task when all before it are done; a failed one does not stop the next.
   * @throws AppError `request.cancelled` when the signal fires while it waits, or what the task throws.
   */
  add<T>(task: () => Promise<T>, signal?: CancelSignal): Promise<T> {
    const before = this.#last;
    const result = abortable(before, signal).then(task);
    // Whoever leaves early lets nobody past the one before.
    this.#last = Promise.allSettled([before, result]);
    return result;
  }

  /** Resolves when everything that was asked for so far is done. Never rejects. */
  async drained(): Promise<void> {
    await this.#last;
  }
}
