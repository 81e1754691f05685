/** Applying edits to a text: everything outside them stays as it is, byte for byte. */

import { invariant } from "../base/assert";
import type { TextEdit } from "./imageReference";

/**
 * @param edits in any order; their offsets are those of the unchanged text.
 * @throws AppError `internal` for edits that overlap or lie outside the text.
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  let end = 0;
  for (const edit of sorted) {
    invariant(
      edit.start >= end && edit.end >= edit.start && edit.end <= text.length,
      `An edit of ${edit.start} to ${edit.end} overlaps another or lies outside the text.`,
    );
    parts.push(text.slice(end, edit.start), edit.newText);
    end = edit.end;
  }
  parts.push(text.slice(end));
  return parts.join("");
}
