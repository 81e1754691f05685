/** Where the value of an attribute lies, in the languages that write `name`, `=` and quotes as HTML does. */

import type { TextSpan } from "../imageReference";

export interface ValueSpans {
  /** With its quotes or braces. */
  readonly literal: TextSpan;
  /** Without them. */
  readonly content: TextSpan;
}

/** The value's place within an attribute; undefined for a name alone. */
export function valueSpans(text: string, attribute: TextSpan): ValueSpans | undefined {
  // HTML lets a name begin with an equals sign.
  const equals = text.indexOf("=", attribute.start + 1);
  if (equals < 0 || equals >= attribute.end) return undefined;
  let start = equals + 1;
  while (start < attribute.end && " \t\r\n\f".includes(text.charAt(start))) start++;
  const literal = { start, end: attribute.end };
  const isQuoted = start < attribute.end - 1 && `"'\`{`.includes(text.charAt(start));
  const content = isQuoted ? { start: start + 1, end: attribute.end - 1 } : literal;
  return { literal, content };
}

/**
 * The end of an opening tag, for parsers that give only the element's.
 * @param from the end of the last attribute, or of the name.
 */
export function openingEnd(text: string, from: number, limit: number): number {
  const close = text.indexOf(">", from);
  return close < 0 || close >= limit ? limit : close + 1;
}
