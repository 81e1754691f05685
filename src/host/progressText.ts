/** Progress in bytes as people read it; pure. */

import { type BytesOf, formatBytesOf } from "../base/bytes";
import type { Progress } from "../model/ask/progress";

export interface ProgressText extends BytesOf {
  /** A whole number from 0 to 100; 100 only at the end. */
  readonly percent: number;
}

/**
 * The parts of a sentence about progress; the editor puts them together in the user's language.
 * @param locale as in `formatBytes`.
 */
export function progressText(
  { doneBytes, totalBytes }: Pick<Progress, "doneBytes" | "totalBytes">,
  locale = "en",
): ProgressText {
  return {
    ...formatBytesOf({ doneBytes, totalBytes }, locale),
    percent: Math.floor(shareOf({ doneBytes, totalBytes }) * 100),
  };
}

/** From 0 to 1; nothing to do is done. */
function shareOf({ doneBytes, totalBytes }: Pick<Progress, "doneBytes" | "totalBytes">): number {
  return totalBytes <= 0 ? 1 : Math.min(1, doneBytes / totalBytes);
}
