/**
 * Directives of MyST: fences of backquotes or colons with a name in braces. Those of pictures are told
 * with their options; the fences around Markdown are taken out, so that what they hold is read.
 */

import type { TextSpan } from "../../imageReference";
import { linesOf, type TextLine } from "../lines/textLines";

const FENCE = /^([ \t]*)(`{3,}|~{3,}|:{3,})(?:\{([\w:.-]{1,60})\}[ \t]*(.*)|(.*))$/;
/** Directives whose content is a language of its own. */
const VERBATIM =
  /^(?:code|code-block|code-cell|sourcecode|math|raw|literalinclude|eval-rst|mermaid|graphviz|parsed-literal|doctest|prompt|csv-table|tableofcontents|toctree|include|bibliography|embed|iframe|video|altair-plot|ipython|jupyter-execute|contents|autodoc|automodule|autoclass)$/;
const PICTURES = /^(?:image|figure)$/;

export interface PictureDirective {
  readonly name: string;
  readonly argument: string;
  readonly argumentSpan: TextSpan;
  /** From the marks of the fence to the last option. */
  readonly span: TextSpan;
  readonly options: readonly DirectiveOption[];
  /** Where a new option is written: behind a line, with this before it. */
  readonly optionAt: number;
  readonly optionPrefix: string;
  /** Options stand between lines of dashes. */
  readonly isYaml: boolean;
  readonly caption: string | undefined;
}

export interface DirectiveOption {
  readonly name: string;
  readonly text: string;
  readonly value: TextSpan;
}

export interface OpenedDirectives {
  /** As long as the document. */
  readonly text: string;
  readonly pictures: readonly PictureDirective[];
}

export function openDirectives(text: string): OpenedDirectives {
  if (!/^[ \t]*(?:`{3,}|~{3,}|:{3,})\{/m.test(text)) return { text, pictures: [] };
  const lines = linesOf(text);
  const pictures: PictureDirective[] = [];
  const blanks: TextLine[] = [];
  /** Fences of directives that hold Markdown. */
  const open: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index];
    if (line === undefined) break;
    const [, indent = "", marks = "", name, argument = "", info = ""] = FENCE.exec(line.text) ?? [];
    if (marks === "" || indent.length > 3 + 4 * open.length + 4) continue;
    const isClose = name === undefined && info.trim() === "";
    const at = isClose ? open.findLastIndex((each) => closes(marks, each)) : -1;
    if (at >= 0) {
      open.length = at;
      if (!marks.startsWith(":")) blanks.push(line);
    } else if (name !== undefined && PICTURES.test(name)) {
      const end = closeOf(lines, index, marks);
      pictures.push(pictureOf(lines.slice(index, end), { name, argument, marks }));
      index = end;
    } else if (name !== undefined && !VERBATIM.test(name)) {
      open.push(marks);
      if (!marks.startsWith(":")) blanks.push(line);
    } else if (name !== undefined || !marks.startsWith(":")) index = closeOf(lines, index, marks);
  }
  return { text: withBlanks(text, blanks), pictures };
}

/** A fence is closed by marks of its kind, at least as many. */
function closes(marks: string, opening: string): boolean {
  return marks.charAt(0) === opening.charAt(0) && marks.length >= opening.length;
}

/** The line that closes a fence, or the one behind the last. */
function closeOf(lines: readonly TextLine[], index: number, marks: string): number {
  for (let at = index + 1; at < lines.length; at++) {
    const [, close, rest] = /^[ \t]*(`{3,}|~{3,}|:{3,})(.*)$/.exec(lines[at]?.text ?? "") ?? [];
    if (close !== undefined && closes(close, marks) && rest?.trim() === "") return at;
  }
  return lines.length;
}

function withBlanks(text: string, lines: readonly TextLine[]): string {
  const parts: string[] = [];
  let end = 0;
  for (const line of lines) {
    parts.push(text.slice(end, line.start), " ".repeat(line.end - line.start));
    end = line.end;
  }
  parts.push(text.slice(end));
  return parts.join("");
}

function pictureOf(
  lines: readonly TextLine[],
  {
    name,
    argument,
    marks,
  }: { readonly name: string; readonly argument: string; readonly marks: string },
): PictureDirective {
  const [first = NOTHING, ...rest] = lines;
  const start = first.start + first.text.indexOf(marks);
  const path = argument.trim();
  const argumentStart = first.end - argument.length;
  const isYaml = /^\s*-{3,}\s*$/.test(rest[0]?.text ?? "");
  const options: DirectiveOption[] = [];
  let last = first;
  let nRead = isYaml ? 1 : 0;
  for (; nRead < rest.length; nRead++) {
    const line = rest[nRead] ?? NOTHING;
    if (isYaml && /^\s*-{3,}\s*$/.test(line.text)) {
      nRead++;
      break;
    }
    const option = isYaml ? yamlOption(line) : colonOption(line);
    if (option === undefined && !isYaml) break;
    last = line;
    if (option !== undefined) options.push(option);
  }
  const indent = first.text.slice(0, first.text.indexOf(marks));
  const body = rest.slice(nRead).map((line) => line.text.trim());
  const from = body.findIndex((line) => line !== "");
  const to = body.findIndex((line, at) => at > from && line === "");
  const caption = from < 0 ? undefined : body.slice(from, to < 0 ? undefined : to).join(" ");
  return {
    name,
    argument: path,
    argumentSpan: { start: argumentStart, end: argumentStart + path.length },
    span: { start, end: Math.max(last.end, first.end) },
    options,
    optionAt: isYaml ? (rest[0]?.end ?? first.end) : first.end,
    optionPrefix: indent + (isYaml ? "alt: " : ":alt:"),
    isYaml,
    caption: caption?.replace(/[*_`]/g, ""),
  };
}

const NOTHING: TextLine = { text: "", start: 0, end: 0, indent: 0, isBlank: true };

function colonOption({ text, end }: TextLine): DirectiveOption | undefined {
  const [, name, value = ""] = /^\s*:([\w-]+):[ \t]*(.*)$/.exec(text) ?? [];
  if (name === undefined) return undefined;
  const span = { start: end - value.length, end: end - value.length + value.trimEnd().length };
  return { name: name.toLowerCase(), text: value.trim(), value: span };
}

function yamlOption({ text, end }: TextLine): DirectiveOption | undefined {
  const [, name, value = ""] = /^\s*([\w-]+):[ \t]*(.*)$/.exec(text) ?? [];
  if (name === undefined) return undefined;
  const written = value.trimEnd();
  const start = end - value.length;
  return {
    name: name.toLowerCase(),
    text: yamlScalar(written) ?? written,
    value: { start, end: start + written.length },
  };
}

/** A plain or quoted scalar on one line; undefined for anything else. */
export function yamlScalar(written: string): string | undefined {
  if (/^"(?:\\.|[^"\\])*"$/.test(written)) {
    return written
      .slice(1, -1)
      .replace(/\\(.)/g, (_, mark: string) => (mark === "n" ? "\n" : mark));
  }
  if (/^'(?:''|[^'])*'$/.test(written)) return written.slice(1, -1).replaceAll("''", "'");
  return /^[!&*|>[{%@`"'#]/.test(written) ? undefined : written.replace(/\s+#.*$/, "");
}
