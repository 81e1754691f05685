/**
 * What makes a good alternative text, as far as rules can tell (W3C WAI images tutorial, GitHub's
 * accessibility rules, WCAG failure F30): cleaning what a model says, and judging what is there.
 */

import { oneLineText } from "./escape";
import type { ImageReference } from "./imageReference";

/** What can be wrong with an alternative text, worst first. */
export const ALT_PROBLEMS = [
  "missing",
  "placeholder",
  "filename",
  "redundant-prefix",
  "too-long",
] as const;

export type AltProblem = (typeof ALT_PROBLEMS)[number];

/** No standard has a limit; this is the advice of most guides. Longer texts are never cut. */
export const MAX_ALT_CHARACTERS = 125;

/** Beyond this many UTF-16 units only the length is told, so that patterns stay cheap. */
const LONGEST_JUDGED = 1000;

/**
 * A model's caption as an alternative text: without "a photo of", on one line, beginning with a
 * capital, with its end as it was but no full stop doubled. Nothing is cut for being long.
 * @returns the empty text when the caption says nothing.
 */
export function cleanCaption(caption: string): string {
  let text = withoutQuotes(oneLineText(caption));
  for (;;) {
    const prefix = prefixOf(text, MODEL_PREFIX);
    if (prefix === "") break;
    text = text.slice(prefix.length).trimStart();
  }
  text = text.replace(/[\s.]*\.$/, (end) => (end === "..." ? end : "."));
  // One phrase is no sentence, so it ends without a full stop; several sentences keep theirs.
  if (!/[.!?]\s/.test(text) && !text.endsWith("...")) text = text.replace(/[\s.]+$/, "");
  return capitalised(text);
}

/** True for a text that most guides call too long for an alternative text. */
export function isLongAlt(text: string): boolean {
  return Array.from(oneLineText(text)).length > MAX_ALT_CHARACTERS;
}

/** What is wrong with the alternative text of a picture; null when rules find nothing. */
export function altProblem(reference: ImageReference): AltProblem | null {
  const { altState, isDecorative, isHidden } = reference;
  if (altState === "dynamic" || altState === "named" || isDecorative || isHidden) return null;
  return textProblem(reference.alt ?? "");
}

/** What is wrong with a text; null when rules find nothing. The empty text is `missing`. */
export function textProblem(alt: string): AltProblem | null {
  const text = oneLineText(alt);
  if (text === "") return "missing";
  if (text.length > LONGEST_JUDGED) return "too-long";
  if (isPlaceholder(text)) return "placeholder";
  if (isFileName(text)) return "filename";
  if (prefixOf(text, REDUNDANT_PREFIX) !== "") return "redundant-prefix";
  return isLongAlt(text) ? "too-long" : null;
}

/** Words that stand where a description should (VS Code inserts "alt text" itself). */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  ...["alt", "alt text", "alternative text", "alternate text", "alt-text", "alttext", "alt tag"],
  ...[
    "insert alt text",
    "insert alt text here",
    "add alt text",
    "add alt text here",
    "your alt text",
  ],
  ...["alt text here", "image alt text", "image alt", "text", "description", "image description"],
  ...["image", "images", "img", "photo", "picture", "pic", "graphic", "icon", "logo", "screenshot"],
  ...[
    "screen shot",
    "figure",
    "fig",
    "chart",
    "diagram",
    "banner",
    "thumbnail",
    "avatar",
    "placeholder",
  ],
  ...["untitled", "todo", "tbd", "tba", "fixme", "xxx", "n/a", "na", "none", "null", "undefined"],
  ...["caption", "temp", "test", "example", "lorem ipsum", "image here", "an image", "a picture"],
  ...["the image", "this image", "a photo", "a screenshot", "image of", "picture of", "photo of"],
  ...["enter image description here", "enter alt text here"],
]);

function isPlaceholder(text: string): boolean {
  const bare = text
    .toLowerCase()
    .replace(/^[\s<[({"'*_:.…-]+|[\s>\])}"'*_:.…!?-]+$/gu, "")
    .replace(/\s+/g, " ");
  // Nothing but marks, such as "…" or "---".
  if (!/[\p{L}\p{N}\p{S}]/u.test(text)) return true;
  // "Image 3" and "figure-12" name a place in a row.
  return PLACEHOLDERS.has(bare) || PLACEHOLDERS.has(bare.replace(/[\s_#-]*\d{1,3}$/, ""));
}

const EXTENSIONS = "png|jpe?g|gif|webp|avif|svg|bmp|ico|tiff?|heic|heif|jfif|jxl|apng";
/** A path or name that ends as a file of a picture does. */
const FILE_NAME = new RegExp(`^\\S+\\.(?:${EXTENSIONS})$|^[^.!?]{1,80}\\.(?:${EXTENSIONS})$`, "i");
const PICTURE_END = new RegExp(`[^/\\\\]\\.(?:${EXTENSIONS})$`, "i");
/** What cameras, phones and screenshots call their files. */
const CAMERA_NAME =
  /^(?:IMG|DSC[NF]?|DCIM|PXL|MVIMG|GOPR|WP|P|PICT|image|photo|scan|screenshot|capture)[-_ ]?\d[\d_ -]*(?:\(\d+\))?$/i;
const DATED_SCREENSHOT =
  /^(?:screen ?shot|screen ?capture|screen ?recording|bildschirmfoto|capture d.écran)[-_ ](?:\w+[-_ ])?\d{4}[-_. ]\d{2}[-_. ]\d{2}/i;

/** True for a path whose file is a picture by its name; `#` and what follows is no part of it. */
export function isPicturePath(path: string): boolean {
  const [file = ""] = path.split("#");
  return PICTURE_END.test(file.trim());
}

function isFileName(text: string): boolean {
  return FILE_NAME.test(text) || CAMERA_NAME.test(text) || DATED_SCREENSHOT.test(text);
}

/**
 * Words that add nothing, because a screen reader says "image" by itself. "Photograph of" may matter
 * where paintings hang beside, so it is no problem of an existing text, but a model says it of anything.
 */
const REDUNDANT_PREFIX = prefixPattern("image|photo|picture|pic|graphic|img");
const MODEL_PREFIX = prefixPattern("image|photo|photograph|picture|pic|graphic|img");

function prefixPattern(nouns: string): RegExp {
  const lead = "(?:(?:this|here|there|it) is |it's )?(?:(?:an?|the|this) )?";
  const look = "(?:close-?up |black and white |blurry |colou?r )?";
  const link =
    "(?: (?:of|showing|shows|depicting|depicts|featuring|features|that shows) | ?: | ?[-–—] )";
  return new RegExp(`^${lead}${look}(?:${nouns})s?${link}`, "i");
}

/** The redundant words at the beginning with the space behind them, or the empty text. */
function prefixOf(text: string, pattern: RegExp): string {
  // "a photo of" and no more says nothing either.
  return pattern.exec(`${text} `)?.[0] ?? "";
}

function withoutQuotes(text: string): string {
  const match = /^(["'“‘])(.*)(["'”’])$/su.exec(text);
  const inner = match?.[2];
  return inner !== undefined && !/["“”]/.test(inner) ? inner.trim() : text;
}

function capitalised(text: string): string {
  const [first = ""] = Array.from(text);
  return first.toUpperCase() + text.slice(first.length);
}
