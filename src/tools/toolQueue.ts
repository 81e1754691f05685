/** The calls of agents that wait for the one that runs: the model computes one thing at a time. */

import { AppError } from "../base/errors";
import { TaskQueue } from "../base/taskQueue";
import { MAX_WAITING } from "./limits";

export class ToolQueue {
  readonly #queue = new TaskQueue();
  /** Calls that wait or run. */
  #nCalls = 0;

  /**
   * Does the work when all before it is done.
   * @param onWait told once how many are before it, where any are.
   * @throws AppError `engine.busy` when too many wait already, `request.cancelled` for one that left, and
   * what the work throws.
   */
  async add<T>(
    work: () => Promise<T>,
    {
      signal,
      onWait,
    }: { readonly signal?: AbortSignal; readonly onWait?: (n: number) => void } = {},
  ): Promise<T> {
    const nBefore = this.#nCalls;
    if (nBefore > MAX_WAITING) {
      const text = `${MAX_WAITING} requests wait already. Wait for some of them, then call again.`;
      throw new AppError("engine.busy", text);
    }
    this.#nCalls++;
    if (nBefore > 0) onWait?.(nBefore);
    try {
      return await this.#queue.add(work, signal);
    } finally {
      this.#nCalls--;
    }
  }
}
