/** The words at the cursor of a document, for a search of pictures that fit them; pure. */

/** A retrieval model reads 35 tokens; most words are one. */
const MAX_WORDS = 32;
/** Characters on each side that are looked at: marks without end cost the square of them. */
const REACH = 4000;

/** The sentence at an offset without markup; on an empty line the last one before it. Empty when there is none. */
export function sentenceAt(document: string, place: number): string {
  const begin = Math.max(0, place - REACH);
  const text = document.slice(begin, place + REACH);
  const offset = place - begin;
  const paragraph = paragraphAt(text, offset) ?? paragraphBefore(text, offset);
  if (paragraph === undefined) return "";
  const within = Math.min(Math.max(0, offset - paragraph.start), paragraph.text.length);
  let sentence = "";
  for (const { 0: part, index } of paragraph.text.matchAll(
    /[^.!?]+(?:[.!?]+(?!\s)[^.!?]*)*[.!?]*\s*/g,
  )) {
    const words = plainWords(part);
    // A piece of markup alone is no sentence.
    if (words !== "") sentence = words;
    if (index + part.length > within && sentence !== "") break;
  }
  return sentence.split(" ").slice(0, MAX_WORDS).join(" ");
}

/** Words that somebody selected, without markup. */
export function plainWords(text: string): string {
  return text
    .slice(0, 2 * REACH)
    .replace(/!\[[^\]]*\]\([^)]*\)|<!--[^]*?-->|\{\{[^]*?\}\}|\{%[^]*?%\}/g, " ")
    .replace(/\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/g, "$1")
    .replace(/<[^>]*>/g, " ")
    .replace(/^[ \t]*(?:#{1,6}|>|[-*+]|\d+[.)]|={1,6}|\.\.)[ \t]+/gm, " ")
    .replace(/[*_`~|\\{}#]+/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

interface Paragraph {
  readonly text: string;
  readonly start: number;
}

const GAP = /\n[ \t]*\r?\n/g;

function paragraphs(text: string): readonly Paragraph[] {
  const found: Paragraph[] = [];
  let start = 0;
  for (const { 0: gap, index } of text.matchAll(GAP)) {
    found.push({ text: text.slice(start, index), start });
    start = index + gap.length;
  }
  return [...found, { text: text.slice(start), start }];
}

function paragraphAt(text: string, offset: number): Paragraph | undefined {
  return paragraphs(text).find(
    ({ text: own, start }) =>
      start <= offset && offset <= start + own.length && plainWords(own) !== "",
  );
}

function paragraphBefore(text: string, offset: number): Paragraph | undefined {
  return paragraphs(text)
    .filter(({ text: own, start }) => start <= offset && plainWords(own) !== "")
    .at(-1);
}
