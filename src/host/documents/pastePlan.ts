/** Where a pasted picture goes and how a document refers to it; pure. */

import { encodedPath, relativePath } from "../../alt/resolve/slashPath";
import { EXTENSION_OF_TYPE, isPictureName } from "../../model/ask/pictureNames";

/** A folder with more pictures of one name has a problem of another kind. */
const MAX_TRIES = 1000;

/**
 * A name that is free in a folder: the wished one, or with `-1`, `-2` … before the extension.
 * @param given the file's name, which may be missing or hostile; a bitmap is called `image`.
 */
export async function freeName(
  given: { readonly name: string; readonly type: string },
  isTaken: (name: string) => Promise<boolean>,
): Promise<string | undefined> {
  const { stem, extension } = partsOf(given);
  for (let n = 0; n < MAX_TRIES; n++) {
    const name = `${stem}${n === 0 ? "" : `-${n}`}.${extension}`;
    if (!(await isTaken(name))) return name;
  }
  return undefined;
}

/** The image of a picture in Markdown, with no text yet. Paths have forward slashes. */
export function markdownImage(documentFolder: string, picture: string): string {
  return `![](${encodedPath(relativePath(documentFolder, picture))})`;
}

/** A change of a document as editors tell it: offsets are those before any change of the same event. */
export interface TextChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/** Where a text that was looked for begins after the changes, once for each change that brought it. */
export function insertedAt(changes: readonly TextChange[], text: string): number[] {
  const inOrder = [...changes].sort((a, b) => a.rangeOffset - b.rangeOffset);
  const found: number[] = [];
  let moved = 0;
  for (const change of inOrder) {
    const at = change.text.indexOf(text);
    if (at >= 0) found.push(change.rangeOffset + moved + at);
    moved += change.text.length - change.rangeLength;
  }
  return found;
}

/** The addresses of a `text/uri-list` (RFC 2483), without its comments. */
export function urisInList(list: string): string[] {
  return list
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

function partsOf({ name, type }: { readonly name: string; readonly type: string }): {
  readonly stem: string;
  readonly extension: string;
} {
  // Only the last part of a path, and nothing that a file system of any kind refuses.
  const base = name
    .slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1)
    // eslint-disable-next-line no-control-regex -- Control characters are what it takes away.
    .replace(/[\u0000-\u001f<>:"|?*]/g, "")
    .replace(/^\.+|[. ]+$/g, "");
  const dot = base.lastIndexOf(".");
  const known = EXTENSION_OF_TYPE.get(type) ?? "png";
  if (base === "" || !isPictureName(base)) {
    return { stem: base === "" ? "image" : base, extension: known };
  }
  return { stem: base.slice(0, dot), extension: base.slice(dot + 1) };
}
