/**
 * Captions as the benchmarks compare them: the tokens that CoreNLP 3.4.1 makes of them with `-preserveLines
 * -lowerCase`, without punctuation (coco-caption's `ptbtokenizer.py`).
 */

import { Automaton } from "./automaton";
import { sequence } from "./patterns";
import { RULES } from "./rules";

/** In the tokenizer's spelling. Small letters come out of it, so that `-lrb-` and its like are never met. */
const PUNCTUATION: ReadonlySet<string> = new Set(
  "'' ' `` ` -LRB- -RRB- -LCB- -RCB- . ? ! , : - -- ... ;".split(" "),
);
/** Ends a line for the tokenizer, but not for the program that hands it one caption a line. */
const OTHER_LINE_ENDS = /[\r\v\f\u0085\u2028\u2029]/;

/** What is compared of captions, tokens with blanks between. */
export interface TokenizedCaptions {
  readonly captions: readonly string[];
  /**
   * Indices of captions with a line end in them other than "\n". The programs move every later caption by one
   * there; here it is a blank.
   */
  readonly broken: readonly number[];
}

/** @param captions in the order of the programs: what follows can decide about a full stop. */
export function tokenizeCaptions(captions: readonly string[]): TokenizedCaptions {
  const lines = tokenizeLines(captions);
  return {
    captions: lines.map((tokens) => tokens.filter((token) => !PUNCTUATION.has(token)).join(" ")),
    broken: captions.flatMap((caption, i) => (OTHER_LINE_ENDS.test(caption) ? [i] : [])),
  };
}

/** All tokens of each line, in small letters. */
export function tokenizeLines(lines: readonly string[]): string[][] {
  const text = lines
    .map((line) => line.replaceAll(/[\n\r\v\f\u0085\u2028\u2029]/g, " "))
    .join("\n");
  const out: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    if (text.charCodeAt(at) === NEWLINE) {
      out.push([]);
      at++;
      continue;
    }
    const { token, end } = nextToken(text, at);
    if (token !== undefined) out.at(-1)?.push(token.toLowerCase());
    at = end;
  }
  return lines.length === 0 ? [] : out;
}

const NEWLINE = 0x0a;
const LEXER = new Automaton(
  RULES.map(({ token, ahead }) => (ahead === undefined ? token : sequence(token, ahead))),
);
/** Of rules with something ahead: where the token can end, and what must follow. */
const PARTS = RULES.map(({ token, ahead }) =>
  ahead === undefined
    ? undefined
    : { token: new Automaton([token]), ahead: new Automaton([ahead]) },
);

/** What no rule knows is left out, one UTF-16 unit at a time. */
function nextToken(text: string, at: number): { token: string | undefined; end: number } {
  const match = LEXER.longest(text, at);
  const rule = match && RULES[match.pattern];
  if (match === undefined || rule === undefined) return { token: undefined, end: at + 1 };
  const parts = PARTS[match.pattern];
  const whole = text.slice(at, match.end);
  const length = parts === undefined ? whole.length : tokenLength(whole, parts);
  const written = whole.slice(0, length - (rule.cut ?? 0));
  return {
    token: rule.write === undefined ? written : rule.write(written),
    end: at + written.length - (rule.stopsTwice === true ? 1 : 0),
  };
}

/** The longest token that what is ahead can follow. */
function tokenLength(
  whole: string,
  { token, ahead }: { readonly token: Automaton; readonly ahead: Automaton },
): number {
  const ends = token.ends(whole, 0).reverse();
  return ends.find((end) => ahead.ends(whole, end).includes(whole.length)) ?? whole.length;
}
