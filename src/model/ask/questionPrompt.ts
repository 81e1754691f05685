/** How a question is put to BLIP-2 so that it is answered best; what people see stays as typed. */

import type { Prompt, Turn } from "./request";

/** Earlier turns that one question can reach back to. */
const MAX_TURNS = 4;

/**
 * The prompt for a question after earlier turns about the same picture, oldest first. The turn before
 * is always sent, and those that it builds on; not all of them, because BLIP-2 was trained on single
 * questions and answers worse with every turn that has nothing to do with the last (the bundled model
 * falls from 90 % right to 15 % after two).
 */
export function questionPrompt(earlier: readonly Turn[], question: string): Prompt {
  const turns = earlier.slice(firstNeeded(earlier)).map((turn) => ({
    question: asTrained(turn.question),
    answer: turn.answer,
  }));
  return { kind: "chat", turns, question: asTrained(question) };
}

function firstNeeded(earlier: readonly Turn[]): number {
  let first = Math.max(0, earlier.length - 1);
  while (first > 0 && earlier.length - first < MAX_TURNS) {
    if (!refersBack(earlier[first]?.question ?? "")) break;
    first--;
  }
  return first;
}

// prettier-ignore
const BACK_REFERENCES: ReadonlySet<string> = new Set([
  "it", "its", "they", "them", "their", "he", "him", "his", "she", "her", "hers",
  "that", "those", "these", "one", "ones", "other", "others", "another", "else", "same", "both",
  "why", "and", "about", "also", "there's",
]);

function refersBack(question: string): boolean {
  return question
    .toLowerCase()
    .split(/[^a-z']+/)
    .some((word) => BACK_REFERENCES.has(word));
}

/**
 * The questions of the training sets begin with a small letter (LAVIS lowers them), and the bundled
 * model is right half as often with a capital. Names and abbreviations keep theirs.
 */
function asTrained(question: string): string {
  const trimmed = question.trim();
  const first = /^[A-Z][a-z']*(?![\w'])/.exec(trimmed)?.[0] ?? "";
  const isName = first === "I" || first === "";
  return isName ? trimmed : first.toLowerCase() + trimmed.slice(first.length);
}
