/**
 * Pictures and other files that are texts: drawings in XML, packed or in UTF-16, and what is found under
 * a picture's name instead of one. Knows no decoder.
 */

import { gunzip } from "node:zlib";
import { promisify } from "node:util";

/** Formats that are decoded. */
export const READ_FORMATS = "PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG";

/** A file that is not decoded. */
export interface Stranger {
  /** Such as "a BMP picture, which is not read"; follows the file's name and "is". */
  readonly what: string;
  /** A sentence, or several: what helps. */
  readonly advice: string;
}

/** Prologues with licences, and document types of some hundred entities, come before the drawing. */
const TEXT_BYTES = 1 << 18;
/** Characters, of at most four bytes, that tell whether a file is a text. */
const START = 4096;
/** Of a drawing that is unpacked; as large as a picture's file may be. */
const MAX_UNPACKED_BYTES = 256 << 20;

/**
 * The bytes that a decoder can read a drawing from: unpacked (SVGZ) and in UTF-8, which is all that
 * libvips looks for. Other files come back as they are, also a gzip file that holds something else.
 */
export async function drawingBytes(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return asUtf8(bytes);
  const options = { maxOutputLength: MAX_UNPACKED_BYTES };
  // What is damaged, or would grow beyond the limit, stays a gzip file.
  const unpacked = await promisify(gunzip)(bytes, options).catch(() => undefined);
  return unpacked !== undefined && isDrawing(unpacked) ? asUtf8(unpacked) : bytes;
}

/** True for the first bytes of a drawing in XML. */
export function isDrawing(bytes: Uint8Array): boolean {
  return rootOf(textOf(bytes))?.toLowerCase() === "svg";
}

/** The beginning of a text, without byte order mark; empty for what is no text. */
export function textOf(bytes: Uint8Array): string {
  const decoder = new TextDecoder(utf16Of(bytes) ?? "utf-8");
  // Most files are no texts, which their beginning tells without decoding the rest.
  const start = decoder.decode(bytes.subarray(0, 4 * START)).slice(0, START);
  // Control characters that no text has; what is not UTF-8 may be an accent of an older encoding.
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  const isText = !/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(start);
  if (!isText || 10 * (start.match(/\ufffd/g)?.length ?? 0) >= start.length) return "";
  return decoder.decode(bytes.subarray(0, TEXT_BYTES));
}

/** By its mark, or by the zeros between the first characters of XML. */
function utf16Of(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0)) return "utf-16le";
  if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c)) return "utf-16be";
  return undefined;
}

function asUtf8(bytes: Uint8Array): Uint8Array {
  const encoding = utf16Of(bytes);
  if (encoding === undefined || !isDrawing(bytes)) return bytes;
  const text = new TextDecoder(encoding).decode(bytes);
  return Buffer.from(text.replace(/^(<\?xml[^>]*?)\s+encoding\s*=\s*("[^"]*"|'[^']*')/, "$1"));
}

/** The name of the first element behind declarations and comments, without its prefix. */
function rootOf(text: string): string | undefined {
  let at = 0;
  for (;;) {
    at += /\s*/y.exec(text.slice(at, at + SHORT))?.[0].length ?? 0;
    const end = endOfPrologue(text, at);
    if (end === undefined) break;
    at = end;
  }
  return /^<(?:[\w.-]+:)?([\w.-]+)[\s/>]/.exec(text.slice(at, at + SHORT))?.[1];
}

/** Longer than names and blank stretches are; longer blank ones are walked in steps. */
const SHORT = 1024;

/** Index behind the white space, instruction, comment or document type at `start`, if there is one. */
function endOfPrologue(text: string, start: number): number | undefined {
  if (/\s/.test(text.charAt(start))) return start + 1;
  if (text.startsWith("<?", start)) return behind(text, "?>", start);
  if (text.startsWith("<!--", start)) return behind(text, "-->", start);
  if (!/^<!doctype\b/i.test(text.slice(start, start + 10))) return undefined;
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    const isComment = char === "<" && text.startsWith("<!--", at);
    const closing = isComment ? "-->" : char === '"' || char === "'" ? char : undefined;
    if (closing !== undefined) {
      const end = behind(text, closing, at + 1);
      if (end === undefined) return undefined;
      at = end - 1;
    } else if (char === "[") depth++;
    else if (char === "]") depth--;
    else if (char === ">" && depth <= 0) return at + 1;
  }
  return undefined;
}

function behind(text: string, mark: string, from: number): number | undefined {
  const at = text.indexOf(mark, from);
  return at < 0 ? undefined : at + mark.length;
}

const ELSEWHERE = "Get the picture itself, for example by opening its address in a browser.";
/** Characters of a text that a message shows. */
const SHOWN = 60;

/** What a text is that was found in a picture's place; undefined for a drawing and for no text. */
export function textStranger(text: string): Stranger | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const root = rootOf(text)?.toLowerCase();
  if (root === "svg") return undefined;
  if (root === "html" || /^<(!doctype html|html|head|body|title|script|meta)\b/i.test(trimmed)) {
    return {
      what: "a web page (HTML) under a picture's name, such as a server's error or sign-in page",
      advice: ELSEWHERE,
    };
  }
  if (root !== undefined) {
    return { what: `an XML text (<${root}>) and not an SVG drawing`, advice: ELSEWHERE };
  }
  return (
    TEXTS.find(({ pattern }) => pattern.test(trimmed))?.stranger(trimmed) ?? {
      what: `a text and no picture; it begins with "${shortened(trimmed)}"`,
      advice: `Use ${READ_FORMATS}.`,
    }
  );
}

function shortened(text: string): string {
  const line = text.split(/\s*[\r\n]/, 1)[0] ?? "";
  return line.length <= SHOWN ? line : `${line.slice(0, SHOWN)}…`;
}

const TEXTS: readonly { pattern: RegExp; stranger: (text: string) => Stranger }[] = [
  {
    pattern: /^version https:\/\/git-lfs\.github\.com\/spec\//,
    stranger: () => ({
      what: "a Git LFS pointer: the picture itself is not here yet",
      advice: "Run git lfs pull in its repository.",
    }),
  },
  {
    pattern: /^(?:\S*\/)?\.?(?:git\/)?annex\/objects\/\S/,
    stranger: () => ({
      what: "a pointer of git-annex: the picture itself is not here yet",
      advice: "Run git annex get on it.",
    }),
  },
  {
    pattern:
      /^[^\r\n<>{}]{0,500}[^\r\n<>{}\s/]\.(?:png|jpe?g|jpe|webp|gif|avif|tiff?|svgz?|bmp|heic)$/i,
    stranger: (text) => ({
      what: `a text with the path "${shortened(text)}", as a symbolic link is left where there are none`,
      advice: "Use the picture at this path, or let Git make links (core.symlinks).",
    }),
  },
  {
    pattern: /^data:image\//i,
    stranger: () => ({
      what: "a text with a data: address",
      advice: "Save the picture that the address holds, for example from a browser.",
    }),
  },
  {
    pattern: /^(?:iVBORw0KGgo|\/9j\/|R0lGOD|UklGR)[\w+/=\s]*$/,
    stranger: () => ({
      what: "a picture written as text (base64)",
      advice: "Decode it, for example with base64 -d.",
    }),
  },
  {
    pattern: /^[[{]\s*["{[\]}\d]/,
    stranger: (text) => ({
      what: `a JSON text, such as a server's error: ${shortened(text)}`,
      advice: ELSEWHERE,
    }),
  },
];
