/** How a run is stopped and what it tells while it goes on. */

import type { Stage } from "../model/ask/progress";

/** Called with each piece of text that is complete; only greedy decoding and sampling stream. */
export type OnText = (text: string) => void;

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onText?: OnText;
  /** `look`: the picture is encoded, which may take seconds; `write`: the prompt is read. */
  readonly onStage?: (stage: Stage) => void;
}
