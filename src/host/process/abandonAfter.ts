/** Waiting for something that may never happen. */

import type { Clock } from "../../base/clock";

/** Settles with the promise, or after `ms` without it. Never rejects. */
export function abandonAfter(promise: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const stopTimer = clock.after(ms, resolve);
    const end = (): void => {
      stopTimer();
      resolve();
    };
    promise.then(end, end);
  });
}
