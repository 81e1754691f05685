/** Template code in the addresses of Markdown: an engine such as Liquid runs before Markdown is read. */

import type { TextSpan } from "./imageReference";
import { codeWithin, findTemplateCode, type TemplateCode } from "./templateCode";

/** What stands between `](`, or `]:` of a definition, and the code in an address. */
const ADDRESS_BEGIN = /(?:\]\([ \t]*|^[ \t]{0,3}\[[^\]\n]+\]:[ \t]*)<?[^\s()<>]*$/;

/** Longer beginnings of an address are nobody's. */
const MAX_BEGIN = 1000;

/** A document for Markdown's parser, with the places where its addresses have code. */
export interface MaskedAddresses {
  /** As long as the document; spaces, quotes and brackets of code in an address are letters. */
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
  return { text: parts.join(""), codes };
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
