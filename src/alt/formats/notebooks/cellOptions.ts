/**
 * Cells of Quarto and R Markdown that draw figures: their options `fig-alt` and `fig-cap`, as lines of YAML
 * behind a mark of a comment or in the header of the cell, and the files that they include.
 */

import type { ImageReference, TextSpan } from "../../imageReference";
import type { AltLanguage } from "../../languages";
import { lineBreakOf, linesOf, type TextLine } from "../lines/textLines";
import { yamlScalar } from "../markdown/directives";
import { at, plainImage, slotAt } from "../plainImage";

const OPENING = /^([ \t]*)(`{3,}|~{3,})\{+([A-Za-z][\w-]*)((?:[ ,][^\n]*?)?)\}+[ \t]*$/;
const OPTION = /^([ \t]*(?:#|\/\/|%%|--)\|[ \t]?)(.*)$/;
const INCLUDE =
  /(?:\bknitr::)?\binclude_graphics\(\s*(?:path\s*=\s*)?(?:"([^"\n]+)"|'([^'\n]+)'|([^)\n]*))[^)\n]*\)/g;

interface Cell {
  readonly opening: TextLine;
  readonly header: string;
  readonly headerStart: number;
  readonly body: readonly TextLine[];
}

interface Option {
  readonly name: string;
  readonly written: string;
  readonly span: TextSpan;
  readonly value: TextSpan;
  /** Texts of a list, or one. */
  readonly texts: readonly { readonly text: string | undefined; readonly span: TextSpan }[];
  readonly isInHeader: boolean;
  readonly quote: '"' | "'";
}

export function cellImages(text: string, language: AltLanguage): ImageReference[] {
  return cellsOf(text).flatMap((cell) => imagesOf(cell, { text, language }));
}

function cellsOf(text: string): Cell[] {
  const lines = linesOf(text);
  const cells: Cell[] = [];
  for (let index = 0; index < lines.length; index++) {
    const opening = lines[index];
    const [, marks] = /^[ \t]*(`{3,}|~{3,})/.exec(opening?.text ?? "") ?? [];
    if (opening === undefined || marks === undefined) continue;
    let end = index + 1;
    const close = new RegExp(`^[ \\t]*${marks.charAt(0)}{${marks.length},}[ \\t]*$`);
    while (end < lines.length && !close.test(lines[end]?.text ?? "")) end++;
    const [, , , , header] = OPENING.exec(opening.text) ?? [];
    if (header !== undefined) {
      const headerStart = opening.start + opening.text.lastIndexOf(header);
      cells.push({ opening, header, headerStart, body: lines.slice(index + 1, end) });
    }
    index = end;
  }
  return cells;
}

interface Place {
  readonly text: string;
  readonly language: AltLanguage;
}

function imagesOf(cell: Cell, place: Place): ImageReference[] {
  const options = [...lineOptions(cell), ...headerOptions(cell)];
  const named = (...names: string[]): Option | undefined =>
    options.find(({ name }) => names.includes(name));
  const isOff = (name: string): boolean => /^(?:false|F|FALSE)$/.test(named(name)?.written ?? "");
  if (isOff("include") || isOff("eval")) return [];
  const alt = named("fig-alt", "fig.alt");
  const caption = named("fig-cap", "fig.cap");
  const files = filesIn(cell);
  if (alt !== undefined && alt.texts.length > 1) {
    return alt.texts.map((each) =>
      imageOf(place, { cell, alt, caption, only: each, file: undefined }),
    );
  }
  if (files.length > 0) return files.map((file) => imageOf(place, { cell, alt, caption, file }));
  const isLabelled = /^fig-/.test(named("label")?.written ?? "");
  if (alt === undefined && caption === undefined && !isLabelled) return [];
  return [imageOf(place, { cell, alt, caption, file: undefined })];
}

interface Included {
  readonly path: string | undefined;
  readonly written: string;
  readonly span: TextSpan;
}

function filesIn({ body }: Cell): Included[] {
  return body.flatMap((line) => {
    if (/^\s*#/.test(line.text)) return [];
    return Array.from(
      line.text.matchAll(INCLUDE),
      ({ 0: whole, 1: double, 2: single, 3: other = "", index }) => {
        const span = { start: line.start + index, end: line.start + index + whole.length };
        return { path: double ?? single, written: double ?? single ?? other.trim(), span };
      },
    );
  });
}

interface Figure {
  readonly cell: Cell;
  readonly alt: Option | undefined;
  readonly caption: Option | undefined;
  readonly file: Included | undefined;
  readonly only?: Option["texts"][number];
}

function imageOf(
  { text, language }: Place,
  { cell, alt, caption, file, only }: Figure,
): ImageReference {
  const value = only ?? alt?.texts[0];
  const words = value?.text;
  const isComputed = alt !== undefined && words === undefined;
  const captionWords = caption?.texts.length === 1 ? caption.texts[0]?.text : undefined;
  // knitr takes the caption for a text that is missing.
  const isNamed = alt === undefined && language === "rmd" && caption !== undefined;
  return plainImage({
    language,
    syntax: "yaml",
    span: only?.span ?? alt?.span ?? file?.span ?? figureSpan(cell, caption),
    target:
      file?.path === undefined
        ? { kind: "dynamic", value: file?.written ?? "" }
        : { kind: "url", value: file.path },
    alt: words === undefined || value === undefined ? null : { text: words, span: value.span },
    ...(isComputed ? { state: "dynamic" } : isNamed ? { state: "named" } : {}),
    slot: isComputed || isNamed ? "computed" : slotOf(cell, { alt, value, text, language }),
    decorative: { form: "none", obstacle: "language" },
    isDecorative: false,
    around: captionWords === undefined ? {} : { caption: captionWords },
  });
}

/** The option of the caption and what follows it, or the cell. */
function figureSpan(
  { opening, body, headerStart, header }: Cell,
  caption: Option | undefined,
): TextSpan {
  if (caption?.isInHeader === true) return caption.span;
  const last = body.at(-1);
  if (caption !== undefined) {
    return { start: caption.span.start, end: last?.end ?? caption.span.end };
  }
  return { start: opening.start, end: Math.max(headerStart + header.length, opening.end) };
}

function slotOf(
  { opening, body }: Cell,
  given: {
    readonly alt: Option | undefined;
    readonly value: Option["texts"][number] | undefined;
    readonly text: string;
    readonly language: AltLanguage;
  },
): ReturnType<typeof slotAt> {
  const { alt, value, text, language } = given;
  if (alt !== undefined && value !== undefined) {
    return alt.isInHeader
      ? slotAt(alt.value, "r", { quote: alt.quote })
      : slotAt(value.span, "yaml");
  }
  if (language === "rmd") {
    const end = opening.start + opening.text.trimEnd().length - 1;
    const isBare = /\{[\w-]+\s*\}+$/.test(opening.text.trimEnd());
    return slotAt(at(end), "r", { prefix: isBare ? " fig.alt=" : ", fig.alt=" });
  }
  const mark = OPTION.exec(body[0]?.text ?? "")?.[1] ?? "#| ";
  const lineBreak = lineBreakOf(text);
  return slotAt(at(opening.end), "yaml", { prefix: `${lineBreak}${mark}fig-alt: ` });
}

/** `#| name: value`, the value on further lines where it is a block or a list. */
function lineOptions({ body }: Cell): Option[] {
  const lines: { readonly line: TextLine; readonly mark: string; readonly yaml: string }[] = [];
  for (const line of body) {
    const [, mark, yaml = ""] = OPTION.exec(line.text) ?? [];
    if (mark === undefined) break;
    lines.push({ line, mark, yaml });
  }
  const options: Option[] = [];
  for (let index = 0; index < lines.length; index++) {
    const current = lines[index];
    const [, name, value = ""] = /^([\w.-]+):[ \t]*(.*)$/.exec(current?.yaml ?? "") ?? [];
    if (current === undefined || name === undefined) continue;
    let end = index + 1;
    while (end < lines.length && /^(?:\s+\S|\s*-\s|\s*$)/.test(lines[end]?.yaml ?? "x")) end++;
    const more = lines.slice(index + 1, end);
    const start = current.line.end - value.length;
    const written = value.trimEnd();
    const last = more.at(-1)?.line.end ?? start + written.length;
    const span = {
      start: current.line.start + current.line.indent,
      end: Math.max(last, start + written.length),
    };
    const own = { start, end: span.end };
    options.push({
      name: name.toLowerCase(),
      written,
      span,
      value: own,
      texts: textsOf(written, more, own),
      isInHeader: false,
      quote: '"',
    });
  }
  return options;
}

function textsOf(
  written: string,
  more: readonly { readonly line: TextLine; readonly yaml: string }[],
  own: TextSpan,
): Option["texts"] {
  const block = /^([|>])[+-]?\d?$/.exec(written)?.[1];
  if (block !== undefined) {
    const words = more.map(({ yaml }) => yaml.trim());
    while (words.at(-1) === "") words.pop();
    return [{ text: words.join(block === "|" ? "\n" : " "), span: own }];
  }
  const items = more.filter(({ yaml }) => /^\s*-\s/.test(yaml));
  if (written === "" && items.length > 0) {
    return items.map(({ line, yaml }) => {
      const value = yaml.replace(/^\s*-\s+/, "").trimEnd();
      const start = line.start + line.text.lastIndexOf(value);
      // The line from its mark on, as people point at it.
      return { text: yamlScalar(value), span: { start, end: start + value.length } };
    });
  }
  if (/^!/.test(written) || /^\[/.test(written)) return [{ text: undefined, span: own }];
  const joined = [written, ...more.map(({ yaml }) => yaml.trim())]
    .filter((part) => part !== "")
    .join(" ");
  return [{ text: yamlScalar(joined), span: own }];
}

const PAIR =
  /([\w.-]+)\s*=\s*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^,"'()]+(?:\((?:[^()]|\([^()]*\))*\))?[^,]*)/g;

/** `{r name, fig.alt="…"}`. */
function headerOptions({ header, headerStart }: Cell): Option[] {
  return Array.from(header.matchAll(PAIR), ({ 0: whole, 1: name = "", 2: value = "", index }) => {
    const written = value.trimEnd();
    const start = headerStart + index + whole.length - value.length;
    const span = { start: headerStart + index, end: start + written.length };
    const own = { start, end: span.end };
    const isString = /^(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')$/.test(written);
    const text = isString ? written.slice(1, -1).replace(/\\(.)/g, "$1") : undefined;
    const isWord = /^[\w.%]+$/.test(written);
    return {
      name: name.toLowerCase(),
      written,
      span,
      value: own,
      texts: [
        {
          text: isWord ? written : text,
          span: isString ? { start: start + 1, end: span.end - 1 } : own,
        },
      ],
      isInHeader: true,
      quote: written.startsWith("'") ? "'" : '"',
    };
  });
}
