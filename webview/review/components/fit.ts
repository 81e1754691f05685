/** How surely a picture and a text belong together, in words. */

import type { ReviewStrings } from "../../../src/protocol/views/reviewStrings";
import { fillIn } from "../../shell/strings";

/** @param fit 0 to 1; undefined where nothing compared the two. */
export function fitText(fit: number | undefined, strings: ReviewStrings): string {
  return fit === undefined ? "" : fillIn(strings.fit, String(Math.round(fit * 100)));
}
