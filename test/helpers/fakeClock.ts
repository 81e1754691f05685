/** A clock that stands still until a test moves it. */

import type { Clock } from "../../src/base/clock";

interface Alarm {
  readonly atMs: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #alarms = new Set<Alarm>();

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, callback: () => void): () => void {
    const alarm: Alarm = { atMs: this.#nowMs + ms, callback };
    this.#alarms.add(alarm);
    return () => {
      this.#alarms.delete(alarm);
    };
  }

  /** Callbacks that are still to come. */
  get nAlarms(): number {
    return this.#alarms.size;
  }

  /** Moves the time on and rings what is due, earliest first. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    while (this.ring(endMs));
    this.#nowMs = endMs;
  }

  /** Moves the time on to the next alarm that is due until then, and rings it; false where there is none. */
  ring(untilMs = Infinity): boolean {
    const due = [...this.#alarms]
      .filter((alarm) => alarm.atMs <= untilMs)
      .sort((a, b) => a.atMs - b.atMs)[0];
    if (due === undefined) return false;
    this.#alarms.delete(due);
    this.#nowMs = due.atMs;
    due.callback();
    return true;
  }
}
