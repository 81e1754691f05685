/** Pictures in MDX: those of Markdown, JSX elements among the text, and JSX inside expressions. */

import type { Nodes } from "mdast";
import { isImageName, type FindContext } from "./findContext";
import type { ImageReference, TextSpan } from "./imageReference";
import { childNode, childNodes, isJsNode, type JsNode } from "./jsNode";
import { bindingsOf, fixedText, targetOf, type Bindings } from "./jsValue";
import { imagesInTree } from "./jsxImages";
import { markdownOwnImages } from "./markdownImages";
import { openingEnd, valueSpans } from "./markupAttribute";
import { mdastSpan, parseMarkdown, walkMdast } from "./mdastTree";
import {
  imageOfTag,
  type AttributeValue,
  type Tag,
  type TagAttribute,
  type TagContext,
} from "./tag";
import { contentBefore, contextAbove, type TreeReader } from "./tagAncestors";

/** @throws an error of the parser for a document that is not well formed. */
export function findMdxImages(context: FindContext): ImageReference[] {
  const tree = parseMarkdown(context.text, true);
  const body: JsNode[] = [];
  const programs: JsNode[] = [];
  walkMdast(tree.root, (node) => {
    const program = programOf(node);
    if (program === undefined) return;
    programs.push(program);
    if (node.type === "mdxjsEsm") body.push(...childNodes(program, "body"));
  });
  const end = context.text.length;
  const bindings = bindingsOf({ type: "Program", start: 0, end, body }, context.text);
  const images = markdownOwnImages(tree, context);
  const reader = readerOf(context.text);
  for (const program of programs) images.push(...imagesInTree(program, context, bindings));
  walkMdast(tree.root, (node, parents) => {
    if (!isElement(node)) return;
    images.push(...imagesInAttributes(node, context, bindings));
    if (node.name === null || !isImageName(node.name, context)) return;
    const tag = tagOf({ node, context, bindings }, contextAbove(node, parents, reader));
    const { text, language } = context;
    const image = imageOfTag(tag, { text, language, dialect: "jsx" });
    if (image !== undefined) images.push(image);
  });
  return images;
}

type Element = Extract<Nodes, { type: "mdxJsxFlowElement" | "mdxJsxTextElement" }>;
type MdxJsxAttribute = Extract<Element["attributes"][number], { type: "mdxJsxAttribute" }>;

interface ElementParts {
  readonly node: Element;
  readonly context: FindContext;
  readonly bindings: Bindings;
}

function tagOf({ node, context, bindings }: ElementParts, around: TagContext): Tag {
  const span = mdastSpan(node);
  const nameEnd = context.text.indexOf(node.name ?? "", span.start) + (node.name ?? "").length;
  return {
    name: node.name ?? "",
    span: { start: span.start, end: openingEndOf(node, context.text) },
    nameEnd,
    attributes: attributesOf(node, { text: context.text, bindings }),
    hasSpread: node.attributes.some(({ type }) => type === "mdxJsxExpressionAttribute"),
    context: around,
  };
}

function openingEndOf(node: Element, text: string): number {
  const span = mdastSpan(node);
  const ends = node.attributes.map(({ position }) => position?.end.offset ?? 0);
  return openingEnd(text, Math.max(span.start, ...ends), span.end);
}

interface Scope {
  readonly text: string;
  readonly bindings: Bindings;
}

function attributeOf(attribute: MdxJsxAttribute, scope: Scope): TagAttribute {
  const span: TextSpan = {
    start: attribute.position?.start.offset ?? 0,
    end: attribute.position?.end.offset ?? 0,
  };
  const name = attribute.name === "srcSet" ? "srcset" : attribute.name;
  return { name, span, value: valueOf(attribute, span, scope), isBound: false };
}

function valueOf({ value }: MdxJsxAttribute, span: TextSpan, scope: Scope): AttributeValue {
  const spans = valueSpans(scope.text, span);
  if (value === null || value === undefined || spans === undefined) return { kind: "none" };
  if (typeof value === "string") return { kind: "text", text: value, ...spans };
  const expression = expressionOf(value.data?.estree);
  if (expression === undefined) {
    return { kind: "expression", target: { kind: "dynamic", value: value.value } };
  }
  const fixed = fixedText(expression);
  if (fixed === undefined) {
    return { kind: "expression", target: targetOf(expression, scope) };
  }
  const content = { start: expression.start + 1, end: expression.end - 1 };
  return { kind: "text", text: fixed, literal: spans.literal, content };
}

function expressionOf(program: unknown): JsNode | undefined {
  const statement = isJsNode(program) ? childNodes(program, "body")[0] : undefined;
  return statement === undefined ? undefined : childNode(statement, "expression");
}

/** Attributes may hold elements of their own: `<Card picture={<img … />} />`. */
function imagesInAttributes(
  node: Element,
  context: FindContext,
  bindings: Bindings,
): ImageReference[] {
  return node.attributes.flatMap((attribute) => {
    const value = attribute.type === "mdxJsxAttribute" ? attribute.value : attribute;
    const program: unknown =
      typeof value === "object" && value !== null ? value.data?.estree : undefined;
    return isJsNode(program) ? imagesInTree(program, context, bindings) : [];
  });
}

function programOf(node: Nodes): JsNode | undefined {
  const isScript =
    node.type === "mdxjsEsm" ||
    node.type === "mdxFlowExpression" ||
    node.type === "mdxTextExpression";
  const program: unknown = isScript ? node.data?.estree : undefined;
  return isJsNode(program) ? program : undefined;
}

function readerOf(text: string): TreeReader<Nodes> {
  return {
    nameOf: (node) => (isElement(node) ? (node.name ?? undefined) : undefined),
    spanOf: mdastSpan,
    // A figcaption on a line of its own lies in a paragraph.
    childrenOf: (node) =>
      childrenOf(node).flatMap((child): readonly Nodes[] =>
        child.type === "paragraph" ? [child, ...child.children] : [child],
      ),
    contentOf: (node) => {
      if (!isElement(node)) return null;
      const openingEnd = openingEndOf(node, text);
      return contentBefore(text, { name: node.name ?? "", span: mdastSpan(node), openingEnd });
    },
    attributesOf: (node) =>
      isElement(node) ? attributesOf(node, { text, bindings: new Map() }) : [],
  };
}

function attributesOf(node: Element, scope: Scope): TagAttribute[] {
  return node.attributes.flatMap((attribute) =>
    attribute.type === "mdxJsxAttribute" ? [attributeOf(attribute, scope)] : [],
  );
}

function childrenOf(node: Nodes): readonly Nodes[] {
  return "children" in node ? node.children : [];
}

function isElement(node: Nodes): node is Element {
  return node.type === "mdxJsxFlowElement" || node.type === "mdxJsxTextElement";
}
