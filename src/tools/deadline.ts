/** The time that a call may take: a signal that fires at its end, or when nobody waits any more. */

import type { ToolContext } from "./tool";

export interface Deadline {
  readonly signal: AbortSignal;
  /** The time is over, and somebody still waits. */
  readonly isOver: boolean;
  /** Ends the timer. */
  end(): void;
}

export function startDeadline(
  { clock, signal }: Pick<ToolContext, "clock" | "signal">,
  ms: number,
): Deadline {
  const controller = new AbortController();
  const leave = (): void => {
    controller.abort();
  };
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  const stopTimer = clock.after(ms, leave);
  return {
    signal: controller.signal,
    get isOver() {
      return controller.signal.aborted && !signal.aborted;
    },
    end: () => {
      stopTimer();
      signal.removeEventListener("abort", leave);
    },
  };
}
