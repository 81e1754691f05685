/** How answers are made comparable: the VQA evaluation's `processPunctuation` and `processDigitArticle`. */

import { mendContraction } from "./contractions";
import { pythonStrip, pythonWords } from "./pythonText";

/** Not among them: `: ' . & % $ # * | ~`. */
const PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'.split("");
/** A comma between digits of any script, anywhere in the answer, makes all punctuation vanish without a blank. */
const DIGIT_COMMA_DIGIT = /\p{Nd},\p{Nd}/u;
/** The program hands a flag to `sub` where the count of replacements belongs. */
const MOST_FULL_STOPS = 32;
const FULL_STOP = /\.(?!\p{Nd})/gu;
const NUMBERS: ReadonlyMap<string, string> = new Map(
  [
    "none",
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
  ].map((word, i) => [word, String(Math.max(0, i - 1))]),
);
const ARTICLES: ReadonlySet<string> = new Set(["a", "an", "the"]);

/** Marks vanish beside a blank, and become one elsewhere; full stops go, except before a digit. */
export function processPunctuation(text: string): string {
  const joins = DIGIT_COMMA_DIGIT.test(text);
  let out = text;
  for (const mark of PUNCTUATION) {
    const vanishes = joins || text.includes(`${mark} `) || text.includes(` ${mark}`);
    out = out.replaceAll(mark, vanishes ? "" : " ");
  }
  let left = MOST_FULL_STOPS;
  return out.replace(FULL_STOP, (stop) => (left-- > 0 ? "" : stop));
}

/** Lower case, numbers up to ten as digits, no articles, apostrophes put back, words one blank apart. */
export function processDigitArticle(text: string): string {
  return pythonWords(text.toLowerCase())
    .map((word) => NUMBERS.get(word) ?? word)
    .filter((word) => !ARTICLES.has(word))
    .map(mendContraction)
    .join(" ");
}

/** Line breaks and tabs become blanks, and none is left at the ends. */
export function trimAnswer(text: string): string {
  return pythonStrip(text.replace(/[\n\t]/g, " "));
}

/** What is compared: all of the above. */
export function normaliseAnswer(text: string): string {
  return processDigitArticle(processPunctuation(trimAnswer(text)));
}
