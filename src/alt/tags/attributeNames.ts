/**
 * The names under which frameworks set an attribute: Angular, AngularJS, Vue, Alpine, Lit, Polymer,
 * Aurelia, Thymeleaf, Knockout and translators. Knows names and values as they are written, and no
 * picture.
 */

import type { AttributeValue, TagAttribute } from "./tagParts";

/** Ways to say that an expression sets the attribute whose plain name is in the group. */
const BINDINGS: readonly RegExp[] = [
  /^\[\(?(?:attr\.)?([^\])]+)\)?\]$/,
  /^(?:data-|x-)?(?:bind|bindon)-(?:attr\.)?(.+)$/,
  /^(?:v-bind|x-bind|(?:data-)?th|wire):([^[].*)$/,
  /^data-th-(.+)$/,
  /^(?:data-|x-)?ng[-:](?:attr|prop)-(.+)$/,
  /^[:.?]([^[].*)$/,
  /^(.+?)(?:\$|\.(?:bind|one-way|to-view|one-time|two-way|from-view|attr|prop|camel))$/,
];

/** Directives that stand for `src` or `srcset`, with text or with an expression. */
const SOURCES: ReadonlyMap<string, string> = new Map([
  ...(["ng-src", "data-ng-src", "ngsrc", "ngSrc"] as const).map((name) => [name, "src"] as const),
  ...(["ng-srcset", "data-ng-srcset", "ngsrcset", "ngSrcset"] as const).map(
    (name) => [name, "srcset"] as const,
  ),
  ...(["lazyload", "lazyLoad", "v-lazy"] as const).map((name) => [name, "src"] as const),
]);

/** The attribute under its plain name; what a framework computes is an expression. */
export function plainAttribute(attribute: TagAttribute): TagAttribute {
  const bound = boundName(attribute.name);
  const name = bound ?? attribute.name;
  const plain = { ...attribute, name: SOURCES.get(name) ?? name };
  if (bound === undefined || attribute.value.kind === "expression") return plain;
  return { ...plain, value: expressionOf(attribute.value) };
}

function boundName(name: string): string | undefined {
  for (const pattern of BINDINGS) {
    const bound = pattern.exec(name)?.[1];
    // `:alt.camel` has a modifier behind it.
    if (bound !== undefined) return bound.split(".")[0];
  }
  return undefined;
}

/** A quoted text is all that can be read of an expression in a language that is not known. */
function expressionOf(value: AttributeValue): AttributeValue {
  const written = value.kind === "text" ? value.text : "";
  const fixed = /^\s*(["'`])([^"'`\\$]*)\1\s*$/.exec(written)?.[2];
  return {
    kind: "expression",
    target:
      fixed === undefined ? { kind: "dynamic", value: written } : { kind: "url", value: fixed },
  };
}

/** True for a name whose value is an object with further attributes, which only the program knows. */
export function isSpread({ name, value }: TagAttribute): boolean {
  if (/^(?:v-bind|x-bind|:|:\[.*|v-bind:\[.*|@attributes|data-l10n-id)$/.test(name)) return true;
  if (name.includes("...")) return true;
  const isKnockout = name === "data-bind" && value.kind === "text";
  return isKnockout && /(?:^|[{,\s])['"]?attr['"]?\s*:\s*[^{\s]/.test(value.text);
}

/** Attributes whose values say something else, whatever stands in them. */
const OTHERS =
  /^(?:on|@|\(|\*|#|v-(?:if|else|for|show|on|slot|model)|(?:data-)?(?:lazy-)?src|srcset|href|class|style|id|title|alt|sizes|usemap|aria-)/i;

/**
 * True where something else than `alt` surely sets the text while the program runs, such as a
 * translator's `data-i18n="[alt]name"` or Knockout's `data-bind="attr: { alt: name }"`.
 */
export function setsAlt({ name, value }: TagAttribute): boolean {
  const written = writtenValue(value);
  if (written === "" || OTHERS.test(name)) return false;
  if (/\[alt\]|(?:^|[\s{,;('"`])alt['"`]?\s*(?::|=(?!=))/i.test(written)) return true;
  return /attr/i.test(name) && /(?:^|[\s,;|])alt(?:$|[\s,;|])/i.test(written);
}

function writtenValue(value: AttributeValue): string {
  if (value.kind === "text") return value.text;
  return value.kind === "expression" ? value.target.value : "";
}

/** Words behind `alt` with which it means another picture or a look, and no text. */
const NO_TEXT = new Set([
  ..."src srcset source image images img picture url href link color colour style class theme".split(
    " ",
  ),
  ..."size sizes width height background bg icon view mode layout format type".split(" "),
]);

/** True for a name that may hold the text under another name: `data-alt`, `altText`, `i18n-alt`. */
export function isNamedAfterAlt({ name }: TagAttribute): boolean {
  if (name === "alt") return false;
  const words = name
    .replace(/([a-z])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z\d]+/);
  const at = words.indexOf("alt");
  return at >= 0 && !NO_TEXT.has(words[at + 1] ?? "");
}

/**
 * React Native's names for what HTML calls `src`, `alt` and `aria-hidden` become these.
 * @param attributes those of a picture, as they are written.
 */
export function nativeAttributes(attributes: readonly TagAttribute[]): TagAttribute[] {
  const hasAlt = attributes.some(({ name }) => name === "alt");
  return attributes.map((attribute) => {
    if (attribute.name === "source") return { ...attribute, name: "src" };
    if (attribute.name === "accessibilityLabel" && !hasAlt) return { ...attribute, name: "alt" };
    return isHidden(attribute) ? { ...attribute, name: "aria-hidden", value: TRUE } : attribute;
  });
}

const TRUE = { kind: "expression", target: { kind: "dynamic", value: "true" } } as const;

function isHidden({ name, value }: TagAttribute): boolean {
  if (name === "accessible") return value.kind === "expression" && value.target.value === "false";
  if (name === "accessibilityElementsHidden") {
    return value.kind === "none" || (value.kind === "expression" && value.target.value === "true");
  }
  return name === "importantForAccessibility" && value.kind === "text" && /^no\b/.test(value.text);
}
