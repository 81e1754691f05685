/** Writing a text so that each syntax reads back exactly that text, on one line. */

import type { AttributeDialect } from "../imageReference";
import { holdsTemplateCode, TEMPLATE_MARKS } from "../tags/templateCode";

/**
 * The text as it can stand in any document: one line, no control characters, no half of a surrogate
 * pair. An alternative text has no line breaks to a reader, so nothing that is heard gets lost.
 */
export function oneLineText(text: string): string {
  return (
    text
      .replace(/[\t\n\v\f\r\u0085\u2028\u2029 ]+/g, " ")
      // eslint-disable-next-line no-control-regex -- Control characters are what it takes away.
      .replace(/[\u0000-\u001f\u007f-\u009f\ufeff]/g, "")
      // With the u flag a pair is one character, so only halves match; UTF-8 cannot hold them.
      .replace(/\p{Surrogate}/gu, "\ufffd")
      .replace(/ +/g, " ")
      .trim()
  );
}

export interface MarkdownContext {
  readonly isInTable: boolean;
  readonly isMdx: boolean;
}

/** A text between the brackets of an image, or emphasised. */
export function escapeMarkdown(text: string, { isInTable, isMdx }: MarkdownContext): string {
  const characters = Array.from(text);
  // No template engine is to take a text for its code.
  const isCode = holdsTemplateCode(text);
  return characters
    .map((character, index) => {
      if ("\\[]`*<~".includes(character)) return `\\${character}`;
      if (isCode && TEMPLATE_MARKS.includes(character)) return `\\${character}`;
      if (character === "|" && isInTable) return "\\|";
      if (isMdx && "{}".includes(character)) return `\\${character}`;
      if (character === "_" && !isInsideWord(characters, index)) return "\\_";
      if (character === "&" && isReference(characters, index)) return "\\&";
      return character;
    })
    .join("");
}

/** A title in double quotes. Neither emphasis nor braces mean anything in there. */
export function escapeMarkdownTitle(text: string, place: MarkdownContext): string {
  const characters = Array.from(text);
  return characters
    .map((character, index) => {
      if (character === '"' || character === "\\") return `\\${character}`;
      if (character === "|" && place.isInTable) return "\\|";
      if (character === "&" && isReference(characters, index)) return "\\&";
      return character;
    })
    .join("");
}

/**
 * A text in a wikilink, which has no escapes: what would end it, or begin another part, becomes the
 * mark that reads most like it.
 */
export function wikilinkText(text: string): string {
  return text.replace(/[[\]|\\]/g, (mark) => (mark === "[" ? "(" : mark === "]" ? ")" : "/"));
}

/**
 * A text as a parameter of a site's template, which has escapes for quotes at most: marks that mean
 * something there become ones that read like them, or go.
 */
export function shortcodeText(text: string, quote: '"' | "'"): string {
  const plain = text.replaceAll("\\", "/");
  const safe = holdsTemplateCode(plain)
    ? oneLineText(
        Array.from(plain, (mark) => (TEMPLATE_MARKS.includes(mark) ? " " : mark)).join(""),
      )
    : plain;
  return quote === '"' ? safe : safe.replaceAll("'", "\u2019").replaceAll('"', "\u201d");
}

/**
 * A text in a list of attributes behind a Markdown image. Its tools share no escapes, so marks that
 * would end it become ones that read like them.
 */
export function listedAltText(text: string, { quote, isInTable }: ListContext): string {
  const plain = text
    .replace(/[{}[\]<>`]/g, (mark) => LIST_MARKS[mark] ?? mark)
    .replaceAll(quote, quote === '"' ? "\u201d" : "\u2019");
  return shortcodeText(isInTable ? plain.replaceAll("|", "/") : plain, '"');
}

/** What Markdown would read in there, or a tool's own pattern for lists. */
// prettier-ignore
const LIST_MARKS: Readonly<Record<string, string>> = {
  "{": "(", "}": ")", "[": "(", "]": ")",
  "<": "\u2039", ">": "\u203a", "`": "\u2019",
};

type ListContext = Pick<AttributeContext, "quote" | "isInTable">;

export interface AttributeContext {
  readonly dialect: AttributeDialect;
  readonly quote: '"' | "'";
  readonly isInTable: boolean;
}

/** An attribute's value with its quotes or braces. */
export function attributeLiteral(text: string, place: AttributeContext): string {
  const { dialect, quote, isInTable } = place;
  const own = ownLiteral(text, place);
  if (own !== undefined) return own;
  // Astro decodes entities for elements and not for components; a string of JavaScript suits both.
  if (dialect === "astro" && /["'&{}`<>\\]/.test(text)) {
    return `{${escapeMarks(JSON.stringify(text), (code) => `\\u${code.toString(16).padStart(4, "0")}`)}}`;
  }
  if (dialect === "shortcode") {
    return quote + shortcodeText(text, quote).replaceAll('"', '\\"') + quote;
  }
  if (dialect === "braces") {
    return quote + listedAltText(text, place).replace(/&(?=[#\w])/g, "&amp;") + quote;
  }
  let value = text.replaceAll("&", "&amp;");
  value = quote === '"' ? value.replaceAll('"', "&quot;") : value.replaceAll("'", "&#39;");
  if (dialect === "svelte") value = escapeBraces(value);
  if (isInTable) value = value.replaceAll("|", "&#124;");
  value = escapeMarks(value, (code) => `&#${code};`);
  // An at sign begins code in Razor and Blade; a template of JavaScript ends at a backquote.
  if (dialect === "razor") value = value.replaceAll("@", "&#64;");
  if (dialect === "inline") {
    value = value.replace(/[`\\$]/g, (mark) => `&#${mark.charCodeAt(0)};`);
  }
  return quote + value + quote;
}

/** Literals of the languages that are no markup with tags; undefined for the others. */
function ownLiteral(text: string, place: AttributeContext): string | undefined {
  switch (place.dialect) {
    case "asciidoc":
      return asciidocLiteral(text, place);
    case "rest":
      return text === "" ? "" : ` ${text}`;
    case "org":
      return text === "" ? '""' : orgText(text);
    case "latex":
      return `{${escapeLatex(text)}}`;
    case "xml":
      return escapeElementText(text, "html");
    case "typst":
      return `"${escapeTypst(text)}"`;
    case "yaml":
      return `"${text.replace(/["\\]/g, "\\$&")}"`;
    case "r":
      return place.quote + text.replace(/["\\]/g, "\\$&").replaceAll("'", "\u2019") + place.quote;
    case "ruby":
      // The mark that ends the code would end it within a string, too.
      return `"${text.replace(/["\\#]/g, "\\$&").replaceAll("%>", "%\\u003e")}"`;
    case "learn":
      return (
        place.quote +
        text
          .replaceAll("&", "&amp;")
          .replaceAll(place.quote, place.quote === '"' ? "&quot;" : "&#39;") +
        place.quote
      );
    default:
      return undefined;
  }
}

/** What is left of a text where a language has no escape for a mark. */
export function heardIn(text: string, { dialect }: AttributeContext): string {
  if (dialect === "org") return orgText(text);
  if (dialect === "r") return text.replaceAll("'", "\u2019");
  return text;
}

/** A caption in a place of its own. */
export function captionLiteral(text: string, dialect: AttributeDialect): string {
  switch (dialect) {
    case "latex":
      return escapeLatex(text);
    case "typst":
      return text.replace(/[\\#*_`$<>@[\]~]/g, "\\$&");
    case "xml":
      return escapeElementText(text, "html");
    case "rest":
      return text.replace(/[\\*`|_]/g, "\\$&");
    default:
      return oneLineText(text);
  }
}

/** Inside of quotes a brace would still name an attribute, and a line's bracket end the list. */
function asciidocLiteral(text: string, { isInTable }: AttributeContext): string {
  const plain = text.replace(/\{(?=[\w-])/g, "\\{");
  const safe = isInTable ? plain.replaceAll("]", "\\]").replaceAll("|", "{vbar}") : plain;
  const isQuoted = text === "" || /[,="]|^[\s']|\s$/.test(text);
  return isQuoted ? `"${safe.replaceAll('"', '\\"')}"` : safe;
}

/** A word behind a colon would begin the next option. */
function orgText(text: string): string {
  return text.replace(/(^|\s):(?=\S)/g, "$1\u2236");
}

const LATEX: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
};

function escapeLatex(text: string): string {
  // Pairs of these are dashes and quotes.
  return text
    .replace(/[\\~^%#&_${}]/g, (mark) => LATEX[mark] ?? `\\${mark}`)
    .replace(/([-'`])(?=\1)/g, "$1{}");
}

function escapeTypst(text: string): string {
  return text.replace(/["\\]/g, "\\$&");
}

/** A template engine takes what looks like its code for code, wherever it stands. */
function escapeMarks(value: string, escape: (code: number) => string): string {
  if (!holdsTemplateCode(value)) return value;
  const pieces = value.split(/(&#?\w+;)/);
  const escaped = (piece: string): string =>
    Array.from(piece, (mark) =>
      TEMPLATE_MARKS.includes(mark) ? escape(mark.charCodeAt(0)) : mark,
    ).join("");
  return pieces.map((piece, index) => (index % 2 === 0 ? escaped(piece) : piece)).join("");
}

/** Text between tags. */
export function escapeElementText(text: string, dialect: AttributeDialect): string {
  const value = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  if (dialect === "razor") return value.replaceAll("@", "&#64;");
  return dialect === "html" ? value : escapeBraces(value);
}

function escapeBraces(value: string): string {
  return value.replaceAll("{", "&#123;").replaceAll("}", "&#125;");
}

/** `snake_case` needs no escape: an underscore between letters or digits emphasises nothing. */
function isInsideWord(characters: readonly string[], index: number): boolean {
  return [characters[index - 1], characters[index + 1]].every(
    (neighbour) => neighbour !== undefined && /[\p{L}\p{N}]/u.test(neighbour),
  );
}

/** `&` begins a character reference only where a name or number and a semicolon follow. */
function isReference(characters: readonly string[], index: number): boolean {
  let end = index + 1;
  while (/^[#A-Za-z0-9]$/.test(characters[end] ?? "")) end++;
  return end > index + 1 && characters[end] === ";";
}
