/** The real time, for limits, pauses and what a server takes. */

import type { Clock } from "../base/clock";

export const realClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
