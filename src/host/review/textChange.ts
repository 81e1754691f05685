/** A change of one text as it is kept: enough to take it back, also after the text changed elsewhere; pure. */

import { createHash } from "node:crypto";
import type { TextEdit } from "../../alt/imageReference";
import { applyEdits } from "../../alt/textEdit";
import type { IntendedChange, JournalEdit } from "../../protocol/reviewRecords";

/** Of the text before and behind an edit, in UTF-16 units: enough to tell one line of a list from the next. */
const CONTEXT_UNITS = 60;

/** Tells texts apart. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("base64url");
}

/** @param edits of the text before; none overlap. */
export function changeOf(uri: string, before: string, edits: readonly TextEdit[]): IntendedChange {
  const after = applyEdits(before, edits);
  let moved = 0;
  const kept = [...edits]
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .map(({ start, end, newText }): JournalEdit => {
      const at = start + moved;
      moved += newText.length - (end - start);
      const behind = at + newText.length;
      return {
        at,
        before: before.slice(start, end),
        after: newText,
        left: after.slice(Math.max(0, at - CONTEXT_UNITS), at),
        right: after.slice(behind, behind + CONTEXT_UNITS),
      };
    });
  const hashes = { hashBefore: hashOf(before), hashAfter: hashOf(after) };
  return { type: "intended", uri, ...hashes, edits: kept };
}

/** How a text goes back to what it was. */
export interface WayBack {
  /** Of the text as it is. */
  readonly edits: readonly TextEdit[];
  /** Edits whose place holds something else by now. */
  readonly nLost: number;
}

/**
 * Takes a change back in a text as it is by now. A text that nobody touched since becomes what it was, unit
 * by unit; in another one each edit is looked for by what stands around it.
 * @param hash of the text right after the change, where saving made another one of it.
 */
export function wayBack(text: string, change: IntendedChange, hash?: string): WayBack {
  const now = hashOf(text);
  if (now === change.hashBefore) return { edits: [], nLost: 0 };
  if (now === change.hashAfter) {
    return { edits: change.edits.map((edit) => backwards(edit, edit.at)), nLost: 0 };
  }
  const isAsSaved = now === hash;
  const edits: TextEdit[] = [];
  for (const edit of change.edits) {
    const at = placeOf(edit, text, { isAsSaved });
    if (at !== undefined && !edits.some(({ end }) => end > at)) edits.push(backwards(edit, at));
  }
  return { edits, nLost: change.edits.length - edits.length };
}

function backwards({ before, after }: JournalEdit, at: number): TextEdit {
  return { start: at, end: at + after.length, newText: before };
}

/**
 * Where an edit's text stands now; undefined where that cannot be told. What saving did to the ends of lines
 * is allowed for by a shorter context.
 */
function placeOf(
  { left, after, right }: JournalEdit,
  text: string,
  { isAsSaved }: { readonly isAsSaved: boolean },
): number | undefined {
  const lengths = isAsSaved ? [CONTEXT_UNITS, 16, 4] : [CONTEXT_UNITS, 16];
  for (const length of lengths) {
    const before = left.slice(Math.max(0, left.length - length));
    const words = before + after + right.slice(0, length);
    const at = text.indexOf(words);
    if (at < 0) continue;
    return text.includes(words, at + 1) ? undefined : at + before.length;
  }
  return undefined;
}
