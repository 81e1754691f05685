/** Lets work begin one after the other, in the order in which it came; knows nothing of what it is. */

import { abortable, type CancelSignal } from "../../base/abortable";

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Does the work when all before it is done, whatever became of that.
   * @throws AppError `request.cancelled` when the signal fires while it waits, or what the work throws.
   */
  async take<T>(signal: CancelSignal | undefined, work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const own = abortable(before, signal).then(work);
    // Whoever leaves early lets nobody past the one before.
    this.#last = Promise.allSettled([before, own]);
    return await own;
  }
}
