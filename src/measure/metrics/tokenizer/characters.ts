/** Classes of characters that the rules of the tokenizer are made of. */

import { choice, maybe, one, some, type Pattern, sequence, words } from "./patterns";

export const SPACE = one("[ \\t\\u00a0\\u2000-\\u200a\\u3000]");
export const SPACE_OR_LINE = one("[ \\t\\n\\u00a0\\u2000-\\u200a\\u3000]");
/** A letter or digit and nothing that combines with it. */
export const PLAIN_LETTER = one("\\p{L}");
export const ALPHANUMERIC = one("[\\p{L}\\p{Nd}]");
/** Letters, what combines with them, and the soft hyphen. */
export const LETTER: Pattern = choice(
  one("[\\p{L}\\u00ad\\u0237-\\u024f\\u02c2-\\u02c5\\u02d2-\\u02df\\u02e5-\\u036f]"),
  // Marks of later scripts are not known to be parts of words.
  one("(?=\\p{M})[\\u0483-\\u0ecd]"),
  sequence("&", one("[aeiouAEIOU]"), words("acute; grave; uml;")),
);
export const DIGIT = one("\\p{Nd}");
export const LETTERS_AND_DIGITS = choice(LETTER, DIGIT);
export const ASCII_ALPHANUMERIC = one("[A-Za-z0-9]");
export const HYPHEN = one("[-_\\u058a\\u2010\\u2011]");

/** A straight or curly apostrophe. */
export const APOSTROPHE: Pattern = choice(one("['\\u0092\\u2019]"), "&apos;");
/** The same, or a quotation mark in its place. */
export const ANY_APOSTROPHE: Pattern = choice(APOSTROPHE, one("[`\\u0091\\u2018\\u201b]"));

/** Ends of words that become tokens of their own: 's, 'm, 'd, 're, 've, 'll. */
export const CLITIC: Pattern = sequence(APOSTROPHE, choice(one("[msdMSD]"), words("re ve ll")));
/** n't, whose word ends in another letter. */
export const NEGATION: Pattern = sequence("n", ANY_APOSTROPHE, "t");

/** What may stand behind a token with a full stop inside a sentence. */
export const INNER_PUNCTUATION = one("[,;:\\u3001]");

const NUMBER_BODY: Pattern = choice(
  some(DIGIT),
  sequence(maybe(some(DIGIT)), some(sequence(one("[.:,\\u00ad\\u066b\\u066c]"), some(DIGIT)))),
);
export const NUMBER: Pattern = sequence(maybe(one("[-+]")), NUMBER_BODY);

/** Signs that stand alone wherever they are. */
export const SYMBOL = one(
  "[+%&~^|\\\\\\u00a6-\\u00a9\\u00ac\\u00ae-\\u00ba\\u00d7\\u00f7\\u0387\\u2016\\u2017\\u2020-\\u2023" +
    "\\u2030-\\u2038\\u203b\\u203e-\\u2042\\u2044\\u207a-\\u207f\\u208a-\\u208e\\u2100-\\u214f" +
    "\\u2190-\\u2bff\\u3012\\u30fb\\uff01-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff65]",
);
