/** What can be mended without anybody's judgement, all of a document at once. */

import type { TextEdit } from "../alt/imageReference";

interface Fixable {
  readonly edits: readonly TextEdit[];
  readonly isSafe: boolean;
}

/**
 * The edits of one safe fix for each finding, none of which overlap.
 * @param fixes of each finding, in the order of the text.
 */
export function safeEdits(fixes: readonly (readonly Fixable[])[]): readonly TextEdit[][] {
  let end = -1;
  return fixes.flatMap((offered) => {
    const edits = [...(offered.find(({ isSafe }) => isSafe)?.edits ?? [])];
    const first = Math.min(...edits.map((edit) => edit.start));
    if (edits.length === 0 || first <= end) return [];
    end = Math.max(...edits.map((edit) => edit.end));
    return [edits];
  });
}
