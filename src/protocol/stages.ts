/**
 * What the engine's process is busy with while neither bytes nor words come, so that whoever waits can be
 * told. One table for both ends.
 */

import type { JsonObject } from "../base/json";
import { count, oneOf, optional, text } from "./messageFields";

/**
 * `connect`: a server is asked, for the nth of `nTries` times; `check`: what has arrived before is
 * compared; `load`: the model is brought into memory, which the host says, because it knows who waits for
 * it; `look`: the picture is encoded; `write`: the prompt is read and the answer begins.
 */
export const STAGES = ["connect", "check", "load", "look", "write"] as const;
export type StageName = (typeof STAGES)[number];

export interface Stage {
  readonly stage: StageName;
  /** Of `connect`: who is asked. */
  readonly host?: string;
  /** Of `connect`, from 1. */
  readonly nth?: number;
  readonly nTries?: number;
}

export interface StagedMessage extends Stage {
  readonly type: "staged";
  readonly id: number;
}

/** Reads the fields of a stage. */
export function readStage(message: JsonObject): Stage {
  const optionalCount = (key: "nth" | "nTries"): Partial<Stage> =>
    optional(key, message.has(key) ? count(message, key) : undefined);
  return {
    stage: oneOf(message, "stage", STAGES),
    ...optional("host", text(message, "host")),
    ...optionalCount("nth"),
    ...optionalCount("nTries"),
  };
}
