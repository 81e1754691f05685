/** The real time, for limits and pauses. */

import type { Clock } from "../base/clock";

export const realClock: Pick<Clock, "after"> = {
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
