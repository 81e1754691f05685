/** Pictures in the templates that Angular's components hold in a string of TypeScript. */

import type { FindContext } from "../findContext";
import { readHtml } from "../html/htmlImages";
import type { ImageReference, TextSpan } from "../../imageReference";
import { onlyPieces } from "../lines/textLines";

const TEMPLATE = /(?<![\w.])template\s*:\s*`/g;

export function findAngularImages(context: FindContext): ImageReference[] {
  const { text } = context;
  const pieces = templatesIn(text);
  if (pieces.length === 0) return [];
  return readHtml(context, { markup: onlyPieces(text, pieces), dialect: "inline" }).images;
}

/** Templates of JavaScript behind `@Component(`; one that is never closed is none. */
function templatesIn(text: string): TextSpan[] {
  const first = text.indexOf("@Component");
  if (first < 0) return [];
  const pieces: TextSpan[] = [];
  for (const found of text.matchAll(TEMPLATE)) {
    const start = found.index + found[0].length;
    if (start < first) continue;
    const end = backquote(text, start);
    if (end !== undefined && start >= (pieces.at(-1)?.end ?? 0)) pieces.push({ start, end });
  }
  return pieces;
}

function backquote(text: string, from: number): number | undefined {
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\\") at++;
    else if (char === "`") return at;
  }
  return undefined;
}
