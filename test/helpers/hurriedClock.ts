/** A clock for limits and pauses that goes a hundred times as fast. */

import type { Clock } from "../../src/base/clock";

export const hurriedClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms / 100);
    return () => {
      clearTimeout(timer);
    };
  },
};
