/** Different pictures with one text, and rows of a picture that say the same again and again. */

import { say } from "../messages";
import type { AuditDocument, AuditPicture, Rule, Violation } from "../rule";
import { folded, judgedText } from "../words";

export const repeated: Rule = {
  id: "repeated",
  level: "hint",
  title: "Different pictures share one text",
  help: "Say what tells the pictures apart. In a row of one picture, let one text speak for all.",
  criteria: [],
  techniques: ["G196"],
  act: [],
  aliases: ["repeated-alt-text", "image-alt-text-duplicated"],
  check,
};

function check(picture: AuditPicture, document: AuditDocument): Violation | undefined {
  const found = repeatsOf(document).get(picture);
  if (found === undefined) return undefined;
  const { kind, of } = found;
  const says = [say(kind === "row" ? "repeated-row" : "repeated", picture.reference.alt ?? "")];
  return { says, related: [of] };
}

interface Repeat {
  readonly kind: "row" | "other";
  /** The picture whose text it repeats. */
  readonly of: AuditPicture;
}

const known = new WeakMap<AuditDocument, ReadonlyMap<AuditPicture, Repeat>>();

function repeatsOf(document: AuditDocument): ReadonlyMap<AuditPicture, Repeat> {
  const repeats = known.get(document) ?? findRepeats(document);
  known.set(document, repeats);
  return repeats;
}

/** Where conditions of a program choose between pictures, two with one text are one to readers. */
// prettier-ignore
const OF_PROGRAMS: ReadonlySet<string> = new Set([
  "jsx", "tsx", "typescript", "vue", "svelte", "astro", "handlebars", "liquid", "jinja", "twig",
  "erb", "ejs", "php", "blade", "razor", "gotmpl",
]);

function findRepeats(document: AuditDocument): ReadonlyMap<AuditPicture, Repeat> {
  const found = new Map<AuditPicture, Repeat>();
  const firsts = new Map<string, Shown>();
  let before: { readonly picture: AuditPicture; readonly key: string } | undefined;
  for (const picture of document.pictures) {
    const text = judgedText(picture, document);
    const words = text === undefined ? "" : folded(text);
    const address = addressOf(picture);
    if (words === "" || address === undefined) {
      before = undefined;
      continue;
    }
    const key = `${words}\n${address}`;
    const first = firsts.get(words);
    if (before?.key === key && isRow(before.picture, picture, document.text)) {
      found.set(picture, { kind: "row", of: before.picture });
    } else if (first !== undefined && isOther(first, { picture, address })) {
      found.set(picture, { kind: "other", of: first.picture });
    }
    if (first === undefined) firsts.set(words, { picture, address });
    before = { picture, key };
  }
  return found;
}

/** What tells pictures apart; undefined where only the running program knows. */
function addressOf({ resolved }: AuditPicture): string | undefined {
  if (resolved.kind === "file") return resolved.path;
  if (resolved.kind === "remote") return resolved.url.replace(/^https?:|[?#].*$/g, "");
  return resolved.kind === "data" ? resolved.uri : undefined;
}

/** In one line, or in a list of lines without an empty one, of which programs make something else. */
function isRow({ reference }: AuditPicture, second: AuditPicture, text: string): boolean {
  const between = text.slice(reference.span.end, second.reference.span.start);
  const nLines = between.split("\n").length;
  return between.trim() === "" && nLines <= (OF_PROGRAMS.has(reference.language) ? 1 : 2);
}

interface Shown {
  readonly picture: AuditPicture;
  readonly address: string;
}

/** Badges on servers share their short names, and nobody can look whether they are one picture. */
function isOther(first: Shown, second: Shown): boolean {
  const { reference, resolved } = second.picture;
  if (resolved.kind === "remote" || OF_PROGRAMS.has(reference.language)) return false;
  const themes = [first, second].map(({ picture }) => themeOf(picture));
  if (!themes.includes(undefined) && themes[0] !== themes[1]) return false;
  return variantOf(first.address) !== variantOf(second.address);
}

/** GitHub and Material for MkDocs show a picture only on light or on dark pages by the end of its address. */
function themeOf({ reference: { target } }: AuditPicture): string | undefined {
  return /#(?:gh-)?(?:only-)?(light|dark)(?:-mode-only)?$/.exec(target.value)?.[1];
}

/** One picture for light and for dark pages, in several sizes and formats, is one. */
function variantOf(address: string): string {
  return address
    .toLowerCase()
    .replace(/\.[a-z\d]+$/, "")
    .replace(
      /(?:^|[-_.@/])(?:light|dark|day|night|white|black|mobile|desktop|small|large|\dx|\d+x\d+)(?![a-z])/g,
      "",
    );
}
