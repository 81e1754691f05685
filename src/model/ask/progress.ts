/** How long work tells how far it is: in bytes, or by the name of what it is busy with. */

export const PROGRESS_STEPS = ["download", "convert", "load"] as const;

/** Bytes so far and in all; each step of a work that has several counts anew. */
export interface Progress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly step?: (typeof PROGRESS_STEPS)[number];
  /** Of a model that is converted while it is downloaded. */
  readonly convertedBytes?: number;
}

/** What an answer waits for, in this order. */
export const ANSWER_STEPS = ["load", "look", "write"] as const;
export type StepName = (typeof ANSWER_STEPS)[number];

/**
 * `connect`: a server is asked, for the nth of `nTries` times; `check`: what has arrived before is
 * compared; `load`: the model is brought into memory, which the host says, because it knows who waits for
 * it; `look`: the picture is encoded; `write`: the prompt is read and the answer begins; `features`: pictures to
 * learn from are encoded; `learn`: a model takes steps, and is judged between them.
 */
export const STAGES = ["connect", "check", ...ANSWER_STEPS, "features", "learn"] as const;
export type StageName = (typeof STAGES)[number];

/** What is done while neither bytes nor words come. */
export interface Stage {
  readonly stage: StageName;
  /** Of `connect`: who is asked. */
  readonly host?: string;
  /** Of `connect`, from 1. */
  readonly nth?: number;
  readonly nTries?: number;
  /** Of `features` and `learn`: pictures, or steps, that are done, and how many there are. */
  readonly nDone?: number;
  readonly nAll?: number;
  /** Of `learn`. */
  readonly secondsLeft?: number;
}
