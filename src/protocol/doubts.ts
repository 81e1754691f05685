/** Why an answer about a picture may mean nothing; said from the engine to the page. */

import type { JsonObject } from "../base/json";
import { type Doubt, DOUBTS } from "../model/ask/request";
import { texts } from "./messageFields";

/** The list under `doubts`; what only a later version doubts is left out. */
export function readDoubts(message: JsonObject): readonly Doubt[] {
  const given = texts(message, "doubts");
  return DOUBTS.filter((doubt) => given.includes(doubt));
}
