/**
 * The rules by which CoreNLP 3.4.1 cuts English text into tokens of the Penn Treebank, as far as captions of
 * one line have a use for them. The longest match counts, of equal ones the first.
 */

import {
  ACRONYM,
  BEFORE_LIMITED,
  BEFORE_NUMBERS,
  ENDING,
  INITIALS,
  LEADING,
  SENTENCE_STARTS,
} from "./abbreviations";
import { ADDRESS_RULES } from "./addressRules";
import {
  ALPHANUMERIC,
  ANY_APOSTROPHE,
  APOSTROPHE,
  ASCII_ALPHANUMERIC,
  CLITIC,
  HYPHEN,
  INNER_PUNCTUATION,
  LETTER,
  LETTERS_AND_DIGITS,
  NEGATION,
  PLAIN_LETTER,
  SPACE,
  SPACE_OR_LINE,
} from "./characters";
import { NUMBER_RULES, PHONE_RULE } from "./numberRules";
import {
  ANY,
  any,
  choice,
  maybe,
  one,
  type Pattern,
  repeat,
  sequence,
  some,
  words,
} from "./patterns";
import { joinedBlanks, plainAmpersand, type Rule, withoutSoftHyphens } from "./rule";
import { MARKUP, SIGN_RULES } from "./signRules";

const LETTERED: Pattern = sequence(LETTER, any(LETTERS_AND_DIGITS));
const WORD: Pattern = sequence(LETTERED, any(sequence(one("[.!?]"), LETTERED)));

/** cannot → can not: two tokens of one word. */
const ASSIMILATED: readonly Rule[] = [
  { token: words("cannot 'twas"), cut: 3 },
  { token: words("'tis gonna gotta lemme gimme wanna"), cut: 2 },
];

/** A letter and a capital or a vowel around an apostrophe: O'Brien, o'clock, d'Artagnan, rock 'n' roll. */
const WITH_APOSTROPHE: Pattern = choice(
  sequence(APOSTROPHE, "n", maybe(APOSTROPHE)),
  sequence(one("[lLdDjJ]"), APOSTROPHE),
  sequence(words("Dunkin somethin ol"), APOSTROPHE),
  sequence(APOSTROPHE, choice("em", "cause", "til", "till", sequence(one("[2-9]"), "0s"))),
  sequence(one("[A-HJ-XZn]"), ANY_APOSTROPHE, repeat(PLAIN_LETTER, 2, Infinity)),
  sequence(
    some(PLAIN_LETTER),
    one("[aeiouyAEIOUY]"),
    ANY_APOSTROPHE,
    one("[aeiouA-Z]"),
    any(PLAIN_LETTER),
  ),
  sequence("cont'd", maybe(".")),
  words("'twas nor'easter c'mon e'er s'mores ev'ry li'l nat'l"),
  sequence("O", ANY_APOSTROPHE, "o"),
);

const WORD_RULES: readonly Rule[] = [
  { token: WORD, ahead: CLITIC, write: withoutSoftHyphens },
  {
    token: sequence(any(one("[A-Za-z\\u00ad]")), one("[A-MO-Za-mo-z]"), any(one("\\u00ad"))),
    ahead: NEGATION,
    write: withoutSoftHyphens,
  },
  { token: WORD, write: withoutSoftHyphens },
  { token: WITH_APOSTROPHE },
  { token: sequence("y", APOSTROPHE), ahead: PLAIN_LETTER },
];

const withStop = (pattern: Pattern): Pattern => sequence(pattern, ".");
const SENTENCE_END: Pattern = sequence(
  SPACE_OR_LINE,
  choice(SPACE_OR_LINE, one("\\p{Uppercase}"), MARKUP),
);

const ABBREVIATION_RULES: readonly Rule[] = [
  {
    token: withStop(ACRONYM),
    ahead: sequence(some(SPACE_OR_LINE), choice(SENTENCE_STARTS, MARKUP), SPACE_OR_LINE),
    // Of one letter the stop belongs to the sentence, and only to it.
    write: (text) => (text.length === 2 ? text.slice(0, 1) : text),
    stopsTwice: true,
  },
  { token: withStop(BEFORE_NUMBERS), ahead: sequence(maybe(SPACE_OR_LINE), one("\\p{Nd}")) },
  { token: BEFORE_LIMITED, ahead: sequence(SPACE, words("ltd lim")) },
  { token: withStop(ENDING), ahead: SENTENCE_END, stopsTwice: true },
  { token: withStop(ENDING), ahead: sequence(ANY, ANY) },
  { token: withStop(ENDING), stopsTwice: true },
  { token: withStop(LEADING) },
  { token: LEADING, ahead: SPACE },
  { token: ACRONYM, ahead: SPACE_OR_LINE },
  { token: sequence(APOSTROPHE, one("[0-9]"), one("[0-9]")), ahead: SPACE_OR_LINE },
];

const EXTENSION = words(`
  bat bmp c class cgi cpp dll doc docx exe gif gz h htm html jar java jpeg jpg mov mp3 pdf php pl png
  ppt ps py sql tar txt wav x xml zip`);

const FILE_RULES: readonly Rule[] = [
  {
    token: sequence(
      some(LETTERS_AND_DIGITS),
      any(sequence(".", some(LETTERS_AND_DIGITS))),
      ".",
      EXTENSION,
    ),
    ahead: choice(SPACE_OR_LINE, one("[.?!,]")),
  },
  { token: withStop(WORD), ahead: INNER_PUNCTUATION, write: withoutSoftHyphens },
];

const prefixed: Pattern = maybe(sequence(one("[dDoOlL]"), ANY_APOSTROPHE, ALPHANUMERIC));
const COMPOUND: Pattern = sequence(
  sequence(prefixed, some(ALPHANUMERIC)),
  any(sequence(HYPHEN, prefixed, some(ALPHANUMERIC))),
);
const HYPHENATED: Pattern = sequence(
  ASCII_ALPHANUMERIC,
  any(one("[A-Za-z0-9.,\\u00ad]")),
  some(sequence("-", choice(some(one("[A-Za-z0-9\\u00ad]")), withStop(INITIALS)))),
);
const WITH_AMPERSAND: Pattern = sequence(
  some(one("[A-Z]")),
  some(sequence(choice(one("[+&]"), "&amp;"), some(one("[A-Z]")))),
);

const COMPOUND_RULES: readonly Rule[] = [
  { token: withStop(HYPHENATED), ahead: INNER_PUNCTUATION, write: withoutSoftHyphens },
  { token: HYPHENATED, write: withoutSoftHyphens },
  { token: withStop(COMPOUND), ahead: INNER_PUNCTUATION },
  { token: COMPOUND },
  { token: withStop(WITH_AMPERSAND), ahead: INNER_PUNCTUATION, write: plainAmpersand },
  { token: WITH_AMPERSAND, write: plainAmpersand },
];

export const RULES: readonly Rule[] = [
  { token: choice("c++", "c#", "f#") },
  ...ASSIMILATED,
  { token: MARKUP, write: joinedBlanks },
  ...SIGN_RULES.dashes,
  ...WORD_RULES,
  ...ADDRESS_RULES,
  ...SIGN_RULES.clitics,
  ...NUMBER_RULES,
  ...SIGN_RULES.money,
  ...ABBREVIATION_RULES,
  ...FILE_RULES,
  PHONE_RULE,
  ...SIGN_RULES.marks,
  ...COMPOUND_RULES,
  ...SIGN_RULES.last,
];
