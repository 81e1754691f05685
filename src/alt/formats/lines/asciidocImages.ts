/**
 * Pictures in AsciiDoc: block and inline macros, with the attributes of the line above and the document's
 * own. A scanner of lines, because Asciidoctor tells no places within a line.
 */

import type { FindContext } from "../findContext";
import { readHtml } from "../html/htmlImages";
import type { CaptionSlot, ImageReference, ImageTarget, TextSpan } from "../../imageReference";
import { at, plainImage, slotAt } from "../plainImage";
import {
  attributeAt,
  readAttributes,
  type ListedValue,
  type MacroAttributes,
} from "./asciidocAttributes";
import { lineBreakOf, linesOf, onlyPieces, type TextLine } from "./textLines";

/** What a block of text, of a listing or of a comment begins and ends with. */
const DELIMITER = /^(?:-{4,}|\.{4,}|\/{4,}|\+{4,}|`{3,})(?=[\w,]*\s*$)/;
const BLOCK_MACRO =
  /^(?:(?:\d{1,3}(?:\.\d{1,3})?[*+]?)?[<^>.]{0,4}[aA]?\|\s*)?image::([^\s[][^[\n]{0,1000})\[(.*)\]\s*$/;
const INLINE_MACRO =
  /(?<![\w\\:])image:(?!:)([^:\s[\]](?:[^\n[\]]{0,999}[^\s[\]])?)\[((?:[^\\\]\n]|\\[^]|\n(?!\s*\n)){0,2000})\]/g;
/** What shows its content as it is written, within a line. */
const PASSED =
  /`\+[^\n]{0,500}?\+`|\+\+\+[^\n]{0,500}?\+\+\+|\+\+[^\n]{0,500}?\+\+|(?<!\w)\+\S(?:[^\n]{0,500}?\S)?\+(?!\w)|pass:[\w,]{0,20}\[[^\n]{0,500}?[^\\]\]/g;
const ATTRIBUTE = /^:(!?)([\w][\w-]{0,80})(!?):(?:[ \t]+(.*))?$/;
/** Where pictures lie when nobody says so. */
const FOLDERS = [
  "",
  "images/",
  "img/",
  "assets/images/",
  "../images/",
  "../assets/images/",
  "_images/",
];

interface Scan {
  readonly context: FindContext;
  readonly lines: readonly TextLine[];
  readonly attributes: Map<string, string>;
  readonly images: ImageReference[];
  readonly html: TextSpan[];
}

export function findAsciidocImages(context: FindContext): ImageReference[] {
  const lines = linesOf(context.text);
  const scan: Scan = { context, lines, attributes: new Map(), images: [], html: [] };
  for (let index = 0; index < lines.length;) index = readLine(scan, index);
  if (scan.html.length === 0) return scan.images;
  const markup = onlyPieces(context.text, scan.html);
  return [...scan.images, ...readHtml(context, { markup }).images];
}

/** @returns the index of the next line to read. */
function readLine(scan: Scan, index: number): number {
  const { lines, attributes, images } = scan;
  const line = lines[index];
  if (line === undefined) return index + 1;
  const delimiter = DELIMITER.exec(line.text)?.[0];
  if (delimiter !== undefined) return behindBlock(scan, index, delimiter);
  if (line.text.startsWith("//")) return index + 1;
  const [, before, name, behind, value = ""] = ATTRIBUTE.exec(line.text) ?? [];
  if (name !== undefined) {
    const isUnset = before === "!" || behind === "!";
    if (isUnset) attributes.delete(name.toLowerCase());
    else attributes.set(name.toLowerCase(), resolved(value.trim(), attributes) ?? value.trim());
    return index + 1;
  }
  // A line of spaces, of which some editors know a kind that is seen nowhere, is indented and no literal block.
  if (line.isBlank) return index + 1;
  const isAfterBlank = lines[index - 1]?.isBlank ?? true;
  if (line.indent > 0 && isAfterBlank && !/^\s+(?:[*\-.]+|\d+\.|\S.*(?:::|;;))\s/.test(line.text)) {
    let end = index;
    while (lines[end]?.isBlank === false) end++;
    return end;
  }
  const block = BLOCK_MACRO.exec(line.text);
  if (block !== null) {
    images.push(blockImage(scan, index, block));
    return index + 1;
  }
  if (line.text.includes("image:")) images.push(...inlineImages(scan, line));
  return index + 1;
}

/** A listing, literal block, comment or passthrough; one that is never closed goes to the end. */
function behindBlock({ lines, html }: Scan, index: number, delimiter: string): number {
  let end = index + 1;
  while (end < lines.length && lines[end]?.text.trimEnd() !== delimiter) end++;
  const [first, last] = [lines[index + 1], lines[end - 1]];
  if (delimiter.startsWith("+") && first !== undefined && last !== undefined && end > index + 1) {
    html.push({ start: first.start, end: last.end });
  }
  return end + 1;
}

/** Lines of attributes and the title right above a block. */
interface Above {
  readonly named: ListedValue | undefined;
  readonly title: TextSpan | undefined;
  /** Where the first of these lines begins. */
  readonly start: number;
  readonly isLink: boolean;
}

function linesAbove(lines: readonly TextLine[], index: number): Above {
  let start = lines[index]?.start ?? 0;
  let named: Above["named"];
  let title: TextSpan | undefined;
  let isLink = false;
  for (let above = index - 1; above >= 0; above--) {
    const line = lines[above];
    if (line === undefined) break;
    const list = /^\[(.*)\]\s*$/.exec(line.text)?.[1];
    if (list !== undefined && !line.text.startsWith("[[")) {
      const attributes = readAttributes(list);
      const alt = attributes.named.get("alt");
      isLink ||= attributes.named.has("link");
      if (alt !== undefined) {
        const from = line.start + 1;
        const span = attributeAt(alt.span, from);
        named ??= { text: alt.text, span, literal: attributeAt(alt.literal, from) };
      }
    } else if (/^\.[^\s.]/.test(line.text)) title ??= { start: line.start + 1, end: line.end };
    else if (!/^\[\[.*\]\]\s*$/.test(line.text)) break;
    start = line.start;
  }
  return { named, title, start, isLink };
}

function blockImage(scan: Scan, index: number, macro: RegExpExecArray): ImageReference {
  const { lines, context } = scan;
  const line = lines[index] ?? { start: 0, end: 0, text: "", indent: 0, isBlank: true };
  const [, target = "", list = ""] = macro;
  const start = line.start + line.text.indexOf("image::");
  const end = line.start + line.text.trimEnd().length;
  const above = linesAbove(lines, index);
  const own = { form: "own", dialect: "asciidoc" } as const;
  const caption: CaptionSlot =
    above.title === undefined
      ? { ...own, span: at(above.start), prefix: ".", suffix: lineBreakOf(context.text) }
      : { ...own, span: above.title, prefix: "", suffix: "" };
  const title = above.title === undefined ? undefined : titleIn(context.text, above.title);
  const place = { span: { start, end }, target, list, listStart: end - 1 - list.length };
  return imageOf(scan, { ...place, above, caption, title, isInline: false });
}

const titleIn = (text: string, { start, end }: TextSpan): string => text.slice(start, end).trim();

function inlineImages(scan: Scan, line: TextLine): ImageReference[] {
  const { text } = scan.context;
  const passed = Array.from(line.text.matchAll(PASSED), ({ 0: whole, index }) => ({
    start: line.start + index,
    end: line.start + index + whole.length,
  }));
  const images: ImageReference[] = [];
  // A text may go on over the next lines.
  const stretch = text.slice(line.start, line.end + 2000);
  for (const { 0: whole, 1: target = "", 2: list = "", index } of stretch.matchAll(INLINE_MACRO)) {
    const start = line.start + index;
    if (start >= line.end) break;
    if (passed.some((each) => each.start <= start && start < each.end)) continue;
    const end = start + whole.length;
    const place = { span: { start, end }, target, list, listStart: end - 1 - list.length };
    const none: Above = { named: undefined, title: undefined, start, isLink: false };
    images.push(imageOf(scan, { ...place, above: none, isInline: true }));
  }
  return images;
}

interface Macro {
  readonly span: TextSpan;
  readonly target: string;
  readonly list: string;
  readonly listStart: number;
  readonly above: Above;
  readonly isInline: boolean;
  readonly caption?: CaptionSlot;
  readonly title?: string | undefined;
}

function imageOf(scan: Scan, macro: Macro): ImageReference {
  const { list, listStart, above, isInline, span } = macro;
  const read = readAttributes(list);
  const own = read.named.get("alt") ?? read.alt;
  const alt = own === undefined ? above.named : { ...own, span: attributeAt(own.span, listStart) };
  const text = alt === undefined ? undefined : heard(alt.text, isInline);
  const words = text === undefined ? undefined : resolved(text, scan.attributes);
  const isComputed = text !== undefined && words === undefined;
  const isLink = read.named.has("link") || above.isLink;
  const title = read.named.get("title")?.text ?? macro.title;
  const lost = lostIn(read, list, text);
  return plainImage({
    language: "asciidoc",
    syntax: "asciidoc",
    span,
    target: targetOf(macro.target, scan.attributes),
    alt: alt !== undefined && words !== undefined ? { text: words, span: alt.span } : null,
    ...(isComputed ? { state: "dynamic" } : {}),
    slot: isComputed ? "computed" : slotOf(read, macro),
    ...(macro.caption === undefined ? {} : { caption: macro.caption }),
    around: {
      ...(isLink ? { names: "link" } : {}),
      ...(title === undefined ? {} : { caption: title }),
      ...(lost === undefined ? {} : { lost }),
      fallback: fallbackOf(macro.target),
    },
  });
}

function heard(text: string, isInline: boolean): string {
  const joined = text.replace(/\s*\r?\n\s*/g, " ");
  return isInline ? joined.replaceAll("\\]", "]") : joined;
}

function slotOf(read: MacroAttributes, macro: Macro): ReturnType<typeof slotAt> {
  const { listStart, list, above, isInline } = macro;
  const place = { isInTable: isInline } as const;
  const alt = read.named.get("alt") ?? read.alt;
  const lost = lostIn(read, list, alt?.text);
  if (lost !== undefined && lost.meant !== null) {
    const end = listStart + read.lostEnd;
    return slotAt({ start: listStart, end }, "asciidoc", place);
  }
  if (alt !== undefined) return slotAt(attributeAt(alt.literal, listStart), "asciidoc", place);
  if (above.named !== undefined) return slotAt(above.named.literal, "asciidoc", place);
  const isFirst = list.trim() === "" || list.trimStart().startsWith(",");
  return slotAt(at(listStart), "asciidoc", { ...place, suffix: isFirst ? "" : "," });
}

/** A comma or an equals sign ends what people write without quotes. */
function lostIn(
  read: MacroAttributes,
  list: string,
  heardText: string | undefined,
): { written: string; meant: string | null } | undefined {
  if (read.isBroken) return { written: list.trim(), meant: null };
  if (read.lostEnd === 0 || read.named.has("alt")) return undefined;
  const written = list.slice(0, read.lostEnd).trim();
  return written === heardText ? undefined : { written, meant: written };
}

/** What Asciidoctor makes of a file's name where there is no text. */
function fallbackOf(target: string): string {
  const file = target.slice(target.search(/[^/\\:]*$/));
  return file.replace(/\.[^.]+$/, "").replace(/[-_]/g, " ");
}

function targetOf(written: string, attributes: ReadonlyMap<string, string>): ImageTarget {
  const path = resolved(written, attributes);
  if (path === undefined || path === "") return { kind: "dynamic", value: written };
  if (/^(?:[a-z][\w+.-]+:)?\/\/|^data:/i.test(path)) return { kind: "url", value: written };
  const parts = path.split(":");
  if (parts.length > 2 || path.includes("@")) return { kind: "dynamic", value: written };
  if (parts.length === 2 && !/^[a-z]:[\\/]/i.test(path)) {
    const [module = "", file = ""] = parts;
    const folders = ["../../", "../../../", "../../../../"];
    const tries = folders.map((up) => `${up}${module}/images/${file}`);
    return { kind: "url", value: written, tries };
  }
  const folder = attributes.get("imagesdir");
  if (folder === undefined) {
    return { kind: "url", value: written, tries: FOLDERS.map((each) => each + path) };
  }
  const known = resolved(folder, attributes);
  if (known === undefined) return { kind: "dynamic", value: written };
  if (/^[a-z]+:\/\//i.test(known)) {
    return { kind: "url", value: `${known.replace(/\/$/, "")}/${path}` };
  }
  const below = known === "" ? path : `${known.replace(/\/$/, "")}/${path}`;
  // Without its folder an address means nothing, so it is not looked for as it is written.
  return { kind: "url", value: written, tries: [below] };
}

/** Attributes in braces with their values; undefined where one is not known. */
function resolved(text: string, attributes: ReadonlyMap<string, string>): string | undefined {
  const unknown: string[] = [];
  const read = text.replace(/(\\?)\{([\w-]+)\}/g, (whole, slash: string, name: string) => {
    if (slash !== "") return whole.slice(1);
    const value = BUILT_IN.get(name) ?? attributes.get(name.toLowerCase());
    if (value === undefined) unknown.push(name);
    return value ?? whole;
  });
  return unknown.length === 0 ? read : undefined;
}

const BUILT_IN: ReadonlyMap<string, string> = new Map([
  ["empty", ""],
  ["vbar", "|"],
  ["sp", " "],
  ["nbsp", "\u00a0"],
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["plus", "+"],
  ["apos", "'"],
  ["quot", '"'],
  ["docdir", "."],
]);
