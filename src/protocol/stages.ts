/**
 * What the engine's process is busy with while neither bytes nor words come, so that whoever waits can be
 * told. One table for both ends.
 */

import type { JsonObject } from "../base/json";
import { type Stage, STAGES } from "../model/ask/progress";
import { count, oneOf, optional, text } from "./messageFields";

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
