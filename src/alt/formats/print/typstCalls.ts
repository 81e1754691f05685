/** Calls in Typst with their arguments: a scanner of its three modes, markup, code and mathematics. */

import type { TextSpan } from "../../imageReference";

export interface TypstCall {
  /** Such as `image` or `pdf.artifact`. */
  readonly name: string;
  /** From the name to the closing bracket. */
  readonly span: TextSpan;
  readonly args: readonly TypstArgument[];
  /** What is between the brackets. */
  readonly inner: TextSpan;
}

export interface TypstArgument {
  readonly name: string | undefined;
  readonly span: TextSpan;
  readonly value: TextSpan;
}

type Mode = "markup" | "code" | "math";

interface Open {
  readonly mode: Mode;
  readonly close: string;
  /** Where a call's arguments begin. */
  readonly call?: { readonly name: string; readonly start: number; readonly open: number };
  /** Top-level commas of a call's arguments. */
  readonly commas: number[];
}

/** Nobody nests deeper; a hostile document is cut off here. */
const MAX_DEPTH = 500;
const NAME = /[\p{L}_][\p{L}\p{N}_-]*(?:\.[\p{L}_][\p{L}\p{N}_-]*)*/uy;
const CLOSES: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** What begins code that goes on to the end of its line, and of the blocks on it. */
const STATEMENTS = new Set("let set show for if while return context import include".split(" "));

/** Every call of the functions that are wanted, in the order of their ends. */
export function typstCalls(text: string, isWanted: (name: string) => boolean): TypstCall[] {
  const scan = new CallScanner(text, isWanted);
  scan.run();
  return scan.calls;
}

class CallScanner {
  readonly calls: TypstCall[] = [];
  readonly #text: string;
  readonly #isWanted: (name: string) => boolean;
  readonly #open: Open[] = [{ mode: "markup", close: "", commas: [] }];

  constructor(text: string, isWanted: (name: string) => boolean) {
    this.#text = text;
    this.#isWanted = isWanted;
  }

  /** @throws RangeError for a document nested too deeply. */
  run(): void {
    let position = 0;
    for (let top = this.#open.at(-1); top !== undefined; top = this.#open.at(-1)) {
      if (position >= this.#text.length) break;
      const char = this.#text.charAt(position);
      const skipped = skippedEnd(this.#text, position, top.mode);
      if (skipped !== undefined) position = skipped;
      else if (top.close === "\n" && (char === ";" || char === "]")) this.#open.pop();
      else if (char === top.close && this.#open.length > 1) {
        position = this.#closed(top, position + 1);
      } else if (top.mode === "code") position = this.#inCode(top, char, position);
      else position = this.#inWords(top, char, position);
    }
  }

  #push(mode: Mode, close: string, call?: Open["call"]): void {
    if (this.#open.length > MAX_DEPTH) throw new RangeError("Too deep.");
    this.#open.push({ mode, close, commas: [], ...(call === undefined ? {} : { call }) });
  }

  /** @returns where to go on. */
  #closed(top: Open, position: number): number {
    this.#open.pop();
    const { call } = top;
    if (call === undefined) return position;
    if (this.#isWanted(call.name)) this.calls.push(callOf(this.#text, top, position));
    // A call may go on with content, as `figure(…)[…]` does.
    if (this.#text.charAt(position) !== "[") return position;
    this.#push("markup", "]");
    return position + 1;
  }

  #inWords({ mode }: Open, char: string, position: number): number {
    if (char === "#") return this.#expression(position + 1);
    if (mode === "markup" && char === "$") this.#push("math", "$");
    else if (mode === "markup" && char === "[" && this.#open.length > 1) this.#push("markup", "]");
    return position + 1;
  }

  #inCode(top: Open, char: string, position: number): number {
    if (/[\p{L}_]/u.test(char)) return this.#expression(position);
    if (/\d/.test(char)) {
      const number = /^[\w.%]+/.exec(this.#text.slice(position, position + 100))?.[0];
      return position + (number?.length ?? 1);
    }
    if (char === "$") this.#push("math", "$");
    else if (char === "[") this.#push("markup", "]");
    else if (char === "(" || char === "{") this.#push("code", CLOSES[char] ?? "");
    else if (char === ",") top.commas.push(position);
    return position + 1;
  }

  /** A name, and behind it what is called or opened. */
  #expression(start: number): number {
    NAME.lastIndex = start;
    const name = NAME.exec(this.#text)?.[0];
    if (name !== undefined && STATEMENTS.has(name) && this.#open.at(-1)?.mode !== "code") {
      this.#push("code", "\n");
      return start + name.length;
    }
    const from = start + (name?.length ?? 0);
    const next = this.#text.charAt(from);
    if (next === "(") this.#push("code", ")", { name: name ?? "", start, open: from });
    else if (next === "[") this.#push("markup", "]");
    else if (name === undefined && next === "{") this.#push("code", "}");
    else return Math.max(from, start + 1);
    return from + 1;
  }
}

/** Behind a comment, raw text, string or escape at a place; undefined where there is none. */
function skippedEnd(text: string, at: number, mode: Mode): number | undefined {
  const char = text.charAt(at);
  if (
    char === "/" &&
    text.charAt(at + 1) === "/" &&
    !(mode === "markup" && text.charAt(at - 1) === ":")
  ) {
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end;
  }
  if (char === "/" && text.charAt(at + 1) === "*") {
    const end = text.indexOf("*/", at + 2);
    return end < 0 ? text.length : end + 2;
  }
  if (char === "`") {
    const marks = /^`+/.exec(text.slice(at, at + 200))?.[0] ?? "`";
    if (marks.length === 2) return at + 2;
    const end = text.indexOf(marks, at + marks.length);
    return end < 0 ? text.length : end + marks.length;
  }
  if (char === "\\" && mode !== "code") return at + 2;
  if (char === '"' && mode !== "markup") return stringEnd(text, at);
  return undefined;
}

export function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\\") at++;
    else if (char === '"') return at + 1;
  }
  return text.length;
}

function callOf(text: string, { call, commas }: Open, end: number): TypstCall {
  const { name = "", start = 0, open = 0 } = call ?? {};
  const inner = { start: open + 1, end: end - 1 };
  const bounds = [open, ...commas, end - 1];
  const args = bounds.slice(0, -1).flatMap((before, index) => {
    const from = before + 1;
    const raw = text.slice(from, bounds[index + 1] ?? from);
    if (raw.trim() === "") return [];
    const begin = from + raw.length - raw.trimStart().length;
    const span = { start: begin, end: from + raw.trimEnd().length };
    const [head, key] =
      /^([\p{L}_][\p{L}\p{N}_-]*)\s*:\s*/u.exec(text.slice(span.start, span.end)) ?? [];
    const value = { start: span.start + (head?.length ?? 0), end: span.end };
    return [{ name: key, span, value }];
  });
  return { name, span: { start, end }, args, inner };
}
