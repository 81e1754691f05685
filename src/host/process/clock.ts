/** The real time. */

import type { Clock } from "../../base/clock";

// setTimeout takes a 32-bit delay and treats a longer one as no delay at all.
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The real time. A delay of `Infinity` never ends. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    if (ms > MAX_DELAY_MS) return () => undefined;
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
