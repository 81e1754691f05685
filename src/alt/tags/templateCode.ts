/**
 * Code of template engines in a document: Go and Hugo, Handlebars, Liquid, Jinja, Twig, ERB, EJS, PHP,
 * Blade, Thymeleaf and their kin. Where it stands and what it may put there; nothing is run. Knows no
 * markup language.
 */

import type { TextSpan } from "../imageReference";
import { countBefore } from "../spans";

/**
 * What a piece of code does to the place where it stands: `output` puts something there, `open` and
 * `close` are the ends of a condition or loop, `silent` puts nothing, such as a comment.
 */
export type TemplateRole = "output" | "open" | "close" | "silent";

export interface TemplateCode extends TextSpan {
  readonly role: TemplateRole;
  /** Its marks tell no reader of HTML that it is code. @default false */
  readonly isOpaque?: boolean;
}

/**
 * A piece of code between its marks. A piece that is opened again before it ends, or that is longer
 * than people write, is none: a mark that stands alone must not swallow what follows, and every
 * character is looked at a bounded number of times.
 */
const CODE = new RegExp(
  [
    /\{%-?\s*comment\b(?:(?!\{%-?\s*comment\b)[^])*?\bendcomment\s*-?%\}/,
    // What shows the marks of an engine as they are, as its manuals do.
    /\{%-?\s*(?:raw|verbatim)\s*-?%\}(?:(?!\{%-?\s*(?:raw|verbatim)\b)[^]){0,2000}?\{%-?\s*end(?:raw|verbatim)\s*-?%\}/,
    /\{\{!--(?:(?!\{\{!--)[^])*?--\}\}/,
    /\{\{(?:(?!\{\{(?!\{)|<\/script)[^]){0,2000}?\}\}\}?/,
    /\{%(?:(?!\{%|<\/script)[^]){0,2000}?%\}/,
    /\{#(?:(?!\{#|<\/script)[^]){0,2000}?#\}/,
    /\{!!(?:(?!\{!!|<\/script)[^]){0,2000}?!!\}/,
    /<%(?:(?!<%)[^]){0,9000}?%>/,
    /<\?(?:(?!<\?)[^])*?\?>/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/** Every piece of code whose marks could be taken for markup, in the order of the text. */
export function findTemplateCode(text: string): TemplateCode[] {
  if (!/\{[{%#!]|<[%?]/.test(text)) return [];
  return Array.from(text.matchAll(CODE), ({ 0: code, index }) => {
    return { start: index, end: index + code.length, role: roleOf(code) };
  });
}

/** Longer names of elements are nobody's. */
const MAX_NAME = 40;

/**
 * The text with letters in place of what code puts out, at the same offsets, so that quotes and angles
 * in there mean nothing. Spaces stand for code that puts nothing out, and right behind a tag's name,
 * where letters would go on with the name.
 */
export function maskTemplateCode(text: string, codes: readonly TemplateCode[]): string {
  const parts: string[] = [];
  let end = 0;
  for (const code of codes) {
    const before = text.slice(end, code.start);
    const isBehindName = /<[a-z][\w:-]*$/i.test(before.slice(-MAX_NAME));
    const fill = code.role === "output" && !isBehindName ? "x" : " ";
    parts.push(before, fill.repeat(code.end - code.start));
    end = code.end;
  }
  parts.push(text.slice(end));
  return parts.join("");
}

/** The pieces of code that lie within a stretch; none reaches over its ends. */
export function codeWithin<Code extends TextSpan>(
  codes: readonly Code[],
  { start, end }: TextSpan,
): readonly Code[] {
  const found: Code[] = [];
  for (let index = countBefore(codes, start); index < codes.length; index++) {
    const code = codes[index];
    if (code === undefined || code.start >= end) break;
    found.push(code);
  }
  return found;
}

const SILENT = /^(?:\{#|\{\{-?\s*(?:!|\/\*|--)|<%#|\{%-?\s*(?:comment\b|(?:raw|verbatim)\s*-?%\}))/;
const OUTPUT = /^(?:<\?=|<%[=-]|\{!!|<\?(?:php)?\s*(?:echo|print)\b)/i;
const CLOSES = /^(?:end\w*\b|\/|\})/i;
const GOES_ON = /^(?:else|elseif|elsif|elif|when|\^\s*$)/i;
const OPENS =
  /^(?:if|ifequal|ifnotequal|ifchanged|unless|with|range|for|foreach|while|switch|case|block|define|filter|spaceless)\b|^[#^]|[{:]$|\bdo(?:\s*\|[^|]*\|)?$/i;
/** Statements that show nothing; all other tags of Liquid and Jinja may. */
const QUIET = /^(?:set|assign|do|load|import|from|break|continue|increment|decrement)\b|:=/i;

/** What a piece of code with its marks does. */
export function roleOf(code: string): TemplateRole {
  if (SILENT.test(code)) return "silent";
  if (OUTPUT.test(code)) return "output";
  const inner = code
    .replace(/^(?:\{\{\{?|\{%|<%|<\?(?:php\b)?)[-~]?\s*/i, "")
    .replace(/\s*[-~]?(?:\}?\}\}|%\}|%>|\?>)$/, "");
  if (CLOSES.test(inner)) return "close";
  if (GOES_ON.test(inner)) return "silent";
  if (OPENS.test(inner)) return "open";
  return QUIET.test(inner) || code.startsWith("<") ? "silent" : "output";
}

/**
 * True for a text that a template engine, or the program that shows the page, puts together. Marks
 * count even where their end is missing, because a value may break off in the middle of its code.
 * @param written as it stands in the document: a mark that is escaped there is none.
 */
export function holdsTemplateCode(written: string): boolean {
  return MARKS.test(written) || WHOLE.test(written.trim());
}

/** Without one of these characters nothing is template code. */
export const TEMPLATE_MARKS = "{}$@*~%?#[]<_";

// prettier-ignore
const MARKS = new RegExp(
  `(?<!\\\\)(?:${[
    // Go, Handlebars, Liquid, Jinja, Angular, Vue; Blade, Smarty; ERB, EJS, PHP, JSP, FreeMarker.
    /\{\{/, /\}\}/, /\{[%!$]/, /\{#.*#\}/, /[%?]>/, /<[%?#@]/, /<\/?[a-z]+:/,
    // Scripts, Thymeleaf, Velocity, JSF, Polymer.
    /[$#@*~]\{/, /\$!?[a-z_]\w*\.\w/, /\$!/, /\[\[.*\]\]/, /\[\(.*\)\]/,
    // Razor and Blade; an address of mail has letters before its mark.
    /(?<![\w@.\\])@(?:\(|[A-Z_]\w*(?:\(|\.\w|\[))/,
    // Extensions of browsers.
    /__MSG_\w+__/,
  ]
    .map(({ source }) => source)
    .join("|")})`,
  "i",
);

/** A name in braces of one kind, or with a dollar sign, and nothing else. */
const WHOLE = /^(?:\{[^{}\s][^{}]*\}|\$[a-z_]\w*|%[a-z_]\w*%)$/i;
