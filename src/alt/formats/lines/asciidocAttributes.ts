/** The list of attributes in the brackets of a macro, as Asciidoctor reads it (attribute_list.rb's rules). */

import type { TextSpan } from "../../imageReference";

export interface ListedValue {
  readonly text: string;
  /** Without quotes. */
  readonly span: TextSpan;
  /** With them. */
  readonly literal: TextSpan;
}

export interface MacroAttributes {
  /** The first place, which is a picture's text. */
  readonly alt: ListedValue | undefined;
  readonly named: ReadonlyMap<string, ListedValue>;
  /** Where a text ends that the list takes apart; zero where it does not. */
  readonly lostEnd: number;
  /** A quote ends in the middle of a value. */
  readonly isBroken: boolean;
}

/** Names that a picture's list may have; any other name with spaces around its sign is words. */
const NAMES = new Set(
  "alt title width height link role id window opts options float align scaledwidth pdfwidth fallback format caption target loading css subs rel nofollow noopener scale border cover reftext".split(
    " ",
  ),
);

interface Item {
  readonly name: string | undefined;
  readonly value: ListedValue;
  readonly isQuoted: boolean;
  readonly start: number;
  readonly end: number;
}

export function readAttributes(list: string): MacroAttributes {
  const { items, isBroken } = itemsOf(list);
  const named = new Map<string, ListedValue>();
  for (const { name, value } of items) if (name !== undefined) named.set(name, value);
  const [first] = items;
  const isText = first !== undefined && first.name === undefined;
  const isEmpty = isText && first.value.text === "" && !first.isQuoted;
  const alt = isText && !isEmpty ? first.value : undefined;
  return { alt, named, lostEnd: isBroken ? 0 : lostEndOf(list, items), isBroken };
}

/** A span of the list in the document. */
export function attributeAt({ start, end }: TextSpan, listStart: number): TextSpan {
  return { start: start + listStart, end: end + listStart };
}

function itemsOf(list: string): { items: Item[]; isBroken: boolean } {
  const items: Item[] = [];
  let isBroken = false;
  let at = 0;
  while (at <= list.length) {
    const item = itemAt(list, at);
    items.push(item);
    const rest = /^\s*/.exec(list.slice(item.end))?.[0].length ?? 0;
    at = item.end + rest;
    if (at >= list.length) break;
    if (list.charAt(at) !== ",") {
      isBroken = true;
      const comma = list.indexOf(",", at);
      at = comma < 0 ? list.length : comma;
      // All of it was meant for the value.
      const literal = { start: item.value.literal.start, end: at };
      items[items.length - 1] = { ...item, value: { ...item.value, literal }, end: at };
    }
    at++;
  }
  return { items, isBroken };
}

function itemAt(list: string, from: number): Item {
  const start = from + (/^\s*/.exec(list.slice(from))?.[0].length ?? 0);
  const [head, name] = /^([A-Za-z_][\w.-]*)\s*=\s*/.exec(list.slice(start)) ?? [];
  const valueStart = start + (head?.length ?? 0);
  const quote = list.charAt(valueStart);
  if (quote === '"' || quote === "'") {
    const [whole, inner = ""] =
      (quote === '"' ? /^"((?:\\"|[^"])*)"/ : /^'((?:\\'|[^'])*)'/).exec(list.slice(valueStart)) ??
      [];
    if (whole !== undefined) {
      const end = valueStart + whole.length;
      const text = inner.replaceAll(`\\${quote}`, quote);
      const span = { start: valueStart + 1, end: end - 1 };
      const value = { text, span, literal: { start: valueStart, end } };
      return { name: name?.toLowerCase(), value, isQuoted: true, start, end };
    }
  }
  const comma = list.indexOf(",", valueStart);
  const end = comma < 0 ? list.length : comma;
  const text = list.slice(valueStart, end).trim();
  const span = { start: valueStart, end: valueStart + text.length };
  const value = { text, span, literal: span };
  return { name: name?.toLowerCase(), value, isQuoted: false, start, end };
}

/** A width or height, perhaps of an attribute. */
const SIZE = /^(?:\d+(?:\.\d+)?(?:%|px|pt|cm|mm|in|em|pc|vw)?|auto|\{[\w-]+\})?$/;

/** Where the words end that stand in the places of width and height, or behind a name that is none. */
function lostEndOf(list: string, items: readonly Item[]): number {
  const [first] = items;
  if (first === undefined || first.isQuoted) return 0;
  const isWords =
    first.name !== undefined &&
    !NAMES.has(first.name) &&
    isSpaced(list, first) &&
    items.length === 1;
  if (isWords) return first.end;
  if (first.name !== undefined || first.value.text === "") return 0;
  let end = 0;
  for (const item of items.slice(1)) {
    if (item.name !== undefined && !(isSpaced(list, item) && !NAMES.has(item.name))) break;
    if (item.name !== undefined || !SIZE.test(item.value.text)) end = item.end;
  }
  return end;
}

/** Nobody puts spaces around the sign of an attribute. */
function isSpaced(list: string, { start, value }: Item): boolean {
  return /\s=|=\s/.test(list.slice(start, value.literal.start));
}
