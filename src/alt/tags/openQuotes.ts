/**
 * Quotes that open an attribute's value and are never closed: they must not swallow the tags behind
 * them. Knows tags and quotes, and no language; code in braces is left to those who read it.
 */

const NAME_START = /[a-z/]/i;
const TAG = /<[a-z/!]/i;
/** The quote that would close the value opens another. */
const ENDS_AS_OPENING = /=\s*$/;
/** Code has quotes of its own: `title="{name("a")}"` in Svelte. */
const CODE_OPENS = /\{(?:[^{}<]|<(?![a-z/!]))*$/i;
/** What may stand right behind a value. */
const BEHIND_VALUE = /[\s/>]/;

/** The text with a letter for the beginning of each tag with such a quote; offsets stay. */
export function maskOpenQuotes(text: string): string {
  const open: number[] = [];
  const gone = new Set<string>();
  const closing = (quote: string, from: number): number => {
    if (gone.has(quote)) return -1;
    const at = text.indexOf(quote, from);
    if (at < 0) gone.add(quote);
    return at;
  };
  /** How far the tag that begins at an offset was read. */
  const readTag = (start: number): number => {
    for (let at = start + 1; at < text.length; at++) {
      const char = text.charAt(at);
      if (char === ">" || char === "{") return at;
      if (char === "<") return at - 1;
      if ((char !== '"' && char !== "'") || !isValueStart(text, at)) continue;
      const end = closing(char, at + 1);
      const isOpened = isOpen(text, { start: at + 1, end });
      if (isOpened) open.push(start);
      if (isOpened || end < 0) return at;
      at = end;
    }
    return text.length;
  };
  for (let at = text.indexOf("<"); at >= 0; at = text.indexOf("<", at + 1)) {
    if (NAME_START.test(text.charAt(at + 1))) at = readTag(at);
  }
  return withLetters(text, open);
}

/** The text with a letter for the beginning of each tag that another begins in; offsets stay. */
export function maskOpenTags(text: string): string {
  return text.replace(/<(?=\/?[a-z][^<>"'{}]*<[a-z])/gi, "x");
}

function isValueStart(text: string, quote: number): boolean {
  let at = quote - 1;
  while (at >= 0 && " \t\r\n".includes(text.charAt(at))) at--;
  return text.charAt(at) === "=";
}

/** @param value between the quotes; its end is -1 where there is no other quote. */
function isOpen(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): boolean {
  const value = text.slice(start, end < 0 ? text.length : end);
  if (end < 0) return value.includes(">");
  // A tag within, behind the end of the tag that the value would be in.
  const after = value.indexOf(">");
  if (after < 0 || !TAG.test(value.slice(after)) || CODE_OPENS.test(value)) return false;
  return ENDS_AS_OPENING.test(value) || !BEHIND_VALUE.test(text.charAt(end + 1) || ">");
}

function withLetters(text: string, offsets: readonly number[]): string {
  const parts: string[] = [];
  let end = 0;
  for (const offset of offsets) {
    parts.push(text.slice(end, offset), "x");
    end = offset + 1;
  }
  parts.push(text.slice(end));
  return parts.join("");
}
