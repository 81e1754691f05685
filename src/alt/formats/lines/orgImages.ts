/** Pictures in Org: links without a description whose file is one, and the lines of attributes above. */

import type { FindContext } from "../findContext";
import type { CaptionSlot, ImageReference, TextSpan } from "../../imageReference";
import { at, plainImage, slotAt } from "../plainImage";
import { isPicturePath } from "../../wording/fileNameText";
import { lineBreakOf, linesOf, type TextLine } from "./textLines";

const LINK = /\[\[([^[\]\n]{1,1000})\](?:\[([^[\]\n]{0,1000})\])?\]/g;
const BLOCK = /^\s*#\+begin_(src|example|comment|export)\b/i;
/** Code and verbatim within a line. */
const VERBATIM = /(?<![\w=~])([=~])(?=\S)[^\n]{0,500}?\S\1(?![\w=~])/g;

export function findOrgImages({ text }: FindContext): ImageReference[] {
  const lines = linesOf(text);
  const images: ImageReference[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index];
    if (line === undefined) break;
    const [, block] = BLOCK.exec(line.text) ?? [];
    if (block !== undefined) {
      const close = new RegExp(`^\\s*#\\+end_${block}\\b`, "i");
      const end = lines.findIndex((other, at) => at > index && close.test(other.text));
      if (end > 0) index = end;
    } else if (/^\s*:(?!END:)[\w-]+:\s*$/i.test(line.text)) {
      const end = lines.findIndex((other, at) => at > index && /^\s*:END:\s*$/i.test(other.text));
      if (end > 0) index = end;
    } else if (!/^\s*(?:#(?:\s|$|\+)|:(?:\s|$))/.test(line.text)) {
      images.push(...imagesOn(index, lines, text));
    }
  }
  return images;
}

function imagesOn(index: number, lines: readonly TextLine[], text: string): ImageReference[] {
  const line = lines[index];
  if (line === undefined || !line.text.includes("[[")) return [];
  const shown = line.text.replace(VERBATIM, (code) => " ".repeat(code.length));
  return Array.from(shown.matchAll(LINK)).flatMap((link, nth) => {
    const [whole, target = "", description] = link;
    const picture = description ?? target;
    const path = picture.replace(/^(?:file|attachment):/, "");
    const isAddress = /^(?:file:|attachment:|https?:|\.{0,2}\/|~\/)|^[^:]+$/.test(picture);
    if (!isPicturePath(path) || /::/.test(path) || !isAddress) return [];
    // A described link is a picture only where its name is an address of its own.
    if (description !== undefined && !/^(?:file:|https?:|\.{0,2}\/)/.test(description)) return [];
    const span = { start: line.start + link.index, end: line.start + link.index + whole.length };
    const isFirst = nth === 0 && line.text.slice(0, link.index).trim() === "";
    const keywords = isFirst ? keywordsAbove(index, lines) : [];
    const isAlone = isFirst && line.text.slice(link.index + whole.length).trim() === "";
    return [
      imageOf({ span, path, line, keywords, isAlone, isLink: description !== undefined, text }),
    ];
  });
}

interface Keyword {
  readonly name: string;
  readonly value: string;
  readonly valueStart: number;
  readonly line: TextLine;
}

/** `#+NAME: value` right above, the nearest first. */
function keywordsAbove(index: number, lines: readonly TextLine[]): Keyword[] {
  const found: Keyword[] = [];
  for (let above = index - 1; above >= 0; above--) {
    const line = lines[above];
    const [whole, name, value = ""] =
      /^\s*#\+(\w+)(?:\[[^\]]*\])?:[ \t]*(.*)$/.exec(line?.text ?? "") ?? [];
    if (line === undefined || whole === undefined || name === undefined) break;
    found.push({ name: name.toLowerCase(), value, valueStart: line.end - value.length, line });
  }
  return found;
}

interface Parts {
  readonly span: TextSpan;
  readonly path: string;
  readonly line: TextLine;
  readonly keywords: readonly Keyword[];
  readonly isAlone: boolean;
  readonly isLink: boolean;
  readonly text: string;
}

function imageOf(parts: Parts): ImageReference {
  const { span, path, line, keywords, isAlone, isLink, text } = parts;
  const attributes = keywords.filter(({ name }) => name === "attr_html");
  const alt = attributes.map(altIn).find((found) => found !== undefined);
  const captions = keywords.filter(({ name }) => name === "caption");
  const indent = line.text.slice(0, line.indent);
  const lineBreak = lineBreakOf(text);
  const above = { prefix: `#+ATTR_HTML: :alt `, suffix: `${lineBreak}${indent}` };
  const [attribute] = attributes;
  const slot =
    alt !== undefined
      ? slotAt(alt.span, "org")
      : attribute !== undefined
        ? slotAt(at(attribute.line.end), "org", { prefix: " :alt " })
        : isAlone
          ? slotAt(at(span.start), "org", above)
          : "place";
  const caption = captions
    .map(({ value }) => value)
    .reverse()
    .join(" ");
  return plainImage({
    language: "org",
    syntax: "org",
    span,
    target: { kind: "url", value: path },
    alt: alt ?? null,
    slot,
    caption: captionSlotOf(captions[0], { span, isAlone, above: `${lineBreak}${indent}` }),
    around: {
      fallback: path,
      ...(isLink ? { names: "link" } : {}),
      ...(caption === "" ? {} : { caption }),
    },
  });
}

/** A value goes on to the next word with a colon before it. */
function altIn({ value, valueStart }: Keyword): { text: string; span: TextSpan } | undefined {
  const found = /(?:^|\s):alt(?:[ \t]+((?:(?!\s:\w)[^\n])*))?/.exec(value);
  if (found === null) return undefined;
  const written = (found[1] ?? "").trimEnd();
  const start = valueStart + found.index + found[0].length - (found[1] ?? "").length;
  const text = written === '""' ? "" : written;
  return { text, span: { start, end: start + written.length } };
}

function captionSlotOf(
  keyword: Keyword | undefined,
  place: { readonly span: TextSpan; readonly isAlone: boolean; readonly above: string },
): CaptionSlot {
  const own = { form: "own", dialect: "org" } as const;
  if (keyword !== undefined) {
    const span = { start: keyword.valueStart, end: keyword.line.end };
    return { ...own, span, prefix: "", suffix: "" };
  }
  if (!place.isAlone) return { form: "none" };
  return { ...own, span: at(place.span.start), prefix: "#+CAPTION: ", suffix: place.above };
}
