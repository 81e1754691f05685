/**
 * Pictures in LaTeX: `\includegraphics` and its kin, with the keys of tagged PDF (`alt`, `artifact`,
 * `actualtext`). A scanner, because the parsers for JavaScript take seconds for a chapter.
 */

import type { FindContext } from "../findContext";
import type { CaptionSlot, ImageReference, ImageTarget, TextSpan } from "../../imageReference";
import { at, plainImage, slotAt, withEndings } from "../plainImage";
import { groupEnd, readKeys, spaceEnd, type LatexKey } from "./latexGroups";
import { plainLatex } from "./latexText";

const COMMAND = /\\(includegraphics|includesvg|includepdf)(?![A-Za-z@])\*?/g;
/** Endings in the order in which they are looked for. */
const ENDINGS = ["", ".png", ".jpg", ".jpeg", ".pdf", ".svg", ".eps", ".webp", ".gif"];
/** What is no text of the document, or shows its content as it is. */
const VERBATIM =
  /\\begin\s*\{(verbatim\*?|Verbatim|lstlisting|minted|comment|alltt|filecontents\*?)\}|\\verb\*?([^A-Za-z\s*])|\\lstinline(?:\[[^\]\n]*\])?([^A-Za-z\s[])|\\iffalse\b|(?<!\\)(?:\\\\)*%|\\end\s*\{document\}/g;

export function findLatexImages({ text }: FindContext): ImageReference[] {
  const code = withoutVerbatim(text);
  const folders = graphicsPaths(code);
  const captions = captionsOf(code);
  return Array.from(code.matchAll(COMMAND)).flatMap((found) => {
    const start = found.index;
    const command = readCommand(code, start + found[0].length);
    if (command === undefined) return [];
    return [
      imageOf({ text, code, start, nameEnd: start + found[0].length, command, folders, captions }),
    ];
  });
}

/** The document as long, with spaces for comments and for everything that is shown as it is. */
function withoutVerbatim(text: string): string {
  const parts: string[] = [];
  let end = 0;
  const search = new RegExp(VERBATIM);
  for (let found = search.exec(text); found !== null; found = search.exec(text)) {
    const stop = verbatimEnd(text, found);
    const from = found[0].endsWith("%") ? found.index + found[0].length - 1 : found.index;
    parts.push(text.slice(end, from), text.slice(from, stop).replace(/[^\r\n]/g, " "));
    end = stop;
    search.lastIndex = Math.max(stop, found.index + 1);
    if (stop >= text.length) break;
  }
  parts.push(text.slice(end));
  return parts.join("");
}

function verbatimEnd(text: string, found: RegExpExecArray): number {
  const [whole, environment, verb, inline] = found;
  const from = found.index + whole.length;
  const behind = (mark: string): number => {
    const stop = text.indexOf(mark, from);
    return stop < 0 ? text.length : stop + mark.length;
  };
  if (environment !== undefined) return behind(`\\end{${environment}}`);
  if (whole.endsWith("%")) {
    const stop = text.indexOf("\n", from);
    return stop < 0 ? text.length : stop;
  }
  if (whole.startsWith("\\iffalse")) return behind("\\fi");
  if (whole.startsWith("\\end")) return text.length;
  const mark = verb ?? inline ?? "";
  const close = mark === "{" ? "}" : mark;
  const lineEnd = text.indexOf("\n", from);
  const stop = text.indexOf(close, from);
  // A mark that is not closed on its line is a mistake that ends there.
  return stop < 0 || (lineEnd >= 0 && stop > lineEnd) ? from : stop + 1;
}

interface Command {
  readonly keys: readonly LatexKey[];
  /** What is between the brackets of the keys. */
  readonly options: TextSpan | undefined;
  readonly path: TextSpan;
  readonly end: number;
}

/** `<2->[keys][corner]{path}`, with spaces anywhere. */
function readCommand(code: string, from: number): Command | undefined {
  let position = spaceEnd(code, from);
  if (code.charAt(position) === "<") {
    const close = code.indexOf(">", position);
    if (close < 0) return undefined;
    position = spaceEnd(code, close + 1);
  }
  let options: TextSpan | undefined;
  while (code.charAt(position) === "[") {
    const close = groupEnd(code, position, "]");
    if (close === undefined) return undefined;
    const inner = { start: position + 1, end: close - 1 };
    const isCorner =
      /^[\s\d.,\-a-z]*$/.test(code.slice(inner.start, inner.end)) && options !== undefined;
    if (!isCorner) options = inner;
    position = spaceEnd(code, close);
  }
  if (code.charAt(position) !== "{") return undefined;
  const end = groupEnd(code, position, "}");
  if (end === undefined) return undefined;
  const path = { start: position + 1, end: end - 1 };
  return { keys: options === undefined ? [] : readKeys(code, options), options, path, end };
}

interface Parts {
  readonly text: string;
  readonly code: string;
  readonly start: number;
  readonly nameEnd: number;
  readonly command: Command;
  readonly folders: readonly string[];
  readonly captions: readonly Caption[];
}

function imageOf(parts: Parts): ImageReference {
  const { code, start, command, folders, captions } = parts;
  const span = { start, end: command.end };
  const key = (name: string): LatexKey | undefined =>
    command.keys.findLast((each) => each.name === name);
  const path = code.slice(command.path.start, command.path.end).replace(/\s+/g, " ").trim();
  const target = targetOf(path, folders);
  const alt = key("alt");
  const text =
    alt?.value === undefined ? "" : plainLatex(code.slice(alt.value.start, alt.value.end));
  const isDefinition = /#\d/.test(path);
  const isArtifact = key("artifact") !== undefined;
  const isNamed = key("actualtext") !== undefined || isDescribed(code, span);
  const state =
    isDefinition || text === undefined
      ? ("dynamic" as const)
      : text === "" && isNamed
        ? ("named" as const)
        : undefined;
  const caption = captions.find((each) => each.figure.start < start && start < each.figure.end);
  return plainImage({
    language: "latex",
    syntax: "latex",
    span,
    target,
    alt: alt?.value === undefined || isArtifact ? null : { text: text ?? "", span: alt.value },
    ...(state === undefined ? {} : { state }),
    slot:
      state === "dynamic" || state === "named"
        ? "computed"
        : isArtifact
          ? "hidden"
          : slotOf(parts, alt),
    decorative: isArtifact
      ? { form: "none", obstacle: "hidden" }
      : { form: "tag", tag: asArtifact(parts, alt) },
    // An empty key does nothing; only the word says that it is decoration.
    isDecorative: isArtifact,
    isHidden: isArtifact,
    caption: captionSlotOf(caption),
    around: caption?.text === undefined ? {} : { caption: caption.text },
  });
}

function slotOf(
  { command, nameEnd, code }: Parts,
  alt: LatexKey | undefined,
): ReturnType<typeof slotAt> {
  if (alt !== undefined) {
    return alt.literal === undefined
      ? slotAt(at(alt.span.end), "latex", { prefix: "=" })
      : slotAt(alt.literal, "latex");
  }
  const { options } = command;
  if (options === undefined) {
    const overlay = /^\s*<[^>\n]*>/.exec(code.slice(nameEnd, nameEnd + 100))?.[0].length ?? 0;
    return slotAt(at(nameEnd + overlay), "latex", { prefix: "[alt=", suffix: "]" });
  }
  const written = code.slice(options.start, options.end);
  const end = options.start + written.trimEnd().length;
  const isOpen = written.trim() === "" || written.trimEnd().endsWith(",");
  return slotAt(at(end), "latex", { prefix: isOpen ? "alt=" : ", alt=" });
}

/** The command with the word for decoration in place of a text. */
function asArtifact(parts: Parts, alt: LatexKey | undefined): string {
  const { text, start, command } = parts;
  const slot = slotOf(parts, alt);
  const place = alt?.span ?? slot.span;
  const isNew = alt === undefined;
  const before = isNew ? slot.prefix.replace(/alt=$/, "") : "";
  const word = `${before}artifact${isNew ? (slot.suffix ?? "") : ""}`;
  return text.slice(start, place.start) + word + text.slice(place.end, command.end);
}

/** A description right behind, or a tip around. */
function isDescribed(code: string, { start, end }: TextSpan): boolean {
  return /^\s*(?:\\Description\s*[[{]|\}\s*\{[^}]*\})/.test(code.slice(end, end + 400))
    ? /\\pdftooltip\s*\{\s*$/.test(code.slice(Math.max(0, start - 40), start)) ||
        /^\s*\\Description/.test(code.slice(end, end + 400))
    : false;
}

function targetOf(path: string, folders: readonly string[]): ImageTarget {
  const bare = path.replace(/^"|"$/g, "");
  if (/[\\#]/.test(bare) || bare === "") return { kind: "dynamic", value: path };
  const hasEnding = /\.[A-Za-z]{2,4}$/.test(bare);
  const endings = hasEnding ? [""] : ENDINGS;
  const tries = ["", ...folders].flatMap((folder) => withEndings(folder + bare, endings));
  return { kind: "url", value: path, tries };
}

/** `\graphicspath{{a/}{b/}}`. */
function graphicsPaths(code: string): string[] {
  const folders: string[] = [];
  for (const found of code.matchAll(/\\graphicspath\s*(?=\{)/g)) {
    const open = found.index + found[0].length;
    const close = groupEnd(code, open, "}") ?? open;
    for (const [, folder = ""] of code.slice(open + 1, close - 1).matchAll(/\{([^{}]*)\}/g)) {
      if (!/[\\#]/.test(folder)) folders.push(folder.trim());
    }
  }
  return folders;
}

interface Caption {
  readonly figure: TextSpan;
  readonly words: TextSpan;
  readonly text: string | undefined;
}

/** Captions of figures; one that holds several pictures speaks for all of them. */
function captionsOf(code: string): Caption[] {
  const found: Caption[] = [];
  for (const figure of code.matchAll(/\\begin\s*\{((?:sub|wrap|side)?figure\*?)\}/g)) {
    const close = code.indexOf(`\\end{${figure[1] ?? ""}}`, figure.index);
    const end = close < 0 ? code.length : close;
    const body = code.slice(figure.index, Math.min(end, figure.index + 20_000));
    const caption = /\\caption\*?\s*(?:\[[^\]]*\])?\s*(?=\{)/.exec(body);
    if (caption === null) continue;
    const open = figure.index + caption.index + caption[0].length;
    const words = { start: open + 1, end: (groupEnd(code, open, "}") ?? open + 2) - 1 };
    const isOnly = (body.match(/\\includegraphics(?![A-Za-z@])/g) ?? []).length === 1;
    const text = isOnly ? plainLatex(code.slice(words.start, words.end)) : undefined;
    found.push({ figure: { start: figure.index, end }, words, text });
  }
  return found.reverse();
}

function captionSlotOf(caption: Caption | undefined): CaptionSlot {
  if (caption === undefined) return { form: "none" };
  return { form: "own", span: caption.words, prefix: "", suffix: "", dialect: "latex" };
}
