/**
 * Pictures in reStructuredText (docutils' directives, Sphinx' roots): a scanner of lines, because no
 * parser for JavaScript tells where a directive's options stand.
 */

import type { FindContext } from "../findContext";
import { readHtml } from "../html/htmlImages";
import type { CaptionSlot, ImageReference, PictureAround, TextSpan } from "../../imageReference";
import { at, plainImage, slotAt, withEndings } from "../plainImage";
import { endOfBlock, lineBreakOf, linesOf, onlyPieces, type TextLine } from "./textLines";

/** Marks of lists and quotes before a directive on the same line. */
const DIRECTIVE =
  /^(\s*(?:(?:[-*+•]|\(?(?:\d{1,4}|#|[a-zA-Z])[.)])\s+){0,8})\.\.\s+(?:\|([^|\n]{1,200})\|\s+)?([\w:.+-]{1,60}?)::(?:\s+(.*))?$/;
const PICTURES = /^(?:image|figure|thumbnail)$/i;
/** Directives whose content is text to readers of the page, or a language of its own. */
const VERBATIM =
  /^(?:code|code-block|sourcecode|parsed-literal|highlight|math|raw|literalinclude|prompt|doctest|testcode|testoutput|productionlist|graphviz|graph|digraph|mermaid|uml|plot|ipython|jupyter-execute|csv-table|ifconfig-comment|todo-code)$/i;
const OPTION = /^\s+:([\w-]{1,60}):(?:\s+(.*))?$/;
/** Endings that Sphinx chooses from for `.*`. */
const ENDINGS = [".svg", ".png", ".gif", ".jpg", ".jpeg", ".webp", ".pdf"];

interface Directive {
  readonly index: number;
  readonly column: number;
  readonly substitution: string | undefined;
  readonly name: string;
  readonly argument: string;
}

export function findRestImages(context: FindContext): ImageReference[] {
  const { text } = context;
  const lines = linesOf(text);
  const images: ImageReference[] = [];
  const html: TextSpan[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index];
    if (line === undefined || line.isBlank) continue;
    const directive = directiveOn(line, index);
    if (directive !== undefined && PICTURES.test(directive.name)) {
      images.push(imageOf(directive, lines, text));
    } else if (directive !== undefined && VERBATIM.test(directive.name)) {
      const end = endOfBlock(lines, index + 1, directive.column);
      const isHtml = /^raw$/i.test(directive.name) && /^html\b/i.test(directive.argument);
      const last = lines[end - 1];
      if (isHtml && last !== undefined) html.push({ start: line.end, end: last.end });
      index = end - 1;
    } else if (isComment(line.text)) {
      index = endOfBlock(lines, index + 1, line.indent) - 1;
    } else if (line.text.startsWith("|") || line.text.trimStart().startsWith("|")) {
      images.push(...cellImages(index, lines));
    } else if (directive === undefined && line.text.trimEnd().endsWith("::")) {
      index = endOfBlock(lines, index + 1, line.indent) - 1;
    }
  }
  if (html.length === 0) return images;
  return [...images, ...readHtml(context, { markup: onlyPieces(text, html) }).images];
}

function directiveOn({ text }: TextLine, index: number): Directive | undefined {
  const [, before = "", substitution, name, argument = ""] = DIRECTIVE.exec(text) ?? [];
  if (name === undefined) return undefined;
  return { index, column: before.length, substitution, name, argument: argument.trim() };
}

/** What begins with two dots and is no directive, target, footnote or substitution. */
function isComment(line: string): boolean {
  return (
    /^\s*\.\.(?:\s|$)/.test(line) &&
    !/^\s*\.\.\s+(?:_|__|\[|\|[^|]+\|\s|[\w:.+-]+::(?:\s|$))/.test(line)
  );
}

interface Option {
  readonly name: string;
  readonly text: string;
  /** Where the name begins, behind the colons, and where the value's last line ends. */
  readonly span: TextSpan;
  readonly valueStart: number;
  readonly indent: string;
}

interface Head {
  readonly argument: string;
  /** The line that the argument ends on. */
  readonly last: TextLine;
  readonly options: readonly Option[];
  /** The line behind the options. */
  readonly end: number;
}

/** The argument and the options, which end at the first empty line. */
function headOf({ index, column, argument }: Directive, lines: readonly TextLine[]): Head {
  const parts = [argument];
  const options: Option[] = [];
  let last = lines[index] ?? NOTHING;
  let end = index + 1;
  for (; end < lines.length; end++) {
    const line = lines[end];
    if (line === undefined || line.isBlank || line.indent <= column) break;
    const [, name, value = ""] = OPTION.exec(line.text) ?? [];
    const before = options.at(-1);
    if (name !== undefined) {
      const start = line.start + line.indent;
      const valueStart = start + name.length + 2;
      const indent = line.text.slice(0, line.indent);
      const span = { start, end: line.end };
      options.push({ name: name.toLowerCase(), text: value.trim(), span, valueStart, indent });
    } else if (before !== undefined) {
      const joined = `${before.text} ${line.text.trim()}`.trim();
      options[options.length - 1] = {
        ...before,
        text: joined,
        span: { ...before.span, end: line.end },
      };
    } else {
      parts.push(line.text.trim());
      last = line;
    }
  }
  return { argument: parts.join(""), last, options, end };
}

const NOTHING: TextLine = { text: "", start: 0, end: 0, indent: 0, isBlank: true };

function imageOf(directive: Directive, lines: readonly TextLine[], text: string): ImageReference {
  const { column, substitution, name, index } = directive;
  const head = headOf(directive, lines);
  const path = head.argument.replace(/\s+/g, "");
  const alt = head.options.find((option) => option.name === "alt");
  const first = lines[index] ?? NOTHING;
  const lineBreak = lineBreakOf(text);
  const indent = head.options[0]?.indent ?? `${" ".repeat(column)}   `;
  const isFigure = /^figure$/i.test(name);
  const caption = isFigure ? captionOf(head, lines, { column, indent, lineBreak }) : undefined;
  const isLink = head.options.some((option) => option.name === "target" && option.text !== "");
  const around: PictureAround = {
    ...(isLink ? { names: "link" } : {}),
    ...(caption?.text === undefined ? {} : { caption: caption.text }),
    fallback: substitution ?? path,
  };
  const end = head.options.at(-1)?.span.end ?? head.last.end;
  return plainImage({
    language: "restructuredtext",
    syntax: "rest",
    span: { start: first.start + column, end },
    target: targetOf(path),
    alt:
      alt === undefined
        ? null
        : { text: alt.text, span: { start: alt.valueStart, end: alt.span.end } },
    slot:
      alt === undefined
        ? slotAt(at(head.last.end), "rest", { prefix: `${lineBreak}${indent}:alt:` })
        : slotAt({ start: alt.valueStart, end: alt.span.end }, "rest"),
    ...(caption === undefined ? {} : { caption: caption.slot }),
    around,
  });
}

function targetOf(path: string): ImageReference["target"] {
  if (path.includes("|") || path === "") return { kind: "dynamic", value: path };
  if (!path.endsWith(".*")) return { kind: "url", value: path };
  return { kind: "url", value: path, tries: withEndings(path.slice(0, -2), ENDINGS) };
}

interface Caption {
  readonly text: string | undefined;
  readonly slot: CaptionSlot;
}

/** The first paragraph of a figure's content. */
function captionOf(
  head: Head,
  lines: readonly TextLine[],
  { column, indent, lineBreak }: { column: number; indent: string; lineBreak: string },
): Caption {
  let from = head.end;
  while (lines[from]?.isBlank === true) from++;
  const first = lines[from];
  const own = { form: "own", suffix: "", dialect: "rest" } as const;
  if (first === undefined || first.indent <= column || head.end === from) {
    const place = head.options.at(-1)?.span.end ?? head.last.end;
    const prefix = `${lineBreak}${lineBreak}${indent}`;
    return { text: undefined, slot: { ...own, span: at(place), prefix } };
  }
  let end = from;
  while (lines[end]?.isBlank === false && (lines[end]?.indent ?? 0) > column) end++;
  const shown = lines.slice(from, end);
  const span = { start: first.start + first.indent, end: shown.at(-1)?.end ?? first.end };
  const text = shown.map((line) => line.text.trim()).join(" ");
  // An empty comment stands for no caption.
  return /^\.\.(?:\s|$)/.test(text)
    ? { text: undefined, slot: { form: "none" } }
    : { text: text.replace(/[*`]/g, ""), slot: { ...own, span, prefix: "" } };
}

/** Cells of a grid table may hold directives; a text would change the table's width. */
function cellImages(index: number, lines: readonly TextLine[]): ImageReference[] {
  const line = lines[index] ?? NOTHING;
  return Array.from(line.text.matchAll(/\|\s+(\.\.\s+(?:image|figure)::\s+(\S+))/gi), (found) => {
    const [whole, shown = "", path = ""] = found;
    const column = found.index + whole.length - shown.length;
    const start = line.start + column;
    let end = start + shown.length;
    let alt: { text: string; span: TextSpan } | null = null;
    for (let below = index + 1; below < lines.length; below++) {
      const next = lines[below] ?? NOTHING;
      const cell = next.text.slice(column);
      const [option, name = "", value = ""] = /^\s+:([\w-]+):\s*([^|]*)/.exec(cell) ?? [];
      if (option === undefined) break;
      end = next.start + column + option.trimEnd().length;
      const span = { start: end - value.trimEnd().length, end };
      if (name.toLowerCase() === "alt") alt = { text: value.trim(), span };
    }
    return plainImage({
      language: "restructuredtext",
      syntax: "rest",
      span: { start, end },
      target: targetOf(path),
      alt,
      slot: "place",
      around: { fallback: path },
    });
  });
}
