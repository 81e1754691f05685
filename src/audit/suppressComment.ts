/** A comment that takes a finding back, in the syntax of its document, where one can stand beside the picture. */

import { findImages, type FindOptions } from "../alt/formats/findImages";
import { scriptComments } from "../alt/formats/script/jsParser";
import type { ImageReference, TextEdit } from "../alt/imageReference";
import type { AltLanguage } from "../alt/languages";
import { applyEdits } from "../alt/textEdit";
import type { RuleFacts } from "./rule";
import { Suppressions } from "./suppressions";

/**
 * The edits, read back: the document has the same pictures after them, and the finding is taken back.
 * @returns nothing where no comment can stand.
 */
export function suppressEdits(
  text: string,
  reference: ImageReference,
  { rule, find }: { readonly rule: RuleFacts; readonly find: FindOptions },
): TextEdit[] {
  if (reference.embedded !== undefined) return [];
  const before = findOrNone(text, reference.language, find);
  const index = before.findIndex(({ span }) => span.start === reference.span.start);
  for (const edit of candidates(text, reference, rule.id)) {
    const changed = applyEdits(text, [edit]);
    const after = findOrNone(changed, reference.language, find);
    const picture = after[index];
    if (picture === undefined || !isSame(before, after)) continue;
    if (!isComment(changed, reference.language, edit)) continue;
    if (new Suppressions(changed, { honorsOthers: false }).covers(picture.span, rule)) {
      return [edit];
    }
  }
  return [];
}

function findOrNone(text: string, language: AltLanguage, find: FindOptions): ImageReference[] {
  try {
    return findImages(text, language, find);
  } catch {
    return [];
  }
}

function isSame(before: readonly ImageReference[], after: readonly ImageReference[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ target, alt }, index) => {
      const now = after[index];
      return now?.target.value === target.value && now.alt === alt;
    })
  );
}

/** In a script, words in slashes may be shown to everybody instead. */
function isComment(text: string, language: AltLanguage, edit: TextEdit): boolean {
  if (language !== "jsx" && language !== "tsx") return true;
  const start = edit.start + edit.newText.search(/\/[/*]/);
  return scriptComments(text, language).some((comment) => comment.start === start);
}

type Marks = readonly [open: string, close: string];

const MARKUP: Marks = ["<!--", " -->"];
const BRACES: Marks = ["{/*", " */}"];
const SLASHES: Marks = ["//", ""];
const PERCENT: Marks = ["<%#", " %>"];
const HASHES: Marks = ["{#", " #}"];

/** What begins and ends a comment, the better one first. */
const COMMENTS: Readonly<Record<AltLanguage, readonly Marks[]>> = {
  ...{ markdown: [MARKUP], quarto: [MARKUP], rmd: [MARKUP], mdx: [BRACES] },
  ...{ html: [MARKUP], vue: [MARKUP], svelte: [MARKUP], astro: [MARKUP] },
  ...{ typescript: [MARKUP], php: [MARKUP], dita: [MARKUP], docbook: [MARKUP] },
  ...{ jsx: [BRACES, SLASHES, ["/*", " */"]], tsx: [BRACES, SLASHES, ["/*", " */"]] },
  ...{ handlebars: [["{{!--", " --}}"]], liquid: [["{% #", " %}"]], jinja: [HASHES] },
  ...{ twig: [HASHES], erb: [PERCENT], ejs: [PERCENT], blade: [["{{--", " --}}"]] },
  ...{ razor: [["@*", " *@"]], gotmpl: [["{{/*", " */}}"]], notebook: [] },
  ...{ asciidoc: [SLASHES], typst: [SLASHES], latex: [["%", ""]], org: [["#", ""]] },
  restructuredtext: [["..", ""]],
};

/** Where paragraphs are made of lines, and a comment of a line's own would part them. */
const IN_PARAGRAPHS: readonly AltLanguage[] = ["markdown", "quarto", "rmd", "mdx"];
/** Comments of these are lines. */
const OF_LINES: readonly AltLanguage[] = ["asciidoc", "restructuredtext", "latex", "typst", "org"];

interface Place {
  readonly text: string;
  readonly reference: ImageReference;
  /** Where the picture's line begins, and what stands before the picture in it. */
  readonly lineStart: number;
  readonly prefix: string;
  readonly rule: string;
}

function candidates(text: string, reference: ImageReference, rule: string): TextEdit[] {
  const { language, span } = reference;
  const lineStart = text.lastIndexOf("\n", span.start - 1) + 1;
  const place = { text, reference, lineStart, prefix: text.slice(lineStart, span.start), rule };
  return COMMENTS[language].flatMap((marks) => {
    if (OF_LINES.includes(language)) return lineAbove(place, marks);
    if (!/^[<![{@]/.test(text.slice(span.start)) && !isHelper(place)) return [];
    return IN_PARAGRAPHS.includes(language) ? besideParagraph(place, marks) : beside(place, marks);
  });
}

/** The call of a template's helper, whose line is the engine's. */
function isHelper({ prefix }: Place): boolean {
  return /^\s*<%[=-]?\s*$/.test(prefix);
}

function isFirst(place: Place): boolean {
  return place.prefix.trim() === "" || isHelper(place);
}

function ownLine({ text, lineStart, prefix, rule }: Place, [open, close]: Marks): TextEdit {
  const indent = /^\s*/.exec(prefix)?.[0] ?? "";
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const newText = `${indent}${open} sightline-disable-next-line ${rule}${close}${end}`;
  return { start: lineStart, end: lineStart, newText };
}

function beside(place: Place, marks: Marks): TextEdit[] {
  if (isFirst(place)) return [ownLine(place, marks)];
  const [open, close] = marks;
  // What ends with the line would take the picture with it.
  if (close === "") return [];
  const { start } = place.reference.span;
  const newText = `${open} sightline-disable-line ${place.rule}${close}`;
  return [{ start, end: start, newText: open === "/*" ? `${newText} ` : newText }];
}

function besideParagraph(place: Place, marks: Marks): TextEdit[] {
  const { text, lineStart, reference, rule } = place;
  const above = text.slice(0, Math.max(0, lineStart - 1));
  const isAlone = above.slice(above.lastIndexOf("\n") + 1).trim() === "";
  if (isFirst(place) && isAlone) return [ownLine(place, marks)];
  const { start, end } = reference.span;
  if (text.slice(start, end).includes("\n")) return [];
  const attributes = /^\{[^{}\n]*\}/.exec(text.slice(end))?.[0] ?? "";
  const at = end + attributes.length;
  const newText = ` ${marks[0]} sightline-disable-line ${rule}${marks[1]}`;
  return [{ start: at, end: at, newText }];
}

function lineAbove(place: Place, marks: Marks): TextEdit[] {
  const { text, prefix, reference } = place;
  const { language } = reference;
  // A row of a table, an item of a list.
  if (language === "asciidoc" && /^\s*(?:\||[a-z]?\|)/.test(prefix)) return [];
  if (language === "restructuredtext") {
    if (!/^\s*(?:\.\.\s.*)?$/.test(prefix)) return [];
    const line = ownLine(place, marks);
    const end = line.newText.endsWith("\r\n") ? "\r\n" : "\n";
    return [{ ...line, newText: `${line.newText}${end}` }];
  }
  if (language !== "org") return [ownLine(place, marks)];
  if (prefix.trim() !== "") return [];
  // Keywords such as a caption belong to the line below them.
  let { lineStart } = place;
  for (;;) {
    const above = text.lastIndexOf("\n", lineStart - 2) + 1;
    if (lineStart === 0 || !/^\s*#\+/.test(text.slice(above, lineStart))) break;
    lineStart = above;
  }
  return [{ ...ownLine(place, marks), start: lineStart, end: lineStart }];
}
