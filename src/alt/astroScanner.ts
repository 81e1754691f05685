/**
 * The tags of an Astro component: HTML whose text and attributes hold JavaScript in braces, which
 * holds tags again. Astro's own parser is WebAssembly with a start-up cost; this reads every
 * character once and knows only what is needed to tell tags from text and code.
 */

import type { TextSpan } from "./imageReference";

/** An attribute as written. */
export interface AstroAttribute {
  /** Empty for `{...object}` and `{name}`. */
  readonly name: string;
  readonly span: TextSpan;
  /** The value with its quotes or braces; null for a name alone. */
  readonly literal: TextSpan | null;
  readonly isSpread: boolean;
}

export interface AstroTag {
  readonly kind: "start" | "end";
  readonly name: string;
  readonly span: TextSpan;
  readonly attributes: readonly AstroAttribute[];
  readonly isSelfClosing: boolean;
}

/** Elements that never have an end tag (HTML standard, void elements). */
export const VOID_ELEMENTS: ReadonlySet<string> = new Set([
  ...["area", "base", "br", "col", "embed", "hr", "img", "input", "link"],
  ...["meta", "source", "track", "wbr"],
]);

/** @param start where the component's markup begins, behind its front matter. */
export function scanAstro(text: string, start: number): AstroTag[] {
  return new AstroScanner(text, start).scan();
}

/** What surrounds a character: an element's content, code in braces, or a template string. */
interface Frame {
  readonly kind: "element" | "code" | "template";
  readonly name: string;
}

/** Keeps the search for the frame that an end tag closes cheap, whatever the document. */
const MAX_DEPTH = 2000;

const SPACE = " \t\r\n\f";
/** After these words an operand follows, so `<` begins a tag and `/` a regular expression. */
const OPERAND_WORDS = ["return", "default", "case", "yield", "await", "else", "typeof", "in", "of"];

class AstroScanner {
  readonly #text: string;
  readonly #frames: Frame[] = [];
  readonly #tags: AstroTag[] = [];
  #at: number;
  /** Where the last piece of code that is neither space nor comment ended. */
  #codeEnd = 0;

  constructor(text: string, start: number) {
    this.#text = text;
    this.#at = start;
  }

  scan(): AstroTag[] {
    while (this.#at < this.#text.length) {
      const kind = this.#frames.at(-1)?.kind ?? "element";
      if (kind === "element") this.#scanContent();
      else if (kind === "code") this.#scanCode();
      else this.#scanTemplate();
    }
    return this.#tags;
  }

  #scanContent(): void {
    const char = this.#text.charAt(this.#at);
    if (char === "{") this.#enterCode();
    else if (char === "}") this.#leaveCode();
    else if (char === "<") this.#scanMarkup();
    else this.#at++;
  }

  #scanCode(): void {
    const text = this.#text;
    const char = text.charAt(this.#at);
    if (char === "{") this.#enterCode();
    else if (char === "}") this.#leaveCode();
    else if (char === "`") {
      this.#push({ kind: "template", name: "" });
      this.#at++;
    } else if (char === "<" && this.#isOperandNext() && isTagStart(text, this.#at)) {
      this.#scanMarkup();
    } else if (SPACE.includes(char)) {
      this.#at++;
    } else {
      const end = codeTokenEnd(text, this.#at, this.#isOperandNext());
      if (!text.startsWith("//", this.#at) && !text.startsWith("/*", this.#at)) this.#codeEnd = end;
      this.#at = end;
    }
  }

  #scanTemplate(): void {
    const char = this.#text.charAt(this.#at);
    if (char === "\\") this.#at += 2;
    else if (char === "`") {
      this.#frames.pop();
      this.#codeEnd = ++this.#at;
    } else if (this.#text.startsWith("${", this.#at)) {
      this.#at++;
      this.#enterCode();
    } else this.#at++;
  }

  #enterCode(): void {
    this.#push({ kind: "code", name: "" });
    this.#codeEnd = ++this.#at;
  }

  /** Elements that were never closed end with the braces around them. */
  #leaveCode(): void {
    const index = this.#frames.findLastIndex(({ kind }) => kind === "code");
    if (index >= 0) this.#frames.length = index;
    this.#codeEnd = ++this.#at;
  }

  #isOperandNext(): boolean {
    const last = this.#text.charAt(this.#codeEnd - 1);
    if (!isWordChar(last)) return last !== ")" && last !== "]" && last !== "}";
    let start = this.#codeEnd;
    while (start > 0 && isWordChar(this.#text.charAt(start - 1))) start--;
    return OPERAND_WORDS.includes(this.#text.slice(start, this.#codeEnd));
  }

  #scanMarkup(): void {
    const text = this.#text;
    if (text.startsWith("<!--", this.#at)) this.#skipPast("-->", this.#at + 4);
    else if (text.startsWith("<!", this.#at)) this.#skipPast(">", this.#at + 2);
    else if (text.startsWith("</", this.#at)) this.#scanEndTag();
    else if (isTagStart(text, this.#at)) this.#scanStartTag();
    else this.#at++;
  }

  #skipPast(mark: string, from: number): void {
    const end = this.#text.indexOf(mark, from);
    this.#at = end < 0 ? this.#text.length : end + mark.length;
    this.#codeEnd = this.#at;
  }

  #scanEndTag(): void {
    const start = this.#at;
    const nameEnd = nameEndAt(this.#text, start + 2);
    const name = this.#text.slice(start + 2, nameEnd);
    this.#skipPast(">", nameEnd);
    this.#addTag({ kind: "end", name, start });
    const index = this.#frames.findLastIndex(
      (frame) => frame.name === name || frame.kind !== "element",
    );
    // An end tag closes nothing beyond the braces that it stands in.
    if (this.#frames[index]?.kind === "element") this.#frames.length = index;
  }

  #scanStartTag(): void {
    const start = this.#at;
    const nameEnd = nameEndAt(this.#text, start + 1);
    const name = this.#text.slice(start + 1, nameEnd);
    this.#at = nameEnd;
    const attributes = this.#scanAttributes();
    const isSelfClosing = this.#text.charAt(this.#at - 1) === "/";
    if (this.#at >= this.#text.length) return;
    this.#at++;
    this.#codeEnd = this.#at;
    this.#addTag({ kind: "start", name, start }, attributes, isSelfClosing);
    if (isSelfClosing || VOID_ELEMENTS.has(name)) return;
    const isRaw = attributes.some((attribute) => attribute.name === "is:raw");
    if (name === "script" || name === "style" || isRaw) {
      const end = this.#text.indexOf(`</${name}`, this.#at);
      this.#at = end < 0 ? this.#text.length : end;
    }
    this.#push({ kind: "element", name });
  }

  #push(frame: Frame): void {
    if (this.#frames.length >= MAX_DEPTH) {
      throw new RangeError("Too many open elements and braces.");
    }
    this.#frames.push(frame);
  }

  /** Leaves the place at the `>` of the tag, or at the end of the text. */
  #scanAttributes(): AstroAttribute[] {
    const text = this.#text;
    const attributes: AstroAttribute[] = [];
    while (this.#at < text.length && text.charAt(this.#at) !== ">") {
      const char = text.charAt(this.#at);
      if (SPACE.includes(char) || char === "/") this.#at++;
      else attributes.push(this.#scanAttribute());
    }
    return attributes;
  }

  #scanAttribute(): AstroAttribute {
    const text = this.#text;
    const start = this.#at;
    if (text.charAt(start) === "{") {
      this.#at = bracesEnd(text, start);
      const isSpread = text
        .slice(start + 1, this.#at)
        .trimStart()
        .startsWith("...");
      const name = isSpread ? "" : text.slice(start + 1, this.#at - 1).trim();
      const span = { start, end: this.#at };
      return { name, span, literal: isSpread ? null : span, isSpread };
    }
    // A name may begin with an equals sign, as in HTML; so every turn goes on by a character.
    let nameEnd = start + 1;
    while (nameEnd < text.length && !`${SPACE}=>/{`.includes(text.charAt(nameEnd))) nameEnd++;
    const name = text.slice(start, nameEnd);
    let equals = nameEnd;
    while (SPACE.includes(text.charAt(equals)) && equals < text.length) equals++;
    if (text.charAt(equals) !== "=") {
      this.#at = nameEnd;
      return { name, span: { start, end: nameEnd }, literal: null, isSpread: false };
    }
    let valueStart = equals + 1;
    while (valueStart < text.length && SPACE.includes(text.charAt(valueStart))) valueStart++;
    this.#at = valueEnd(text, valueStart);
    const literal = { start: valueStart, end: this.#at };
    return { name, span: { start, end: this.#at }, literal, isSpread: false };
  }

  #addTag(
    tag: { readonly kind: "start" | "end"; readonly name: string; readonly start: number },
    attributes: readonly AstroAttribute[] = [],
    isSelfClosing = false,
  ): void {
    const span = { start: tag.start, end: this.#at };
    this.#tags.push({ kind: tag.kind, name: tag.name, span, attributes, isSelfClosing });
  }
}

function isTagStart(text: string, at: number): boolean {
  const next = text.charAt(at + 1);
  return next === ">" || (next.toLowerCase() !== next.toUpperCase() && isWordChar(next));
}

function isWordChar(char: string): boolean {
  return char !== "" && /[\w$\u0080-\uffff]/.test(char);
}

function nameEndAt(text: string, from: number): number {
  let end = from;
  while (end < text.length && !`${SPACE}/>{`.includes(text.charAt(end))) end++;
  return end;
}

function valueEnd(text: string, start: number): number {
  const char = text.charAt(start);
  if (char === "{") return bracesEnd(text, start);
  if (char === "`") return stringEnd(text, start);
  if (char === '"' || char === "'") {
    const end = text.indexOf(char, start + 1);
    return end < 0 ? text.length : end + 1;
  }
  let end = start;
  while (end < text.length && !`${SPACE}>`.includes(text.charAt(end))) end++;
  return end;
}

/** Behind the brace that closes the one at `start`; tags inside are read as code. */
function bracesEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "{") depth++;
    if (char === "}") depth--;
    if (depth === 0) return at + 1;
    at = codeTokenEnd(text, at, false);
  }
  return text.length;
}

/** Behind the string, comment, regular expression, word or single character at a place in code. */
function codeTokenEnd(text: string, at: number, isOperandNext: boolean): number {
  const char = text.charAt(at);
  if (char === '"' || char === "'" || char === "`") return stringEnd(text, at);
  if (text.startsWith("//", at)) return lineEnd(text, at);
  if (text.startsWith("/*", at)) {
    const end = text.indexOf("*/", at + 2);
    return end < 0 ? text.length : end + 2;
  }
  if (char === "/" && isOperandNext) return regexEnd(text, at);
  let end = at + 1;
  if (isWordChar(char)) while (end < text.length && isWordChar(text.charAt(end))) end++;
  return end;
}

/** A quote that is never closed ends with its line; a template goes on over lines. */
function stringEnd(text: string, start: number): number {
  const quote = text.charAt(start);
  let at = start + 1;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === quote) return at + 1;
    if (char === "\n" && quote !== "`") return at;
    at += char === "\\" ? 2 : 1;
  }
  return text.length;
}

function regexEnd(text: string, start: number): number {
  let isInClass = false;
  for (let at = start + 1; at < text.length && text.charAt(at) !== "\n"; at++) {
    const char = text.charAt(at);
    if (char === "\\") at++;
    else if (char === "[") isInClass = true;
    else if (char === "]") isInClass = false;
    else if (char === "/" && !isInClass) return at + 1;
  }
  return start + 1;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}
