/**
 * What Markdown's own grammar does not know in an address: template code, because an engine such as
 * Liquid runs before Markdown is read, and sizes, `![a](b.png =300x200)`, of markdown-it-imsize, HackMD,
 * Joplin and Azure DevOps.
 */

import { optional } from "../../base/optional";
import type { TextSpan } from "../imageReference";
import { codeWithin, findTemplateCode, type TemplateCode } from "../tags/templateCode";

/** What stands between `](`, or `]:` of a definition, and the code in an address. */
const ADDRESS_BEGIN = /(?:\]\([ \t]*|^[ \t]{0,3}\[[^\]\n]+\]:[ \t]*)<?[^\s()<>]*$/;

/** Longer beginnings of an address are nobody's. */
const MAX_BEGIN = 1000;

/** A document for Markdown's parser, with the places where its addresses have code. */
export interface MaskedAddresses {
  /**
   * As long as the document; spaces, quotes and brackets of code in an address are letters, and sizes
   * are spaces.
   */
  readonly text: string;
  readonly codes: readonly TemplateCode[];
}

export function maskAddresses(text: string): MaskedAddresses {
  const codes: TemplateCode[] = [];
  const parts: string[] = [];
  let end = 0;
  // The masked text right before, so that a further piece of code in the same address counts.
  let tail = "";
  const add = (part: string): void => {
    parts.push(part);
    tail = (tail + part.slice(-MAX_BEGIN)).slice(-MAX_BEGIN);
  };
  for (const code of findTemplateCode(text)) {
    add(text.slice(end, code.start));
    const source = text.slice(code.start, code.end);
    const line = tail.slice(tail.lastIndexOf("\n") + 1);
    const isAddress = !source.includes("\n") && ADDRESS_BEGIN.test(line);
    if (isAddress) codes.push(code);
    add(isAddress ? "x".repeat(source.length) : source);
    end = code.end;
  }
  add(text.slice(end));
  return { text: maskSizes(parts.join("")), codes };
}

const TITLE = `(?:"[^"\\n]{0,500}"|'[^'\\n]{0,500}')`;
const PIXELS = "\\d{1,5}%?";
/** A width, a height or both, before or behind the title. */
const SIZE = new RegExp(
  `(?<=[ \\t])=(?:(${PIXELS})?x(${PIXELS})?|(${PIXELS}))(?=[ \\t]*${TITLE}?[ \\t]*\\))`,
  "g",
);
const BEFORE_SIZE = new RegExp(
  `^\\]\\([ \\t]*(?:<[^<>\\n]*>|[^\\s<>]+)(?:[ \\t]+${TITLE})?[ \\t]+$`,
);

/** Spaces for the sizes in addresses. */
export function maskSizes(text: string): string {
  if (!text.includes(" =") && !text.includes("\t=")) return text;
  return text.replace(SIZE, (size: string, ...rest: unknown[]) => {
    const at = rest.find((part) => typeof part === "number") ?? 0;
    const before = text.slice(Math.max(0, at - MAX_BEGIN), at);
    const start = before.lastIndexOf("](");
    const isSize = size !== "=x" && start >= 0 && BEFORE_SIZE.test(before.slice(start));
    return isSize ? " ".repeat(size.length) : size;
  });
}

/** Width and height that an image's address says. @param image the image as written. */
export function sizeIn(image: string): { readonly width?: string; readonly height?: string } {
  const from = image.lastIndexOf("](");
  const found = Array.from(image.slice(Math.max(0, from)).matchAll(SIZE)).at(-1);
  if (from < 0 || found === undefined) return {};
  const [, first, height, only] = found;
  const width = first ?? only;
  return { ...optional({ width, height }) };
}

/** The address of an image or definition as written, where it has code; undefined elsewhere. */
export function writtenAddress(
  text: string,
  place: { readonly destinations: readonly TextSpan[]; readonly codes: readonly TemplateCode[] },
  node: TextSpan,
): string | undefined {
  if (place.codes.length === 0) return undefined;
  // The last one: a label may hold a link with an address of its own.
  const destination = codeWithin(place.destinations, node).at(-1);
  if (destination === undefined || codeWithin(place.codes, destination).length === 0) {
    return undefined;
  }
  const written = text.slice(destination.start, destination.end);
  const isBracketed = /^<(?![%?])/.test(written);
  return isBracketed ? written.slice(1, -1) : written;
}
