/**
 * The tags of markup that holds JavaScript in braces, which holds tags again: Astro components, and
 * the others where their own parsers give up. It reads every character once and knows only what tells
 * tags from text and code, so that a mistake costs the place that it is in: what is opened and never
 * closed is read again as text.
 */

import { bracesEnd, codeTokenEnd, isWordChar, lineEnd, SPACE } from "./codeTokens";
import type { TextSpan } from "../imageReference";

/** An attribute as written. */
export interface ScannedAttribute {
  /** Empty for `{...object}` and `{name}`. */
  readonly name: string;
  readonly span: TextSpan;
  /** The value with its quotes or braces; null for a name alone. */
  readonly literal: TextSpan | null;
  readonly isSpread: boolean;
}

export interface ScannedTag {
  readonly kind: "start" | "end";
  readonly name: string;
  readonly span: TextSpan;
  readonly attributes: readonly ScannedAttribute[];
  readonly isSelfClosing: boolean;
}

export type ScanDialect = "astro" | "jsx" | "svelte";

/** Elements that never have an end tag (HTML standard, void elements). */
// prettier-ignore
export const VOID_ELEMENTS: ReadonlySet<string> = new Set([
  "area", "base", "br", "col", "embed", "hr", "img", "input", "link",
  "meta", "source", "track", "wbr",
]);

/**
 * @param start where the markup begins, such as behind a component's front matter.
 * @throws RangeError for tags and braces nested too deeply, or too many that are never closed.
 */
export function scanTags(text: string, dialect: ScanDialect, start = 0): ScannedTag[] {
  return new TagScanner(text, dialect, start).scan();
}

interface Opened {
  readonly start: number;
  /** What was known when it was opened, for reading it again as text. */
  readonly nTags: number;
  readonly codeEnd: number;
}

interface OpenTag extends Opened {
  readonly kind: "tag";
  readonly name: string;
  readonly attributes: ScannedAttribute[];
  /** The attribute whose value is being read. */
  pending: { readonly name: string; readonly start: number; readonly valueStart: number } | null;
}

/** What surrounds a character. */
type Frame =
  | { readonly kind: "element"; readonly name: string }
  | (Opened & { readonly kind: "code" | "template" })
  | OpenTag;

/** Keeps the search for the frame that an end tag closes cheap, whatever the document. */
const MAX_DEPTH = 2000;
/** How often every character may be read again on the average; documents of people need one or two. */
const MAX_READINGS = 20;
const FEWEST_REREAD = 1 << 20;

/** Of a tag's name and its first attribute's. */
const LONGEST_START = 100;

/** After these words an operand follows, so `<` begins a tag and `/` a regular expression. */
const OPERAND_WORDS = ["return", "default", "case", "yield", "await", "else", "typeof", "in", "of"];

class TagScanner {
  readonly #text: string;
  readonly #dialect: ScanDialect;
  readonly #frames: Frame[] = [];
  readonly #tags: ScannedTag[] = [];
  /** Openers of what is never closed. */
  readonly #plain = new Set<number>();
  /** Marks that do not come behind a place. */
  readonly #gone = new Map<string, number>();
  #at: number;
  /** Where the last piece of code that is neither space nor comment ended. */
  #codeEnd = 0;
  #nReread = 0;

  constructor(text: string, dialect: ScanDialect, start: number) {
    this.#text = text;
    this.#dialect = dialect;
    this.#at = start;
  }

  scan(): ScannedTag[] {
    // A script in JSX begins as code, the others begin as text.
    const base = this.#dialect === "jsx" ? "code" : "element";
    do {
      while (this.#at < this.#text.length) {
        const frame = this.#frames.at(-1);
        const kind = frame?.kind ?? base;
        if (frame?.kind === "tag") this.#scanTag(frame);
        else if (kind === "element") this.#scanContent();
        else if (kind === "code") this.#scanCode();
        else this.#scanTemplate();
      }
    } while (this.#reopen());
    return this.#tags;
  }

  /** At the end of the text: what was opened first and never closed is no opening. */
  #reopen(): boolean {
    const index = this.#frames.findIndex(
      ({ kind }, at) =>
        kind === "tag" ||
        kind === "template" ||
        // Braces within code change nothing of what is read.
        (kind === "code" && this.#frames[at - 1]?.kind === "element") ||
        (kind === "code" && at === 0 && this.#dialect !== "jsx"),
    );
    const frame = this.#frames[index];
    if (frame === undefined || frame.kind === "element") return false;
    this.#frames.length = index;
    this.#readAgain(frame);
    return true;
  }

  #readAgain({ start, nTags, codeEnd }: Opened): void {
    this.#nReread += this.#at - start;
    if (this.#nReread > Math.max(FEWEST_REREAD, MAX_READINGS * this.#text.length)) {
      throw new RangeError("Too many tags and braces that are never closed.");
    }
    this.#plain.add(start);
    this.#tags.length = nTags;
    this.#codeEnd = codeEnd;
    this.#at = start;
  }

  #scanContent(): void {
    const char = this.#text.charAt(this.#at);
    if (this.#plain.has(this.#at)) this.#at++;
    else if (char === "{") this.#enterCode();
    else if (char === "}") this.#leaveCode();
    else if (char === "<") this.#scanMarkup();
    else this.#at++;
  }

  #scanCode(): void {
    const text = this.#text;
    const char = text.charAt(this.#at);
    if (this.#plain.has(this.#at)) this.#at++;
    else if (char === "{") this.#enterCode();
    else if (char === "}") this.#leaveCode();
    else if (char === "`") this.#enterTemplate();
    else if (char === "<" && isTagStart(text, this.#at) && this.#mayBeginTag()) {
      this.#scanMarkup();
    } else if (SPACE.includes(char)) {
      this.#at++;
    } else if (text.startsWith("//", this.#at)) {
      this.#at = lineEnd(text, this.#at);
    } else if (text.startsWith("/*", this.#at)) {
      this.#at = this.#endOf("*/", this.#at + 2) ?? this.#at + 2;
    } else {
      this.#at = codeTokenEnd(text, this.#at, this.#isOperandNext());
      this.#codeEnd = this.#at;
    }
  }

  #scanTemplate(): void {
    const char = this.#text.charAt(this.#at);
    if (char === "\\") this.#at += 2;
    else if (char === "`") {
      this.#frames.pop();
      this.#codeEnd = ++this.#at;
      this.#endValue();
    } else if (this.#text.startsWith("${", this.#at)) {
      this.#at++;
      this.#enterCode();
    } else this.#at++;
  }

  #enterTemplate(): void {
    this.#push({ kind: "template", ...this.#opened() });
    this.#at++;
  }

  #enterCode(): void {
    this.#push({ kind: "code", ...this.#opened() });
    this.#codeEnd = ++this.#at;
    // The words of Svelte's blocks, `{#if …}`, are no code, and the slash of `{/if}` divides nothing.
    if (this.#dialect === "svelte" && "#:/@".includes(this.#text.charAt(this.#at) || " ")) {
      this.#codeEnd = ++this.#at;
      while (isWordChar(this.#text.charAt(this.#at))) this.#at++;
    }
  }

  /** Elements that were never closed end with the braces around them. */
  #leaveCode(): void {
    const index = this.#frames.findLastIndex(({ kind }) => kind === "code");
    if (index >= 0) this.#frames.length = index;
    this.#codeEnd = ++this.#at;
    if (index >= 0) this.#endValue();
  }

  #opened(): Opened {
    return { start: this.#at, nTags: this.#tags.length, codeEnd: this.#codeEnd };
  }

  /** A comparison has no operand before a tag, and what is set behind a name is an attribute. */
  #mayBeginTag(): boolean {
    if (this.#isOperandNext()) return true;
    return /^<[\w.:-]+\s+[\w:@-]+=["'{`]/.test(
      this.#text.slice(this.#at, this.#at + LONGEST_START),
    );
  }

  #isOperandNext(): boolean {
    const last = this.#text.charAt(this.#codeEnd - 1);
    if (!isWordChar(last)) return last === "" || !`)]}'"\``.includes(last);
    let start = this.#codeEnd;
    while (start > 0 && isWordChar(this.#text.charAt(start - 1))) start--;
    return OPERAND_WORDS.includes(this.#text.slice(start, this.#codeEnd));
  }

  #scanMarkup(): void {
    const text = this.#text;
    if (text.startsWith("</", this.#at)) this.#scanEndTag();
    else if (isTagStart(text, this.#at)) this.#scanStartTag();
    else if (this.#dialect !== "jsx" && text.startsWith("<!", this.#at)) {
      const isComment = text.startsWith("<!--", this.#at);
      const end = isComment ? this.#endOf("-->", this.#at + 4) : this.#endOf(">", this.#at + 2);
      this.#at = end ?? this.#at + 2;
      this.#codeEnd = this.#at;
    } else this.#at++;
  }

  /** Behind the next of a mark; undefined when there is none. */
  #endOf(mark: string, from: number): number | undefined {
    const goneFrom = this.#gone.get(mark) ?? Infinity;
    if (from >= goneFrom) return undefined;
    const start = this.#text.indexOf(mark, from);
    if (start >= 0) return start + mark.length;
    this.#gone.set(mark, from);
    return undefined;
  }

  #scanEndTag(): void {
    const start = this.#at;
    const nameEnd = nameEndAt(this.#text, start + 2);
    const name = this.#text.slice(start + 2, nameEnd);
    this.#at = this.#endOf(">", nameEnd) ?? nameEnd;
    this.#codeEnd = this.#at;
    const span = { start, end: this.#at };
    this.#tags.push({ kind: "end", name, span, attributes: [], isSelfClosing: false });
    const index = this.#frames.findLastIndex(
      (frame) => frame.kind !== "element" || frame.name === name,
    );
    // An end tag closes nothing beyond the braces that it stands in.
    if (this.#frames[index]?.kind === "element") this.#frames.length = index;
  }

  #scanStartTag(): void {
    const nameEnd = nameEndAt(this.#text, this.#at + 1);
    const name = this.#text.slice(this.#at + 1, nameEnd);
    this.#push({ kind: "tag", ...this.#opened(), name, attributes: [], pending: null });
    this.#at = nameEnd;
  }

  /** One step within an opening tag. */
  #scanTag(tag: OpenTag): void {
    const text = this.#text;
    const char = text.charAt(this.#at);
    if (char === ">") this.#endStartTag(tag);
    else if (text.startsWith("/*", this.#at)) {
      this.#at = this.#endOf("*/", this.#at + 2) ?? this.#at + 1;
    } else if (this.#dialect !== "astro" && text.startsWith("//", this.#at)) {
      this.#at = lineEnd(text, this.#at);
    } else if (SPACE.includes(char) || char === "/") this.#at++;
    else if (char === "{") {
      tag.pending = { name: "", start: this.#at, valueStart: this.#at };
      this.#enterCode();
    } else this.#scanAttribute(tag);
  }

  #scanAttribute(tag: OpenTag): void {
    const text = this.#text;
    const start = this.#at;
    if (text.charAt(start) === "<") {
      // The tag was never ended, and another begins.
      this.#frames.pop();
      this.#codeEnd = tag.start + 1;
      return;
    }
    // A name may begin with an equals sign, as in HTML; so every turn goes on by a character.
    let nameEnd = start + 1;
    while (nameEnd < text.length && !`${SPACE}=></{`.includes(text.charAt(nameEnd))) nameEnd++;
    const name = text.slice(start, nameEnd);
    if (/["'`]/.test(name)) {
      // A quote before was never closed, so what it swallowed is read again without it.
      this.#frames.pop();
      this.#readAgain(tag);
      return;
    }
    const equals = behindSpace(text, nameEnd);
    if (text.charAt(equals) !== "=") {
      this.#at = nameEnd;
      const span = { start, end: nameEnd };
      tag.attributes.push({ name, span, literal: null, isSpread: false });
      return;
    }
    const valueStart = behindSpace(text, equals + 1);
    tag.pending = { name, start, valueStart };
    this.#at = valueStart;
    const char = text.charAt(valueStart);
    if (char === "{") this.#enterCode();
    else if (char === "`" && this.#dialect === "astro") this.#enterTemplate();
    else {
      this.#at = this.#valueEnd(valueStart);
      this.#endValue();
    }
  }

  #valueEnd(start: number): number {
    const text = this.#text;
    const quote = text.charAt(start);
    if (quote !== '"' && quote !== "'") {
      let end = start;
      while (end < text.length && !`${SPACE}>`.includes(text.charAt(end))) end++;
      return end;
    }
    if (this.#dialect !== "svelte") return this.#endOf(quote, start + 1) ?? text.length;
    let at = start + 1;
    while (at < text.length && text.charAt(at) !== quote) {
      at = text.charAt(at) === "{" ? bracesEnd(text, at) : at + 1;
    }
    return Math.min(at + 1, text.length);
  }

  /** Completes the attribute whose value ended here, when the place is in a tag. */
  #endValue(): void {
    const tag = this.#frames.at(-1);
    if (tag?.kind !== "tag" || tag.pending === null) return;
    const { name, start, valueStart } = tag.pending;
    tag.pending = null;
    const literal = { start: valueStart, end: this.#at };
    const span = { start, end: this.#at };
    if (start < valueStart) {
      tag.attributes.push({ name, span, literal, isSpread: false });
      return;
    }
    const inner = this.#text.slice(start + 1, this.#at - 1).trim();
    const isSpread = inner.startsWith("...");
    const short = isSpread ? "" : inner;
    tag.attributes.push({ name: short, span, literal: isSpread ? null : literal, isSpread });
  }

  #endStartTag({ name, start, attributes }: OpenTag): void {
    const isSelfClosing = this.#text.charAt(this.#at - 1) === "/";
    this.#frames.pop();
    this.#codeEnd = ++this.#at;
    const span = { start, end: this.#at };
    this.#tags.push({ kind: "start", name, span, attributes, isSelfClosing });
    if (isSelfClosing || VOID_ELEMENTS.has(name)) return;
    const isRaw =
      this.#dialect !== "jsx" &&
      (["script", "style"].includes(name) || attributes.some((each) => each.name === "is:raw"));
    if (isRaw) {
      const mark = `</${name}`;
      // Without its end tag it holds what follows, which is then read as everything else is.
      this.#at = (this.#endOf(mark, this.#at) ?? this.#at + mark.length) - mark.length;
    }
    this.#push({ kind: "element", name });
  }

  #push(frame: Frame): void {
    if (this.#frames.length >= MAX_DEPTH) {
      throw new RangeError("Too many open elements and braces.");
    }
    this.#frames.push(frame);
  }
}

/** Not so for the parameters of a type, `<T,>` and `<T extends …>`. */
function isTagStart(text: string, at: number): boolean {
  const next = text.charAt(at + 1);
  if (next === ">") return true;
  if (next.toLowerCase() === next.toUpperCase() || !isWordChar(next)) return false;
  return !/^<\w+(?:,|\s+extends\s)/.test(text.slice(at, at + 100));
}

function nameEndAt(text: string, from: number): number {
  let end = from;
  while (end < text.length && !`${SPACE}/>{<`.includes(text.charAt(end))) end++;
  return end;
}

function behindSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && SPACE.includes(text.charAt(at))) at++;
  return at;
}
