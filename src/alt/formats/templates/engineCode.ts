/** Code of PHP, Blade and Razor, whose ends need more than a pair of marks. Nothing is run. */

import type { TextSpan } from "../../imageReference";
import { roleOf, type TemplateCode, type TemplateRole } from "../../tags/templateCode";

/** Longer pieces of code between brackets are nobody's. */
const MAX_UNITS = 5000;

/** `<?php … ?>`, which a string or a comment of several lines may hold, and which may go to the end. */
export function phpCode(text: string): TemplateCode[] {
  const codes: TemplateCode[] = [];
  for (let start = text.indexOf("<?"); start >= 0;) {
    const end = phpEnd(text, start + 2);
    const code = text.slice(start, end);
    // A condition on one line that shows something itself.
    const isShown = /\b(?:echo|print)\b/.test(code) && !/[:{]\s*\?>$/.test(code);
    codes.push({ start, end, role: isShown ? "output" : roleOf(code) });
    start = text.indexOf("<?", end);
  }
  return codes;
}

const PHP_TOKEN =
  /'(?:\\[^]|[^'\\])*'|"(?:\\[^]|[^"\\])*"|\/\*[^]*?\*\/|(?:\/\/|#(?!\[))(?:(?!\?>)[^\n])*|\?>/g;

function phpEnd(text: string, from: number): number {
  const token = new RegExp(PHP_TOKEN);
  token.lastIndex = from;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0] === "?>") return token.lastIndex;
  }
  return text.length;
}

/** Directives of Blade that add attributes without a text. */
const QUIET =
  /^(?:class|style|checked|selected|disabled|required|readonly|csrf|method|once|push|stack)$/;

/** `@name(…)`, `@php … @endphp`. */
export function bladeCode(text: string): TemplateCode[] {
  const codes: TemplateCode[] = [];
  for (const found of text.matchAll(/(?<![\w@])@([A-Za-z]\w*)[ \t]*/g)) {
    const [whole, name = ""] = found;
    const start = found.index;
    if (name === "php" && text.charAt(start + whole.length) !== "(") {
      const end = text.indexOf("@endphp", start);
      codes.push({ start, end: end < 0 ? text.length : end + 7, role: "silent", isOpaque: true });
      continue;
    }
    const open = start + whole.length;
    const hasArguments = text.charAt(open) === "(";
    const end = hasArguments ? bracketEnd(text, open) : start + 1 + name.length;
    if (end !== undefined) codes.push({ start, end, role: bladeRole(name), isOpaque: true });
  }
  return codes;
}

function bladeRole(name: string): TemplateRole {
  if (/^(?:end\w+|endif)$/.test(name)) return "close";
  if (/^else/.test(name) || QUIET.test(name)) return "silent";
  if (
    /^(?:if|unless|isset|empty|auth|guest|foreach|for|forelse|while|switch|case|can|cannot|env|production|section|error)$/.test(
      name,
    )
  ) {
    return "open";
  }
  return "output";
}

/** `@* … *@`, `@( … )`, `@{ … }`, `@code { … }`, `@expression.call(…)[…]`; `@@` and mail are text. */
export function razorCode(text: string): TemplateCode[] {
  const codes: TemplateCode[] = [];
  let last = 0;
  for (const { index: start } of text.matchAll(/@/g)) {
    if (start < last) continue;
    const next = text.charAt(start + 1);
    if (next === "@") {
      last = start + 2;
      continue;
    }
    if (/\w/.test(text.charAt(start - 1))) continue;
    const pieces = razorPiece(text, start, next);
    for (const piece of pieces) codes.push(piece);
    last = pieces.at(-1)?.end ?? last;
  }
  return codes;
}

function razorPiece(text: string, start: number, next: string): TemplateCode[] {
  if (next === "*") {
    const end = text.indexOf("*@", start + 2);
    return [piece(start, end < 0 ? text.length : end + 2, "silent")];
  }
  if (next === "(") {
    const end = bracketEnd(text, start + 1);
    return end === undefined ? [] : [piece(start, end, "output")];
  }
  if (next === "{") return blockLines(text, start, start + 1);
  const [, word] = /^@([A-Za-z_]\w*)/.exec(text.slice(start, start + 200)) ?? [];
  if (word === undefined) return [];
  const behind = start + 1 + word.length;
  if (/^(?:code|functions)$/.test(word)) {
    const open = /^\s*\{/.exec(text.slice(behind, behind + 200))?.[0].length;
    const end = open === undefined ? undefined : bracketEnd(text, behind + open - 1);
    return end === undefined ? [] : [piece(start, end, "silent")];
  }
  const condition = /^(?:if|for|foreach|while|switch|using|lock|await foreach)$/.test(word);
  if (condition) {
    const open = /^\s*\(/.exec(text.slice(behind, behind + 200))?.[0].length;
    const end = open === undefined ? undefined : bracketEnd(text, behind + open - 1);
    return end === undefined ? [] : [piece(start, end, "silent")];
  }
  return [piece(start, expressionEnd(text, behind), "output")];
}

const piece = (start: number, end: number, role: TemplateRole): TemplateCode => ({
  start,
  end,
  role,
  isOpaque: true,
});

/** A block of code may hold markup on lines of its own; the others are code. */
function blockLines(text: string, start: number, open: number): TemplateCode[] {
  const end = bracketEnd(text, open) ?? open + 1;
  const codes: TemplateCode[] = [];
  for (const { 0: line, index } of text.slice(start, end).matchAll(/[^\n]+/g)) {
    const isMarkup = /^\s*(?:<[A-Za-z/]|@:)/.test(line);
    if (!isMarkup) codes.push(piece(start + index, start + index + line.length, "silent"));
  }
  return codes;
}

/** A name goes on with members, calls and indexes. */
function expressionEnd(text: string, from: number): number {
  let end = from;
  for (;;) {
    const next = text.charAt(end);
    const member = /^[?!]?\.[A-Za-z_]\w*/.exec(text.slice(end, end + 200))?.[0];
    if (member !== undefined) end += member.length;
    else if (next === "(" || next === "[") {
      const close = bracketEnd(text, end);
      if (close === undefined) return end;
      end = close;
    } else return end;
  }
}

const CLOSES: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** Behind the bracket that closes the one at an offset; strings and comments count as they are. */
export function bracketEnd(text: string, start: number): number | undefined {
  const open: string[] = [];
  const limit = Math.min(text.length, start + MAX_UNITS);
  for (let at = start; at < limit; at++) {
    const char = text.charAt(at);
    if (char === '"' || char === "'") {
      const string = STRINGS[char].exec(text.slice(at, at + 2000))?.[0];
      at += (string?.length ?? 1) - 1;
    } else if (char === "/" && text.charAt(at + 1) === "*") {
      const end = text.indexOf("*/", at + 2);
      if (end < 0) return undefined;
      at = end + 1;
    } else if (CLOSES[char] !== undefined) open.push(CLOSES[char]);
    else if (char === open.at(-1)) {
      open.pop();
      if (open.length === 0) return at + 1;
    }
  }
  return undefined;
}

const STRINGS = { '"': /^"(?:\\[^]|[^"\\\n])*"/, "'": /^'(?:\\[^]|[^'\\\n])*'/ } as const;

/** The pieces in the order of the text; of those that overlap the first. */
export function withoutOverlaps<Code extends TextSpan>(codes: readonly Code[]): Code[] {
  const sorted = [...codes].sort((a, b) => a.start - b.start || b.end - a.end);
  let end = 0;
  return sorted.filter((code) => {
    if (code.start < end) return false;
    end = code.end;
    return true;
  });
}
