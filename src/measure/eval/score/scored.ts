/** What scoring gives: figures for people, an object for programs. */

import type { Interval } from "../../metrics/bootstrap";
import type { EvalTask } from "../tasks";

export interface Figure {
  readonly name: string;
  readonly value: number;
}

export interface Scored {
  readonly task: EvalTask;
  /** Items that were scored. */
  readonly n: number;
  /** Items of the benchmark's file. */
  readonly of: number;
  /** The figure that tables print comes first. */
  readonly figures: readonly Figure[];
  /** By the figure's name, of those that can be resampled. Computed when asked for. */
  readonly intervals: () => Readonly<Record<string, Interval>>;
  /** What `eval score --json` prints. */
  readonly json: Readonly<Record<string, unknown>>;
  /** What a person should know of how it came to be. */
  readonly notes: readonly string[];
}
