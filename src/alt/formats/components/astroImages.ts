/** Pictures in Astro components: a script between lines of dashes, and markup with code in braces. */

import type { FindContext } from "../findContext";
import type { ImageReference } from "../../imageReference";
import { scriptBindings } from "../script/looseScript";
import { maskOpenQuotes } from "../../tags/openQuotes";
import { findScannedImages } from "../scannedImages";

/** @throws RangeError for a component nested too deeply. */
export function findAstroImages(context: FindContext): ImageReference[] {
  const { text } = context;
  const fence = frontMatter(text);
  const bindings =
    fence === undefined ? new Map() : scriptBindings(text, { span: fence, kind: "ts" });
  const start = fence?.after ?? 0;
  const markup = text.slice(0, start) + maskOpenQuotes(text.slice(start));
  return findScannedImages(context, { dialect: "astro", bindings, markup, start });
}

interface FrontMatter {
  readonly start: number;
  readonly end: number;
  /** Where the markup begins. */
  readonly after: number;
}

/** The script between two lines of dashes at the beginning. */
function frontMatter(text: string): FrontMatter | undefined {
  const open = /^(?:\s|<!--[^]*?-->)*/.exec(text)?.[0].length ?? 0;
  if (!text.startsWith("---", open)) return undefined;
  const start = open + 3;
  const close = text.indexOf("\n---", start);
  return close < 0 ? undefined : { start, end: close, after: close + 4 };
}
