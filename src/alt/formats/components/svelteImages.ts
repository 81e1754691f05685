/** Pictures in Svelte components, by Svelte's own parser. */

import { parse } from "svelte/compiler";
import { isImageName, type FindContext } from "../findContext";
import type { ImageReference, TextSpan } from "../../imageReference";
import {
  childNode,
  childNodes,
  fragmentNodes,
  isJsNode,
  textField,
  walkJs,
  type JsNode,
} from "../script/jsNode";
import { fixedText, targetOf, type Bindings } from "../script/jsValue";
import { scriptBindings } from "../script/looseScript";
import { openingEnd, valueSpans } from "../../tags/markupAttribute";
import { masked, rawElements, type RawElement } from "../../tags/maskMarkup";
import { maskOpenQuotes } from "../../tags/openQuotes";
import { findScannedImages } from "../scannedImages";
import { imageOfTag } from "../../tags/tag";
import type { AttributeValue, Tag, TagAttribute, TagContext } from "../../tags/tagParts";
import { contentBefore, contextAbove, type TreeReader } from "../../tags/tagAncestors";

/**
 * Style sheets and scripts are written in many languages and are no markup: where Svelte cannot read a
 * component with them, it is given the component without. What it cannot read even then, for a
 * mistake in the markup, is searched for its tags alone.
 * @throws RangeError for a component nested too deeply.
 */
export function findSvelteImages(context: FindContext): ImageReference[] {
  const { text } = context;
  const raw = rawElements(text);
  const bindings = bindingsOfScripts(text, raw);
  const closed = maskOpenQuotes(text);
  const markup = masked(
    closed,
    raw.map(({ content }) => content),
  );
  const body = markupNodes(closed) ?? markupNodes(markup);
  return body === undefined
    ? findScannedImages(context, { dialect: "svelte", bindings, markup })
    : imagesInNodes(body, context, bindings);
}

function bindingsOfScripts(text: string, raw: readonly RawElement[]): Bindings {
  const scripts = raw.filter(({ name }) => name === "script");
  return new Map(
    scripts.flatMap(({ content }) => [...scriptBindings(text, { span: content, kind: "ts" })]),
  );
}

/** Svelte looks for the language of scripts in a time that is cubic in their number (measured). */
const MAX_SCRIPTS = 50;

/** Undefined for markup that Svelte cannot read. */
function markupNodes(markup: string): JsNode[] | undefined {
  if ((markup.match(/<script/g)?.length ?? 0) > MAX_SCRIPTS) return undefined;
  try {
    // Loose: a component that is being typed is read as far as it goes.
    const root = parse(markup, { modern: true, loose: true });
    return (fragmentNodes(root.fragment) ?? []).filter(isJsNode);
  } catch {
    return undefined;
  }
}

function imagesInNodes(
  body: readonly JsNode[],
  context: FindContext,
  bindings: Bindings,
): ImageReference[] {
  const { text, language } = context;
  const images: ImageReference[] = [];
  const reader = readerOf(text);
  walkJs({ type: "Root", start: 0, end: text.length, body }, (node, parents) => {
    const name = elementName(node);
    if (name === undefined || !isImageName(name, context)) return;
    const tag = tagOf({ node, name, text, bindings }, contextAbove(node, parents, reader));
    const image = imageOfTag(tag, { text, language, dialect: "svelte" });
    if (image !== undefined) images.push(image);
  });
  return images;
}

interface TagParts {
  readonly node: JsNode;
  readonly name: string;
  readonly text: string;
  readonly bindings: Bindings;
}

function tagOf({ node, name, text, bindings }: TagParts, context: TagContext): Tag {
  return {
    name,
    span: { start: node.start, end: openingEndOf(node, text) },
    nameEnd: node.start + 1 + name.length,
    attributes: attributesOf(node, { text, bindings }),
    hasSpread: childNodes(node, "attributes").some(({ type }) => type === "SpreadAttribute"),
    context,
  };
}

interface Scope {
  readonly text: string;
  readonly bindings: Bindings;
}

function attributesOf(node: JsNode, scope: Scope): TagAttribute[] {
  return childNodes(node, "attributes").flatMap((attribute): TagAttribute[] => {
    if (attribute.type === "Attribute") return [attributeOf(attribute, scope)];
    if (attribute.type !== "BindDirective") return [];
    // `bind:alt` and `bind:src` share a variable with a component.
    const name = textField(attribute, "name") ?? "";
    const value = scope.text.slice(attribute.start, attribute.end);
    const target = { kind: "dynamic", value } as const;
    return [
      { name, span: spanOf(attribute), value: { kind: "expression", target }, isBound: true },
    ];
  });
}

function attributeOf(node: JsNode, scope: Scope): TagAttribute {
  const span = spanOf(node);
  const name = textField(node, "name") ?? "";
  return { name, span, value: valueOf(node, scope), isBound: false };
}

function valueOf(node: JsNode, scope: Scope): AttributeValue {
  if (node["value"] === true) return { kind: "none" };
  const single = childNode(node, "value");
  const parts = single === undefined ? childNodes(node, "value") : [single];
  const spans = valueSpans(scope.text, spanOf(node));
  if (spans !== undefined && parts.every(({ type }) => type === "Text")) {
    const text = parts.map((part) => textField(part, "data") ?? "").join("");
    return { kind: "text", text, ...spans };
  }
  const [part, ...others] = parts;
  const expression = part === undefined ? undefined : childNode(part, "expression");
  if (expression === undefined || others.length > 0) {
    const written = spans === undefined ? spanOf(node) : spans.literal;
    const value = scope.text.slice(written.start, written.end);
    return { kind: "expression", target: { kind: "dynamic", value } };
  }
  const text = fixedText(expression);
  if (text === undefined || spans === undefined) {
    return { kind: "expression", target: targetOf(expression, scope) };
  }
  const content = { start: expression.start + 1, end: expression.end - 1 };
  return { kind: "text", text, literal: spans.literal, content };
}

function readerOf(text: string): TreeReader<JsNode> {
  return {
    nameOf: elementName,
    spanOf,
    childrenOf: elementsIn,
    contentOf: (node) => {
      const name = elementName(node) ?? "";
      return contentBefore(text, {
        name,
        span: spanOf(node),
        openingEnd: openingEndOf(node, text),
      });
    },
    attributesOf: (node) => attributesOf(node, { text, bindings: new Map() }),
  };
}

function elementsIn(node: JsNode): JsNode[] {
  return (fragmentNodes(node["fragment"]) ?? []).filter(isJsNode);
}

function elementName(node: JsNode): string | undefined {
  return node.type === "RegularElement" || node.type === "Component"
    ? textField(node, "name")
    : undefined;
}

function openingEndOf(node: JsNode, text: string): number {
  const ends = childNodes(node, "attributes").map(({ end }) => end);
  return openingEnd(text, Math.max(node.start, ...ends), node.end);
}

function spanOf({ start, end }: JsNode): TextSpan {
  return { start, end };
}
