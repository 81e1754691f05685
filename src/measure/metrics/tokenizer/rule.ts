/** What a rule of the tokenizer says, and the spellings that rules write. */

import type { Pattern } from "./patterns";

export interface Rule {
  readonly token: Pattern;
  /** Must follow, counts as matched length, and is left to the next token. */
  readonly ahead?: Pattern;
  /** What is written; undefined leaves the token out. @default as it stands */
  readonly write?: (text: string) => string | undefined;
  /** Letters at its end that are a token of their own. @default 0 */
  readonly cut?: number;
  /** Its full stop is read once more, as the end of a sentence. @default false */
  readonly stopsTwice?: boolean;
}

/** The soft hyphen only says where a line may break; a token of nothing else is a hyphen. */
export function withoutSoftHyphens(text: string): string {
  const rest = text.replaceAll("\u00ad", "");
  return rest === "" ? "-" : rest;
}

/** Blanks inside a token, which divide none. */
export function joinedBlanks(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}

export function plainAmpersand(text: string): string {
  return text.replaceAll(/&amp;/gi, "&");
}

export function namedBrackets(text: string): string {
  return text.replaceAll("(", "-LRB-").replaceAll(")", "-RRB-");
}
