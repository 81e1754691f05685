/**
 * Blocks that generators of sites read before Markdown does: what Liquid, Hexo and Hugo drop or show as it is, and
 * what Python-Markdown has indented below a mark (`!!! note`, `??? tip`, `=== "Tab"`), which is code to CommonMark.
 */

import type { TextSpan } from "../../imageReference";

export interface SiteBlocks {
  /** As long as the document, and read as Markdown that says the same. */
  readonly text: string;
  /** Stretches that readers do not get, or get as they are written. */
  readonly shown: readonly TextSpan[];
}

/** One that is opened again before it ends is none, so that each character is looked at a bounded number of times. */
const SHOWN = new RegExp(
  [
    /\{%-?\s*(?<liquid>comment|highlight|codeblock)\b(?:(?!\{%-?\s*(?:comment|highlight|codeblock)\b)[^])*?\{%-?\s*end\k<liquid>\s*-?%\}/,
    /\{\{[<%]\s*(?<hugo>highlight|comment)\b(?:(?!\{\{[<%]\s*(?:highlight|comment)\b)[^])*?\{\{[<%]\s*\/\k<hugo>\s*[>%]\}\}/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/** A mark with a type or title behind it, and something deeper below. */
const INDENTED =
  /^([ \t]*)(?:!!!|\?\?\?|===)(?:[ \t]+[\w"]|[+!][ \t]+[\w"])[^\r\n]*(?=\r?\n(?:[ \t]*\r?\n){0,20}\1(?: {4}|\t)[ \t]*\S)/gm;

export function openSiteBlocks(text: string): SiteBlocks {
  const shown = /\{%|\{\{[<%]/.test(text) ? shownIn(text) : [];
  let opened = withoutLetters(text, shown);
  if (/^[ \t]*(?:!!!|\?\?\?|===)/m.test(opened)) {
    opened = opened.replace(INDENTED, (line: string, indent: string) =>
      // The item of a list has its content at the same column, and a heading ends with its line.
      `${indent}-   #`.padEnd(line.length),
    );
  }
  return { text: opened, shown };
}

/** Marks in code are those of a manual, and may begin in one example and end in the next. */
function shownIn(text: string): TextSpan[] {
  const fences = text.matchAll(/^[ \t]*(?:`{3,}|~{3,})/gm);
  let fence = fences.next();
  let isInFence = false;
  const shown: TextSpan[] = [];
  for (const { 0: block, index: start } of text.matchAll(SHOWN)) {
    for (; fence.done !== true && fence.value.index < start; fence = fences.next()) {
      isInFence = !isInFence;
    }
    if (isInFence || text.charAt(start - 1) === "`") continue;
    shown.push({ start, end: start + block.length });
  }
  return shown;
}

/** Lines stay, so that what stands below does not move up. */
function withoutLetters(text: string, spans: readonly TextSpan[]): string {
  const parts: string[] = [];
  let end = 0;
  for (const span of spans) {
    const block = text.slice(span.start, span.end);
    parts.push(text.slice(end, span.start), block.replace(/[^\r\n]/g, " "));
    end = span.end;
  }
  return [...parts, text.slice(end)].join("");
}
