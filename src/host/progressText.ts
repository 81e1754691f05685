/** Progress in bytes as people read it; pure. */

import { formatBytes } from "../base/bytes";
import type { Progress } from "../protocol/engineMessages";

export interface ProgressText {
  /** In the unit of the total, which it does not name: "1.2" of "4.0 GB". */
  readonly done: string;
  readonly total: string;
  /** A whole number from 0 to 100; 100 only at the end. */
  readonly percent: number;
}

/** The parts of a sentence about progress; the editor puts them together in the user's language. */
export function progressText({ doneBytes, totalBytes }: Progress): ProgressText {
  const total = formatBytes(totalBytes);
  const [number = "", unit = ""] = total.split(" ");
  const digits = number.split(".")[1]?.length ?? 0;
  const scale = 1000 ** Math.max(0, UNITS.indexOf(unit));
  return {
    done: (Math.min(doneBytes, totalBytes) / scale).toFixed(digits),
    total,
    percent: Math.floor(shareOf({ doneBytes, totalBytes }) * 100),
  };
}

/** From 0 to 1; nothing to do is done. */
function shareOf({ doneBytes, totalBytes }: Progress): number {
  return totalBytes <= 0 ? 1 : Math.min(1, doneBytes / totalBytes);
}

/** As formatBytes names them. */
const UNITS: readonly string[] = ["bytes", "kB", "MB", "GB", "TB"];
