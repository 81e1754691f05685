/** One piece of asynchronous work at a time, in the order in which it was asked for. */

export class TaskQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the task when all before it are done; a failed one does not stop the next. */
  add<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything that was asked for so far is done. Never rejects. */
  async drained(): Promise<void> {
    await this.#last;
  }
}
