/** Rules for marks: quotation marks, brackets, dashes, money, faces, tags; and what is left out. */

import { APOSTROPHE, CLITIC, INNER_PUNCTUATION, NEGATION, SYMBOL } from "./characters";
import { any, choice, maybe, one, type Pattern, repeat, sequence, some, words } from "./patterns";
import { namedBrackets, type Rule } from "./rule";

const NAME: Pattern = sequence(one("[A-Za-z]"), any(one("[-A-Za-z0-9_:.]")));
const VALUE: Pattern = choice(
  sequence("'", any(one("[^'\\n]")), "'"),
  sequence('"', any(one('[^"\\n]')), '"'),
);
/** A tag of SGML, a comment or a declaration. */
export const MARKUP: Pattern = sequence(
  "<",
  choice(
    sequence(one("[!?]"), one("[-A-Za-z]"), any(one("[^>\\r\\n]"))),
    sequence(
      NAME,
      any(sequence(some(" "), choice(NAME, sequence(NAME, any(" "), "=", any(" "), VALUE)))),
      any(" "),
      maybe("/"),
    ),
    sequence("/", NAME),
  ),
  any(" "),
  ">",
);

/** Quotation marks as LaTeX writes them. */
const latex =
  (isLeft: boolean) =>
  (text: string): string =>
    text
      .replaceAll(/&apos;|'/g, isLeft ? "`" : "'")
      .replaceAll(/"|&quot;/g, isLeft ? "``" : "''")
      .replaceAll(/[\u0091\u2018\u201b\u2039]/g, "`")
      .replaceAll(/[\u0092\u2019\u203a]/g, "'")
      .replaceAll(/[\u0093\u201c\u00ab]/g, "``")
      .replaceAll(/[\u0094\u201d\u00bb]/g, "''");

const as = (text: string) => (): string => text;
const leaveOut = (): undefined => undefined;

const money = (text: string): string =>
  text
    .replaceAll("\u00a2", "cents")
    .replaceAll("\u00a3", "#")
    .replaceAll(/[\u0080\u00a4\u20a0\u20ac]/g, "$$");

const DOUBLE_QUOTE: Pattern = choice('"', "&quot;");
const FACE = one("[-^x=~<>']");
const NOT_A_LETTER = one("[^A-Za-z]");

const FACES: Pattern = choice(
  sequence(one("[-^x=~<>']"), "_", FACE),
  sequence("(", FACE, maybe(one("[_.]")), FACE, ")"),
  sequence("(", one("[\\^x=~<>']"), "-", one("[\\^x=~<>'`]"), ")"),
);

const BRACKETS: readonly Rule[] = Object.entries({
  "{": "-LCB-",
  "}": "-RCB-",
  "[": "-LSB-",
  "]": "-RSB-",
  "(": "-LRB-",
  ")": "-RRB-",
}).map(([bracket, name]) => ({ token: sequence(bracket), write: as(name) }));

const MARKS: readonly Rule[] = [
  { token: DOUBLE_QUOTE, ahead: one("[A-Za-z0-9$]"), write: latex(true) },
  { token: DOUBLE_QUOTE, write: latex(false) },
  { token: one("\\u007f"), write: leaveOut },
  { token: choice("<", "&lt;"), write: as("<") },
  { token: choice(">", "&gt;"), write: as(">") },
  {
    token: sequence(
      maybe(one("[<>]")),
      one("[:;=]"),
      maybe(one("[-o*']")),
      one("[()DPdpO\\\\{@|\\[\\]]"),
    ),
    ahead: one("[^A-Za-z0-9]"),
    write: namedBrackets,
  },
  { token: FACES, write: namedBrackets },
  ...BRACKETS,
  { token: some("-"), write: (text) => (text.length === 3 || text.length === 4 ? "--" : text) },
  {
    token: choice(
      repeat(".", 3, 5),
      sequence(repeat(sequence(".", one("[ \\u00a0]")), 2, 4), "."),
      one("[\\u0085\\u2026]"),
    ),
    write: as("..."),
  },
  { token: choice(some("@"), some("#"), some("_")) },
  { token: choice(some("*"), repeat("\\*", 1, 3)) },
  { token: INNER_PUNCTUATION },
  { token: some(one("[?!]")) },
  { token: one("[.\\u00a1\\u00bf\\u037e\\u0589\\u061f\\u06d4\\u0700-\\u0702\\u07fa\\u3002=/]") },
];

const QUOTES: Pattern = choice(
  APOSTROPHE,
  "''",
  repeat(one("[`\\u2018\\u2019\\u201a-\\u201f\\u0091-\\u0094\\u2039\\u203a\\u00ab\\u00bb]"), 1, 2),
);

export const SIGN_RULES = {
  dashes: [
    {
      token: choice(words("&MD; &mdash; &ndash;"), one("[\\u0096\\u0097\\u2013-\\u2015]")),
      write: as("--"),
    },
    { token: sequence("&amp;"), write: as("&") },
    {
      token: choice(
        words("&HT; &TL; &UR; &LR; &QC; &QL; &QR; &odq; &cdq;"),
        sequence("&#", some(one("[0-9]")), ";"),
      ),
    },
  ],
  clitics: [
    { token: CLITIC, ahead: NOT_A_LETTER, write: latex(false) },
    { token: NEGATION, ahead: NOT_A_LETTER, write: latex(false) },
  ],
  money: [
    { token: choice(sequence(any(one("[A-Z]")), "$"), "#") },
    {
      token: one(
        "[\\u00a2-\\u00a5\\u0080\\u20a0\\u20a4\\u20ac\\u060b\\u0e3f\\uffe0\\uffe1\\uffe5\\uffe6]",
      ),
      write: money,
    },
  ],
  marks: MARKS,
  last: [
    {
      token: sequence("'"),
      ahead: sequence(one("[A-Za-z]"), one("[^ \\t\\n\\r\\u00a0]")),
      write: latex(true),
    },
    { token: CLITIC, write: latex(false) },
    { token: NEGATION, write: latex(false) },
    { token: QUOTES, write: latex(false) },
    { token: choice("<<", ">>") },
    { token: SYMBOL },
    {
      token: choice(
        some(one("[ \\t\\u00a0\\u2000-\\u200a\\u3000]")),
        "&nbsp;",
        one("[\\u0000\\u200b\\u200e\\u200f\\ufeff]"),
      ),
      write: leaveOut,
    },
  ],
} as const satisfies Readonly<Record<string, readonly Rule[]>>;
