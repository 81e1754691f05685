/** Pictures in Svelte components, by Svelte's own parser. */

import { parse } from "svelte/compiler";
import { isImageName, type FindContext } from "./findContext";
import type { ImageReference, TextSpan } from "./imageReference";
import {
  childNode,
  childNodes,
  fragmentNodes,
  isJsNode,
  textField,
  walkJs,
  type JsChain,
  type JsNode,
} from "./jsNode";
import { bindingsOf, fixedText, targetOf, type Bindings } from "./jsValue";
import { openingEnd, valueSpans } from "./markupAttribute";
import {
  imageOfTag,
  type AttributeValue,
  type Tag,
  type TagAttribute,
  type TagContext,
} from "./tag";

/** @throws an error of the parser for a document that is no component. */
export function findSvelteImages(context: FindContext): ImageReference[] {
  const { text, language } = context;
  // Loose: a component that is being typed is read as far as it goes.
  const root = parse(text, { modern: true, loose: true });
  const scripts: readonly unknown[] = [root.module?.content, root.instance?.content];
  const bindings: Bindings = new Map(
    scripts.filter(isJsNode).flatMap((program) => [...bindingsOf(program, text)]),
  );
  const body = (fragmentNodes(root.fragment) ?? []).filter(isJsNode);
  const images: ImageReference[] = [];
  walkJs({ type: "Root", start: 0, end: text.length, body }, (node, parents) => {
    const name = elementName(node);
    if (name === undefined || !isImageName(name, context)) return;
    const tag = tagOf({ node, name, text, bindings }, contextOf(node, parents, text));
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
  const attributes = childNodes(node, "attributes");
  return {
    name,
    span: { start: node.start, end: openingEndOf(node, text) },
    nameEnd: node.start + 1 + name.length,
    attributes: attributes
      .filter(({ type }) => type === "Attribute")
      .map((attribute) => attributeOf(attribute, { text, bindings })),
    hasSpread: attributes.some(({ type }) => type === "SpreadAttribute"),
    context,
  };
}

interface Scope {
  readonly text: string;
  readonly bindings: Bindings;
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

/** How far a figure may be above its picture. */
const MAX_PARENTS = 32;

function contextOf(node: JsNode, parents: JsChain | null, text: string): TagContext {
  const element = spanOf(node);
  let picture: TagContext["picture"] = null;
  let chain = parents;
  for (let level = 0; chain !== null && level < MAX_PARENTS; level++, chain = chain.parents) {
    const name = elementName(chain.node);
    if (name === "picture") {
      picture ??= { element: spanOf(chain.node), sourceSet: sourceSetOf(chain.node, text) };
    }
    if (name === "figure") return { element, picture, figure: figureOf(chain.node, text) };
  }
  return { element, picture, figure: null };
}

function figureOf(figure: JsNode, text: string): TagContext["figure"] {
  const end = closingStart(figure, text);
  if (end === null) return null;
  const caption = elementsIn(figure).find((child) => elementName(child) === "figcaption");
  const captionEnd = caption === undefined ? null : closingStart(caption, text);
  return {
    end,
    caption:
      caption === undefined || captionEnd === null
        ? null
        : { start: openingEndOf(caption, text), end: captionEnd },
  };
}

/** Where the end tag begins; null when there is none. */
function closingStart(node: JsNode, text: string): number | null {
  const start = text.lastIndexOf("</", node.end - 1);
  const isOwn = text.startsWith(elementName(node) ?? "", start + 2);
  return isOwn && start >= openingEndOf(node, text) ? start : null;
}

function sourceSetOf(picture: JsNode, text: string): string | null {
  for (const source of elementsIn(picture).filter((child) => elementName(child) === "source")) {
    const scope = { text, bindings: new Map() };
    const set = childNodes(source, "attributes")
      .filter(({ type }) => type === "Attribute")
      .map((attribute) => attributeOf(attribute, scope))
      .find(({ name }) => name === "srcset");
    if (set?.value.kind === "text") return set.value.text;
  }
  return null;
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
