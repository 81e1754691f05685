/**
 * Questions that are worth asking next: short and about facts (colour, number, place, action), which is
 * what BLIP-2 answers well. English in every language of the editor, because that is what it reads.
 */

import type { World } from "../../model/folder/world";

export interface AskedTurn {
  readonly question: string;
  /** Empty when there is none. */
  readonly answer: string;
}

export interface SuggestionRequest {
  /** About the pictures that are selected, oldest first. */
  readonly turns: readonly AskedTurn[];
  /** What the model has seen. */
  readonly world: World;
}

/** How many are offered at once: three fit a narrow side bar. */
export const MAX_SUGGESTIONS = 3;

/** The same turns give the same questions; none that was asked is among them. */
export function suggestQuestions({ turns, world }: SuggestionRequest): string[] {
  const last = turns.at(-1);
  const subject = last === undefined ? undefined : subjectOf(last);
  const followUps =
    subject === undefined ? [] : world === "everyday" ? aboutThing(subject) : aboutShape(subject);
  const asked = new Set(turns.map((turn) => normalized(turn.question)));
  return [...new Set([...followUps, ...STARTERS[world]])]
    .filter((question) => !asked.has(normalized(question)))
    .slice(0, MAX_SUGGESTIONS);
}

/** A question that shows what can be asked. */
export function exampleQuestion(world: World): string {
  return EXAMPLES[world];
}

const EXAMPLES: Readonly<Record<World, string>> = {
  everyday: "How many people are there?",
  shapes: "How many shapes are there?",
  emoji: "What is it?",
};

const STARTERS = {
  everyday: [
    "What is in this picture?",
    "Where was this picture taken?",
    "How many people are there?",
    "What is in the background?",
    "What is happening?",
    "Is it day or night?",
  ],
  shapes: [
    "How many shapes are there?",
    "What is at the top left?",
    "What color is the background?",
    "What is at the bottom right?",
    "How many circles are there?",
    "How many stars are there?",
  ],
  emoji: [
    "What is it?",
    "What kind of thing is it?",
    "How many things are there?",
    "What is at the top left?",
    "What color is the background?",
  ],
} as const;

/** What a turn was about: "red car" has the noun "car". */
interface Subject {
  readonly phrase: string;
  readonly noun: string;
  readonly isPlural: boolean;
}

/** The answer names it, unless it only tells a colour, a number, a place or yes. */
function subjectOf({ question, answer }: AskedTurn): Subject | undefined {
  const asked = wordsOf(question);
  const isPlace = asked[0] === "where";
  const fromAnswer = isPlace ? undefined : nounPhrase(wordsOf(answer));
  return fromAnswer ?? nounPhrase(subjectWords(asked));
}

/** The words of a question from where its subject begins: "what color is the car" → "car". */
function subjectWords(words: readonly string[]): readonly string[] {
  const many = words.indexOf("many");
  if (words[0] === "how" && many === 1) return words.slice(2);
  const the = words.lastIndexOf("the");
  return the < 0 ? [] : words.slice(the + 1);
}

/** Longest phrase that is taken over, in words. */
const MAX_PHRASE = 3;

function nounPhrase(words: readonly string[]): Subject | undefined {
  const start = words.findIndex((word) => !DETERMINERS.has(word));
  if (start < 0) return undefined;
  const rest = words.slice(start);
  const end = rest.findIndex((word) => PHRASE_ENDS.has(word) || isParticiple(word));
  const phrase = end < 0 ? rest : rest.slice(0, end);
  const noun = phrase.at(-1);
  if (noun === undefined || phrase.length > MAX_PHRASE || NO_SUBJECTS.has(noun)) return undefined;
  if (noun.length < 3 || COLORS.has(noun)) return undefined;
  return { phrase: phrase.join(" "), noun, isPlural: isPluralNoun(noun) };
}

/** "dog running": the dog is what it is about. A few nouns end so too. */
function isParticiple(word: string): boolean {
  return word.length > 5 && word.endsWith("ing") && !ING_NOUNS.has(word);
}

function isPluralNoun(noun: string): boolean {
  return PLURALS.has(noun) || (noun.endsWith("s") && !/(?:ss|us|is)$/.test(noun));
}

function aboutThing({ phrase, noun, isPlural }: Subject): string[] {
  const are = isPlural ? "are" : "is";
  const hasColor = phrase.split(" ").some((word) => COLORS.has(word));
  const isPerson = PERSONS.has(noun);
  return [
    ...(isPerson || ANIMALS.has(noun) ? [`What ${are} the ${phrase} doing?`] : []),
    ...(isPerson ? [`What ${are} the ${phrase} wearing?`] : []),
    ...(isPerson || hasColor ? [] : [`What color ${are} the ${phrase}?`]),
    ...(isPlural ? [`How many ${phrase} are there?`] : []),
    `Where ${are} the ${phrase}?`,
  ];
}

function aboutShape({ phrase, noun, isPlural }: Subject): string[] {
  const one = isPlural ? noun.slice(0, -1) : noun;
  if (!SHAPES.has(one)) return [];
  const color = phrase.split(" ").find((word) => COLORS.has(word));
  return [
    ...(color === undefined
      ? isPlural
        ? []
        : [`What color is the ${one}?`]
      : [`Where is the ${color} ${one}?`, `How big is the ${color} ${one}?`]),
    `How many ${one}s are there?`,
  ];
}

function normalized(question: string): string {
  return wordsOf(question).join(" ");
}

/** Longest text that is looked at, in UTF-16 units. */
const MAX_LOOKED_AT = 500;

function wordsOf(text: string): string[] {
  return (
    text
      .slice(0, MAX_LOOKED_AT)
      .toLowerCase()
      .match(/[\p{L}\p{N}'-]+/gu) ?? []
  );
}

const NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

// prettier-ignore
const DETERMINERS: ReadonlySet<string> = new Set([
  "a", "an", "the", "some", "several", "many", "this", "that", "these", "those", "his", "her",
  "their", "its", "my", "your", "there", "is", "are", "it", "it's", "they", "couple", "group",
  "photo", "picture", "image", "of", "small", "large", ...NUMBERS,
]);

// prettier-ignore
const PHRASE_ENDS: ReadonlySet<string> = new Set([
  "in", "on", "at", "with", "of", "near", "next", "by", "under", "over", "above", "below",
  "behind", "beside", "between", "inside", "outside", "from", "to", "for", "and", "or", "but",
  "is", "are", "was", "were", "has", "have", "that", "which", "who", "while", "as", "there",
  "holding", "wearing", "made", "covered", "parked",
]);

// prettier-ignore
const COLORS: ReadonlySet<string> = new Set([
  "red", "green", "blue", "yellow", "purple", "orange", "black", "white", "pink", "brown",
  "gray", "grey", "cream", "silver", "gold", "golden", "beige", "tan",
]);

/** Answers that name no thing which could be asked about. */
// prettier-ignore
const NO_SUBJECTS: ReadonlySet<string> = new Set([
  "yes", "no", "none", "nothing", "unknown", "day", "night", "morning", "evening", "indoors",
  "outdoors", "left", "right", "top", "bottom", "center", "centre", "middle", "zero", "small",
  "large", "big", "background", "picture", "image", "photo", "shape", "shapes", "color",
  "sunny", "cloudy", "happy", "sad", "old", "young", "male", "female", "it", "them", ...NUMBERS,
]);

// prettier-ignore
const ING_NOUNS: ReadonlySet<string> = new Set([
  "building", "ceiling", "painting", "clothing", "string", "awning", "drawing", "wedding",
]);

const PLURALS = new Set(["people", "men", "women", "children", "sheep", "geese", "mice"]);

// prettier-ignore
const PERSONS: ReadonlySet<string> = new Set([
  "man", "woman", "person", "boy", "girl", "child", "baby", "kid", "player", "surfer",
  "men", "women", "people", "boys", "girls", "children", "babies", "kids", "players",
]);

// prettier-ignore
const ANIMALS: ReadonlySet<string> = new Set([
  "dog", "cat", "bird", "horse", "cow", "sheep", "elephant", "bear", "zebra", "giraffe",
  "dogs", "cats", "birds", "horses", "cows", "elephants", "bears", "zebras", "giraffes",
  "puppy", "kitten", "puppies", "kittens",
]);

const SHAPES: ReadonlySet<string> = new Set(["circle", "square", "triangle", "star"]);
