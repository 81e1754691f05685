/**
 * Lists of attributes right behind a picture: `{#fox .wide alt="A fox"}` of Pandoc, Quarto and
 * markdown-it-attrs, `{: alt="A fox"}` of kramdown and Python-Markdown. Knows nothing of the picture.
 */

import type { TextSpan } from "../../imageReference";

export interface ListedText {
  /** As written, without quotes. */
  readonly content: TextSpan;
  /** With its quotes, where it has some. */
  readonly literal: TextSpan;
  readonly quote: '"' | "'";
  /** Without escapes; entities stay. */
  readonly value: string;
}

/** Longer lists are nobody's; so the time for each picture is bounded. */
const MAX_LIST = 4000;

const VALUE = /"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|[^\s{}"'=]+/.source;
/** An identifier, a class, a pair, a name alone, or Pandoc's dash for `.unnumbered`. */
const ITEM = `[#.][^\\s{}"'=]+|[\\w:-]+=(?:${VALUE})|[\\w:-]+`;
const LISTS = new RegExp(`^(?:\\{:?\\s*(?:(?:${ITEM})(?:\\s+(?=[^\\s])|(?=\\})))+\\})+`);
const PAIRS = new RegExp(`([\\w:-]+)=(${VALUE})|${ITEM}`, "g");

/** Attributes that become the picture's `alt`; Quarto's own name goes first. */
const TEXT_NAMES = ["fig-alt", "alt"];

/** The text that lists of attributes beginning at an offset give; undefined when they give none. */
export function listedText(text: string, offset: number): ListedText | undefined {
  const lists = listsAt(text.slice(offset, offset + MAX_LIST));
  const pairs = Array.from(lists.matchAll(PAIRS), ({ 1: name, 2: literal, 0: pair, index }) => {
    const end = offset + index + pair.length;
    return { name, written: literal ?? "", literal: { start: end - (literal ?? "").length, end } };
  });
  const name = TEXT_NAMES.find((each) => pairs.some((pair) => pair.name === each));
  // Where an attribute stands twice, tools keep the last.
  const found = name === undefined ? undefined : pairs.findLast((pair) => pair.name === name);
  if (found === undefined) return undefined;
  const { literal, written } = found;
  const isQuoted = /^["']/.test(written);
  const inset = isQuoted ? 1 : 0;
  const content = { start: literal.start + inset, end: literal.end - inset };
  const value = text.slice(content.start, content.end).replace(/\\([^\w\s])/g, "$1");
  return { literal, content, value, quote: written.startsWith("'") ? "'" : '"' };
}

/** Where the first list of attributes behind a picture ends, before its brace; undefined without one. */
export function listEnd(text: string, offset: number): number | undefined {
  const lists = listsAt(text.slice(offset, offset + MAX_LIST));
  return lists === "" ? undefined : offset + lists.length - 1;
}

/** What is left of a text that follows a picture, without the lists that belong to the picture. */
export function withoutLists(text: string): string {
  return text.slice(listsAt(text.slice(0, MAX_LIST)).length);
}

/** An empty line ends the paragraph, and with it every list. */
function listsAt(text: string): string {
  if (!text.startsWith("{")) return "";
  const lists = LISTS.exec(text)?.[0] ?? "";
  return /\n[ \t]*\r?\n/.test(lists) ? "" : lists;
}
