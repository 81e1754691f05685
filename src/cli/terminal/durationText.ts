/** How the command line tells the time that work will still take. */

import { durationOf } from "../../base/timeLeft";

export function durationText(seconds: number): string {
  const { hours, minutes, seconds: rest } = durationOf(seconds);
  if (hours > 0) return `${hours} h ${minutes} min left`;
  return minutes > 0 ? `${minutes} min left` : `${rest} s left`;
}
