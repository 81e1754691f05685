/** Braces, brackets and lists of keys in LaTeX. */

import type { TextSpan } from "../../imageReference";

/** Groups within groups that people write. */
const MAX_DEPTH = 100;
/** Longer groups are no arguments. */
const MAX_UNITS = 5000;

/** Behind the mark that closes the group at an offset; undefined where nothing does. */
export function groupEnd(code: string, start: number, close: "}" | "]"): number | undefined {
  let depth = 0;
  const limit = Math.min(code.length, start + MAX_UNITS);
  for (let position = start + 1; position < limit; position++) {
    const char = code.charAt(position);
    if (char === "\\") position++;
    else if (char === close && depth === 0) return position + 1;
    else if (char === "{") depth++;
    else if (char === "}") depth--;
    if (depth < 0 || depth > MAX_DEPTH) return undefined;
  }
  return undefined;
}

/** Behind white space; an empty line ends a command. */
export function spaceEnd(code: string, start: number): number {
  const space = /^[ \t]*(?:\r?\n)?[ \t]*/.exec(code.slice(start, start + 1000))?.[0] ?? "";
  return start + space.length;
}

export interface LatexKey {
  readonly name: string;
  readonly span: TextSpan;
  /** With its braces; undefined for a name alone. */
  readonly literal: TextSpan | undefined;
  /** Without them. */
  readonly value: TextSpan | undefined;
}

/** `width=3cm, alt={A, b}, artifact`. */
export function readKeys(code: string, { start, end }: TextSpan): LatexKey[] {
  const keys: LatexKey[] = [];
  for (let from = start; from < end;) {
    const stop = itemEnd(code, from, end);
    const key = keyIn(code, from, stop);
    if (key !== undefined) keys.push(key);
    from = stop + 1;
  }
  return keys;
}

/** The comma behind an item, or the end of the list. */
function itemEnd(code: string, from: number, end: number): number {
  let depth = 0;
  for (let position = from; position < end; position++) {
    const char = code.charAt(position);
    if (char === "\\") position++;
    else if (char === "{") depth++;
    else if (char === "}") depth--;
    else if (char === "," && depth === 0) return position;
  }
  return end;
}

function keyIn(code: string, from: number, stop: number): LatexKey | undefined {
  const item = code.slice(from, stop);
  const [whole, before = "", name = "", sign] =
    /^(\s*)([A-Za-z][\w /-]*?)\s*(?:(=\s*)|(?=[^\w\s/-]|$))/.exec(item) ?? [];
  if (whole === undefined) return undefined;
  const start = from + before.length;
  const end = from + item.trimEnd().length;
  if (sign === undefined) {
    return { name: name.trim(), span: { start, end }, literal: undefined, value: undefined };
  }
  const literal = { start: from + whole.length, end };
  const isBraced =
    code.charAt(literal.start) === "{" && code.charAt(end - 1) === "}" && end - literal.start > 1;
  const value = isBraced ? { start: literal.start + 1, end: end - 1 } : literal;
  return { name: name.trim(), span: { start, end }, literal, value };
}
