/** Whether a picture is all that a link shows, in every language whose links lie between two tags. */

import type { TextSpan } from "../imageReference";
import type { TagAttribute } from "./tagParts";

/** Components of routers, besides `a`. */
const LINKS =
  /^(?:(?:Nav|Nuxt|Router|Gatsby|G|Remix|Locale|Smart)?Link|(?:router|nuxt|nuxt-i18n|inertia|g)-link)$/;
const ADDRESS = /^(?:href|to|routerlink|xlink:href)$/i;
const LABEL = /^aria-label(?:ledby)?$/;

/** True for a link that its content names. @param attributes under their plain names. */
export function isNamedByContent(name: string, attributes: readonly TagAttribute[]): boolean {
  const isLink =
    LINKS.test(name) || (name === "a" && attributes.some((at) => ADDRESS.test(at.name)));
  return isLink && !attributes.some((attribute) => LABEL.test(attribute.name));
}

/** More than this is in nobody's link beside its picture. */
const MAX_UNITS = 4000;

/** True when a link shows neither words nor another picture with a text. */
export function isOnlyContent(text: string, content: TextSpan, picture: TextSpan): boolean {
  if (picture.start < content.start || picture.end > content.end) return false;
  if (content.end - content.start > MAX_UNITS + picture.end - picture.start) return false;
  const rest = `${text.slice(content.start, picture.start)} ${text.slice(picture.end, content.end)}`;
  if (/\b(?:alt|aria-label)\s*=\s*(?:"[^"]|'[^']|[^\s"'>])|!\[[^\]]/.test(rest)) return false;
  return (
    rest.replace(/<!--[^]*?-->|\{\/\*[^]*?\*\/\}|\{\s*(["'`])\s*\1\s*\}|<[^<>]*>/g, "").trim() ===
    ""
  );
}
