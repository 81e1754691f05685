/** The tokens of JavaScript, as far as they tell code from strings, comments and markup. */

export const SPACE = " \t\r\n\f";

export function isWordChar(char: string): boolean {
  return char !== "" && /[\w$\u0080-\uffff]/.test(char);
}

/** Behind the brace that closes the one at `start`; tags inside are read as code. */
export function bracesEnd(text: string, start: number): number {
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
export function codeTokenEnd(text: string, at: number, isOperandNext: boolean): number {
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

export function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
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
