/** Rules for numbers: dates, fractions, telephones, and words that are joined to them. */

import { APOSTROPHE, DIGIT, NUMBER } from "./characters";
import { choice, maybe, one, type Pattern, repeat, sequence, some, words } from "./patterns";
import { joinedBlanks, namedBrackets, plainAmpersand, type Rule, withoutSoftHyphens } from "./rule";

const digits = (min: number, max: number): Pattern => repeat(DIGIT, min, max);
const asciiDigits = (min: number, max: number): Pattern => repeat(one("[0-9]"), min, max);
const FRACTIONS: Readonly<Record<string, string>> = {
  "\u00bc": "1/4",
  "\u00bd": "1/2",
  "\u00be": "3/4",
  "\u2153": "1/3",
  "\u2154": "2/3",
};
const SLASH: Pattern = sequence(maybe("\\"), "/");
const DASHED: Pattern = sequence(
  some(one("[A-Za-z0-9]")),
  repeat(sequence("-", some(one("[A-Za-z]"))), 0, 2),
);

export const NUMBER_RULES: readonly Rule[] = [
  {
    token: sequence(digits(1, 2), one("[-/]"), digits(1, 2), one("[-/]"), digits(2, 4)),
  },
  { token: NUMBER, write: withoutSoftHyphens },
  {
    token: sequence(
      maybe(one("[\\u207a\\u207b\\u208a\\u208b]")),
      choice(
        some(one("[\\u2070\\u00b9\\u00b2\\u00b3\\u2074-\\u2079]")),
        some(one("[\\u2080-\\u2089]")),
      ),
    ),
  },
  {
    token: sequence(
      maybe(sequence(digits(1, 4), one("[- \\u00a0]"))),
      digits(1, 4),
      choice(SLASH, one("\\u2044")),
      digits(1, 4),
    ),
    write: joinedBlanks,
  },
  { token: one("[\\u00bc-\\u00be\\u2153-\\u215e]"), write: (text) => FRACTIONS[text] ?? text },
  {
    token: choice(
      sequence("-", words("RRB LRB RCB LCB RSB LSB"), "-"),
      sequence("S", choice("&", "&amp;"), words("P-500 Ls")),
      words("C.D.s pro- anti-"),
      sequence("Cap", APOSTROPHE, "n"),
      sequence("c", APOSTROPHE, "est"),
    ),
    write: plainAmpersand,
  },
  // left/right, and/or
  { token: sequence(DASHED, repeat(sequence(SLASH, DASHED), 1, 2)) },
];

const GAP = one("[- \\u00a0]");
const COUNTRY: Pattern = sequence("+", maybe("+"));

export const PHONE_RULE: Rule = {
  token: choice(
    sequence(
      choice(
        sequence("(", asciiDigits(2, 3), ")", maybe(one("[ \\u00a0]"))),
        sequence(maybe(COUNTRY), maybe(sequence(asciiDigits(2, 4), GAP)), asciiDigits(2, 4), GAP),
      ),
      asciiDigits(3, 4),
      maybe(GAP),
      asciiDigits(3, 5),
    ),
    sequence(
      maybe(sequence(maybe(COUNTRY), asciiDigits(2, 4), ".")),
      asciiDigits(2, 4),
      ".",
      asciiDigits(3, 4),
      ".",
      asciiDigits(3, 5),
    ),
  ),
  write: (text) => namedBrackets(joinedBlanks(text)),
};
