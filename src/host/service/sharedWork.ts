/** Work that is done once for everybody who waits for it. */

import { abortable, type CancelSignal } from "../../base/abortable";
import { isCancelled } from "../../base/errors";
import type { Progress } from "../../model/ask/progress";
import type { CallOptions } from "../../protocol/rpcClient";

/** What the work itself is given. */
export interface WorkContext {
  /** Fires when nobody waits any more, or when the work was cancelled for all. */
  readonly signal: CancelSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** Starts when it is created; whoever leaves before the end disturbs nobody else. */
export class SharedWork {
  readonly #controller = new AbortController();
  readonly #waiting = new Set<CallOptions>();
  readonly #done: Promise<void>;

  constructor(run: (context: WorkContext) => Promise<void>) {
    this.#done = run({
      signal: this.#controller.signal,
      onProgress: (progress) => {
        for (const { onProgress } of [...this.#waiting]) onProgress?.(progress);
      },
    });
    // Nobody may be waiting any more when it fails.
    this.#done.catch(() => undefined);
  }

  /** True when joining would be in vain. */
  get isCancelled(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Settles with the work, whatever its outcome; also after a cancel. Never rejects. */
  async settled(): Promise<void> {
    await this.#done.catch(() => undefined);
  }

  /** Asks the work to end for all who wait. */
  cancel(): void {
    this.#controller.abort();
  }

  /**
   * Waits for the work, and cancels it when the last one who waits leaves. When it was cancelled for
   * all, a caller that still wants it looks anew at what there is to wait for.
   * @throws AppError `request.cancelled` when the caller's signal fired, or what the work throws.
   */
  async join(options: CallOptions): Promise<void> {
    // A copy, because two callers may pass the same object.
    const waiting = { ...options };
    this.#waiting.add(waiting);
    try {
      await abortable(this.#done, options.signal);
    } catch (error) {
      const isForAll = this.isCancelled && isCancelled(error);
      if (!isForAll || options.signal?.aborted === true) throw error;
    } finally {
      this.#waiting.delete(waiting);
      if (this.#waiting.size === 0) this.cancel();
    }
  }
}
