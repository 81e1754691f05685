/** Progress in bytes as people read it; pure. */

import {
  type ByteProgress,
  type BytesOf,
  formatBytesOf,
  formatShare,
  doneShare,
  wholePercent,
} from "../../base/bytes";

export interface ProgressText extends BytesOf {
  /** A whole number from 0 to 100; 100 only at the end. */
  readonly percent: number;
  /** The same as the language writes it: "30%". */
  readonly share: string;
}

/**
 * The parts of a sentence about progress; the editor puts them together in the user's language.
 * @param locale as in `formatBytes`.
 */
export function progressText(progress: ByteProgress, locale = "en"): ProgressText {
  const share = doneShare(progress);
  const { doneBytes, totalBytes } = progress;
  return {
    ...formatBytesOf({ doneBytes, totalBytes }, locale),
    percent: wholePercent(share),
    share: formatShare(share, locale),
  };
}
