/** Which alternative texts can be tested at all: what no picture could confirm or refute is left alone. */

/** Why a text is not compared with other pictures. */
export const UNTESTED = [
  "too few words",
  "names, numbers or code",
  "another script",
  "says little of any picture",
  "the picture shows too little",
] as const;
export type Untested = (typeof UNTESTED)[number];

const STOP_WORDS = new Set(
  "a an the of in on at by to for from with and or is are was be this that it its as".split(" "),
);

/** Of the words alone; undefined for a text that can be tested. */
export function whyUntested(text: string): Untested | undefined {
  const letters = [...text.matchAll(/\p{L}/gu)].map(([letter]) => letter);
  const nLatin = letters.filter((letter) => /\p{Script=Latin}/u.test(letter)).length;
  if (letters.length > 0 && nLatin < letters.length / 2) return "another script";
  const words = text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const content = words.filter((word) => !STOP_WORDS.has(word.toLowerCase()));
  if (content.length < 2) return "too few words";
  const strange = content.filter((word, i) => isNameOrCode(word, i === 0));
  return strange.length > content.length / 2 ? "names, numbers or code" : undefined;
}

/** A capital inside a sentence, digits, or what programs are written with. */
function isNameOrCode(word: string, isFirst: boolean): boolean {
  if (/[\d_/\\<>{}()=$]|\w\.\w|[a-z][A-Z]/.test(word)) return true;
  return !isFirst && /^\p{Lu}/u.test(word);
}

/** Words that surely fit the model's 35 tokens. */
const SENTENCE_WORDS = 25;

/** A long text by its sentences, of which the one that fits best counts. */
export function testedParts(text: string): readonly string[] {
  if (text.split(/\s+/).length <= SENTENCE_WORDS) return [text];
  const sentences = text.split(/(?<=[.!?;])\s+/).filter((part) => whyUntested(part) === undefined);
  return sentences.length === 0 ? [text] : sentences;
}
