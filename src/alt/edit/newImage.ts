/** A picture that a document does not have yet, in the document's own syntax. */

import { findImages, type FindOptions } from "../formats/findImages";
import type { AltLanguage } from "../languages";
import { encodedPath } from "../resolve/slashPath";
import { applyEdits } from "../textEdit";
import { setAlt } from "./editAlt";

/** How a language writes a picture of an address, with no text yet; undefined where text is not written by hand. */
type Writing = ((address: string) => string) | undefined;

const inMarkdown: Writing = (address) => `![](${address})`;
const inHtml: Writing = (address) => `<img src="${address}">`;
const inJsx: Writing = (address) => `<img src="${address}" />`;

const WRITINGS: Readonly<Record<AltLanguage, Writing>> = {
  markdown: inMarkdown,
  mdx: inMarkdown,
  quarto: inMarkdown,
  rmd: inMarkdown,
  html: inHtml,
  handlebars: inHtml,
  liquid: inHtml,
  jinja: inHtml,
  twig: inHtml,
  erb: inHtml,
  ejs: inHtml,
  php: inHtml,
  blade: inHtml,
  razor: inHtml,
  gotmpl: inHtml,
  vue: inHtml,
  svelte: inHtml,
  typescript: inHtml,
  jsx: inJsx,
  tsx: inJsx,
  astro: inJsx,
  asciidoc: (address) => `image::${address}[]`,
  restructuredtext: (address) => `.. image:: ${address}`,
  latex: (address) => `\\includegraphics{${address}}`,
  typst: (address) => `#image("${address}")`,
  org: (address) => `[[file:${address}]]`,
  dita: (address) => `<image href="${address}"/>`,
  docbook: (address) =>
    `<mediaobject><imageobject><imagedata fileref="${address}"/></imageobject></mediaobject>`,
  notebook: undefined,
};

/** Languages whose pictures stand between paragraphs. */
const IN_BLOCKS: readonly AltLanguage[] = [
  ...(["markdown", "mdx", "quarto", "rmd"] as const),
  ...(["asciidoc", "restructuredtext", "org", "latex", "typst"] as const),
];

/** Languages that read an address as a path and not as a browser does. */
const TAKE_PATHS: readonly AltLanguage[] = ["latex", "typst", "org"];

export interface NewImage {
  readonly language: AltLanguage;
  /** From the document's folder, with forward slashes. */
  readonly path: string;
  /** Undefined: none yet, which an audit finds. */
  readonly alt: string | undefined;
  readonly options: FindOptions;
}

/** What is written where. */
export interface Insertion {
  readonly at: number;
  readonly newText: string;
}

/**
 * Where a new picture goes and how it is written: between paragraphs below the one at the cursor, or in a language
 * of tags at the cursor itself.
 * @returns undefined where the language has no place for one.
 * @throws AppError `document.unparsable`.
 */
export function insertionOf(text: string, offset: number, image: NewImage): Insertion | undefined {
  const { language, path, alt, options } = image;
  const write = WRITINGS[language];
  if (write === undefined) return undefined;
  const address = TAKE_PATHS.includes(language) ? path : encodedPath(path);
  const place = IN_BLOCKS.includes(language) ? blockPlace(text, offset) : bare(offset);
  const plain = { at: place.at, newText: place.before + write(address) + place.after };
  if (alt === undefined) return plain;
  // The text is written by what writes all texts, and so it is read back as it was meant.
  const whole = text.slice(0, plain.at) + plain.newText + text.slice(plain.at);
  const end = plain.at + plain.newText.length;
  const found = findImages(whole, language, options).find(
    ({ span }) => span.start >= plain.at && span.start < end,
  );
  if (found === undefined || found.altSlot.form === "none") return plain;
  const edited = applyEdits(whole, setAlt(whole, found, alt));
  return { at: plain.at, newText: edited.slice(plain.at, edited.length - (whole.length - end)) };
}

interface BlockPlace {
  readonly at: number;
  readonly before: string;
  readonly after: string;
}

function bare(at: number): BlockPlace {
  return { at, before: "", after: "" };
}

/** Below the paragraph at the cursor, or in the empty line at the cursor, with an empty line on each side. */
function blockPlace(text: string, offset: number): BlockPlace {
  const lineBreak = text.includes("\r\n") ? "\r\n" : "\n";
  let at = lineEnd(text, offset);
  const isEmptyLine = text.slice(lineStart(text, offset), at).trim() === "";
  if (isEmptyLine) at = lineStart(text, offset);
  else {
    while (at < text.length) {
      const next = text.indexOf("\n", at) + 1;
      if (next === 0 || text.slice(next, lineEnd(text, next)).trim() === "") break;
      at = lineEnd(text, next);
    }
  }
  const [head, tail] = [text.slice(0, at), text.slice(at)];
  const isAfterText = head.trim() !== "" && !/\n[ \t]*\r?\n$/.test(head);
  const isBeforeText = tail.trim() !== "" && !/^[ \t]*\r?\n[ \t]*\r?\n/.test(tail);
  const before = !isAfterText ? "" : head.endsWith("\n") ? lineBreak : lineBreak + lineBreak;
  const after = !isBeforeText ? "" : /^[ \t]*\r?\n/.test(tail) ? lineBreak : lineBreak + lineBreak;
  return { at, before, after };
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Before the line's break. */
function lineEnd(text: string, offset: number): number {
  const found = text.indexOf("\n", offset);
  const end = found < 0 ? text.length : found;
  return end > offset && text.charAt(end - 1) === "\r" ? end - 1 : end;
}
