/** Tags of XML with the places of their attributes; comments, sections of text and instructions are passed over. */

import type { TextSpan } from "../../imageReference";

export interface XmlElement {
  /** Without a prefix. */
  readonly name: string;
  /** The opening tag. */
  readonly span: TextSpan;
  /** Of the element; that of the tag where it is empty, or where nothing closes it. */
  end: number;
  readonly isEmpty: boolean;
  readonly attributes: ReadonlyMap<string, XmlValue>;
  readonly parent: XmlElement | undefined;
  readonly children: XmlElement[];
  /** Where its end tag begins. */
  closeStart: number | undefined;
}

export interface XmlValue {
  readonly text: string;
  /** Without the quotes. */
  readonly span: TextSpan;
}

const TOKEN =
  /<!--[^]*?(?:-->|$)|<!\[CDATA\[[^]*?(?:\]\]>|$)|<\?[^]*?(?:\?>|$)|<!(?:[^<>"'[]|"[^"]*"|'[^']*'|\[[^\]]*\])*>|<\/\s*([\w:.-]+)\s*>|<([\w:.-]+)((?:[^<>"']|"[^"<]*"|'[^'<]*')*?)(\/?)>/g;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*("([^"]*)"|'([^']*)')/g;

/**
 * Every element in the order of the opening tags.
 * @throws SyntaxError for tags that do not pair up, where nobody can tell whose a text is; RangeError for a
 * document nested too deeply.
 */
export function xmlElements(text: string): XmlElement[] {
  const found: XmlElement[] = [];
  const open: XmlElement[] = [];
  for (const token of text.matchAll(TOKEN)) {
    const [whole, closed, opened, attributes = "", slash] = token;
    const end = token.index + whole.length;
    if (closed !== undefined) {
      const element = open.pop();
      if (element?.name !== localName(closed)) throw new SyntaxError("A tag is closed by another.");
      element.end = end;
      element.closeStart = token.index;
    }
    if (opened === undefined) continue;
    const parent = open.at(-1);
    const listStart = token.index + 1 + opened.length;
    const element: XmlElement = {
      name: localName(opened),
      span: { start: token.index, end },
      end,
      isEmpty: slash === "/",
      attributes: attributesOf(attributes, listStart),
      parent,
      children: [],
      closeStart: undefined,
    };
    parent?.children.push(element);
    found.push(element);
    if (element.isEmpty) continue;
    if (open.length >= MAX_OPEN) throw new RangeError("Too deep.");
    open.push(element);
  }
  if (open.length > 0) throw new SyntaxError("A tag is never closed.");
  return found;
}

/** Deeper documents are nobody's. */
const MAX_OPEN = 1000;

const localName = (name: string): string => name.slice(name.indexOf(":") + 1).toLowerCase();

function attributesOf(list: string, start: number): Map<string, XmlValue> {
  const attributes = new Map<string, XmlValue>();
  for (const { 0: whole, 1: name = "", 3: double, 4: single, index } of list.matchAll(ATTRIBUTE)) {
    const value = double ?? single ?? "";
    const end = start + index + whole.length - 1;
    const span = { start: end - value.length, end };
    if (!attributes.has(name)) attributes.set(name, { text: xmlText(value), span });
  }
  return attributes;
}

// prettier-ignore
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Text with its entities read; those of a document's own stay. */
export function xmlText(written: string): string {
  return written.replace(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w+));/gi, (...found: string[]) => {
    const [whole = "", hex, decimal, name] = found;
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
    const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    return isCharacter ? String.fromCodePoint(code) : whole;
  });
}

/** The words of an element, without its tags. */
export function wordsOf(text: string, element: XmlElement): string {
  const written = text.slice(element.span.end, element.closeStart ?? element.span.end);
  return xmlText(written.replace(/<!--[^]*?-->|<[^<>]*>/g, ""))
    .replace(/\s+/g, " ")
    .trim();
}

/** What is between an element's tags; null for an empty tag. */
export function contentOf({ span, closeStart }: XmlElement): TextSpan | null {
  return closeStart === undefined ? null : { start: span.end, end: closeStart };
}
