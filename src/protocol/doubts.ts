/** Why an answer about a picture may mean nothing; said from the engine to the page. */

import type { JsonObject } from "../base/json";
import { texts } from "./messageFields";

/** `oneColor`: there is nothing to see; `outsideWorld`: the model was trained on other pictures only. */
export const DOUBTS = ["oneColor", "outsideWorld"] as const;

export type DoubtName = (typeof DOUBTS)[number];

/** The list under `doubts`; what only a later version doubts is left out. */
export function readDoubts(message: JsonObject): readonly DoubtName[] {
  const given = texts(message, "doubts");
  return DOUBTS.filter((doubt) => given.includes(doubt));
}
