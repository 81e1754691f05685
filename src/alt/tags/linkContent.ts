/**
 * Whether a picture is all that a link or button shows, so that its text is their name, in every
 * language whose elements lie between two tags.
 */

import type { NamedElement, TextSpan } from "../imageReference";
import type { TagAttribute } from "./tagParts";

/** Components of routers, besides `a`. */
const LINKS =
  /^(?:(?:Nav|Nuxt|Router|Gatsby|G|Remix|Locale|Smart)?Link|(?:router|nuxt|nuxt-i18n|inertia|g)-link)$/;
/** Components of React Native, besides `button`. */
const BUTTONS =
  /^(?:button|Pressable|Touchable(?:Opacity|Highlight|WithoutFeedback|NativeFeedback))$/;
const ADDRESS =
  /^(?:href|to|routerlink|xlink:href|asp-(?:page|action|controller|area|route)\b.*)$/i;
const LABEL = /^(?:aria-label(?:ledby)?|title|accessibilityLabel)$/;

/** What kind of element names itself by its content. @param attributes under their plain names. */
export function namedByContent(
  name: string,
  attributes: readonly TagAttribute[],
): NamedElement | undefined {
  if (attributes.some(isLabel)) return undefined;
  if (BUTTONS.test(name)) return "button";
  const role = attributes.find((each) => each.name === "role")?.value;
  const said = role?.kind === "text" ? role.text.trim() : "";
  if (said === "button" || said === "link") return said;
  const isLink =
    LINKS.test(name) || (name === "a" && attributes.some((each) => ADDRESS.test(each.name)));
  return isLink ? "link" : undefined;
}

function isLabel({ name, value }: TagAttribute): boolean {
  return LABEL.test(name) && !(value.kind === "text" && value.text.trim() === "");
}

/** More than this is in nobody's link beside its picture. */
const MAX_UNITS = 4000;

/** True when a link shows neither words nor another picture with a text. */
export function isOnlyContent(text: string, content: TextSpan, picture: TextSpan): boolean {
  if (picture.start < content.start || picture.end > content.end) return false;
  if (content.end - content.start > MAX_UNITS + picture.end - picture.start) return false;
  const rest = `${text.slice(content.start, picture.start)} ${text.slice(picture.end, content.end)}`;
  if (/\b(?:alt|aria-label)\s*=\s*(?:"[^"]|'[^']|[^\s"'>])|!\[[^\]]/.test(rest)) return false;
  return withoutTags(rest).trim() === "";
}

/** What is left of markup without its tags, comments, and braces of JavaScript that show nothing. */
export function withoutTags(markup: string): string {
  return markup.replace(/<!--[^]*?-->|\{\/\*[^]*?\*\/\}|\{\s*(["'`])\s*\1\s*\}|<[^<>]*>/g, "");
}

/** Longer stretches beside a picture are no repetition of its text. */
const MAX_WORDS = 1000;

/** The words that an element shows beside its picture; empty when there are too many to compare. */
export function wordsBeside(text: string, content: TextSpan, picture: TextSpan): string {
  if (picture.start < content.start || picture.end > content.end) return "";
  if (content.end - content.start > MAX_WORDS + picture.end - picture.start) return "";
  return shownWords(
    `${text.slice(content.start, picture.start)} ${text.slice(picture.end, content.end)}`,
  );
}

/** The words of a piece of markup, with its most usual entities read. */
export function shownWords(markup: string): string {
  return withoutTags(markup.slice(0, 2 * MAX_WORDS))
    .replace(/&(?:amp|lt|gt|quot|#39|apos|nbsp);/g, (entity) => ENTITIES[entity] ?? entity)
    .replace(/\s+/g, " ")
    .trim();
}

// prettier-ignore
const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&apos;": "'", "&nbsp;": " ",
};
