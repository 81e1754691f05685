/** Pictures in MDX: those of Markdown, JSX elements among the text, and JSX inside expressions. */

import type { Nodes } from "mdast";
import { isHiding } from "../../tags/accessibleName";
import { plainAttribute } from "../../tags/attributeNames";
import { isImageName, type FindContext } from "../findContext";
import type { ImageReference, TextSpan } from "../../imageReference";
import { childNode, childNodes, isJsNode, type JsNode } from "../script/jsNode";
import { parseScript } from "../script/jsParser";
import { bindingsOf, fixedText, targetOf, type Bindings } from "../script/jsValue";
import { imagesInTree } from "../script/jsxImages";
import { namedByContent } from "../../tags/linkContent";
import { looseBindings } from "../script/looseScript";
import { markdownOwnImages, placed } from "./markdownImages";
import { valueSpans } from "../../tags/markupAttribute";
import { mdastSpan, parseMdx, walkMdast, type MdxTree } from "./mdastTree";
import type { MdxTag } from "./mdxSyntax";
import { findScannedImages } from "../scannedImages";
import {
  OtherPictures,
  Surroundings,
  tagContextOf,
  type Surrounding,
} from "../../tags/surroundings";
import { imageOfTag } from "../../tags/tag";
import type { AttributeValue, Tag, TagAttribute, TagContext } from "../../tags/tagParts";
import { sourceSetIn } from "../../tags/tagSource";

/** @throws RangeError for a document nested too deeply. */
export function findMdxImages(context: FindContext): ImageReference[] {
  const tree = parseMdx(context.text);
  const programs: JsNode[] = [];
  const tags: MdxTag[] = [];
  const body: JsNode[] = [];
  walkMdast(tree.root, (node) => {
    if (node.type === "mdxTag") tags.push(node);
    const program = programOf(node);
    if (program === undefined) return;
    programs.push(program);
    if (node.type === "mdxjsEsm") body.push(...childNodes(program, "body"));
  });
  const bindings = bindingsIn(tree, body, context.text);
  const own = markdownOwnImages(tree, context);
  const { images, contexts } = imagesOfTags({ tags, own }, context, bindings);
  return [
    ...own.map((image, index) => placed(context.text, image, contexts[index])),
    ...programs.flatMap((program) => imagesInTree(program, context, bindings)),
    ...tags.flatMap((tag) => imagesInAttributes(tag, context, bindings)),
    ...images,
  ];
}

/** A script that cannot be read as a whole ends with its paragraph. */
function bindingsIn(tree: MdxTree, body: readonly JsNode[], text: string): Bindings {
  const loose = tree.brokenScripts.flatMap((start) => {
    const length = /\r?\n[ \t]*\r?\n/.exec(text.slice(start))?.index;
    return [...looseBindings(text.slice(start, length === undefined ? undefined : start + length))];
  });
  const program = { type: "Program", start: 0, end: text.length, body };
  return new Map([...loose, ...bindingsOf(program, text)]);
}

interface FoundTag {
  readonly tag: MdxTag;
  readonly surrounding: Surrounding;
  /** Where its end tag ends. */
  end: number;
}

/** Tags pair up as they come, whether or not the document is well formed. */
function imagesOfTags(
  { tags, own }: { readonly tags: readonly MdxTag[]; readonly own: readonly ImageReference[] },
  context: FindContext,
  bindings: Bindings,
): { readonly images: ImageReference[]; readonly contexts: readonly TagContext[] } {
  const { text, language } = context;
  const found: FoundTag[] = [];
  const open: FoundTag[] = [];
  const plain: Scope = { text, bindings: new Map() };
  const around = new Surroundings();
  const others = new OtherPictures(
    own.map(({ span }) => span),
    around,
  );
  for (const tag of tags) {
    const span = mdastSpan(tag);
    others.reach(span.start);
    const isImage = isImageName(tag.name, context);
    if (tag.kind === "end") {
      around.endElement(tag.name, span);
      const opened = isImage ? open.pop() : undefined;
      if (opened !== undefined) opened.end = span.end;
      continue;
    }
    if (tag.name === "source") around.addSourceSet(sourceSetIn(attributesOf(tag, plain)));
    if (isImage) {
      const opened = { tag, surrounding: around.current, end: span.end };
      found.push(opened);
      if (!tag.isSelfClosing) open.push(opened);
    }
    if (tag.isSelfClosing) continue;
    const attributes = attributesOf(tag, plain).map(plainAttribute);
    const names = namedByContent(tag.name, attributes);
    around.startElement(tag.name, span, { isHiding: isHiding(attributes), names });
  }
  others.reach(Infinity);
  const images = found.flatMap(({ tag, surrounding, end }) => {
    const { start } = mdastSpan(tag);
    const around = tagContextOf(surrounding, { start, end });
    const read = tagOf(tag, { text, bindings }, around);
    const image = imageOfTag(read, { text, language, dialect: "jsx" });
    return image === undefined ? [] : [image];
  });
  return { images, contexts: others.contexts() };
}

function tagOf(tag: MdxTag, scope: Scope, context: Tag["context"]): Tag {
  const span = mdastSpan(tag);
  return {
    name: tag.name,
    span,
    nameEnd: scope.text.indexOf(tag.name, span.start) + tag.name.length,
    attributes: attributesOf(tag, scope),
    hasSpread: tag.attributes.some(({ type }) => type === "mdxJsxExpressionAttribute"),
    context,
  };
}

type Attribute = MdxTag["attributes"][number];
type MdxJsxAttribute = Extract<Attribute, { type: "mdxJsxAttribute" }>;

interface Scope {
  readonly text: string;
  readonly bindings: Bindings;
}

function attributesOf(tag: MdxTag, scope: Scope): TagAttribute[] {
  return tag.attributes.flatMap((attribute) =>
    attribute.type === "mdxJsxAttribute" ? [attributeOf(attribute, scope)] : [],
  );
}

function attributeOf(attribute: MdxJsxAttribute, scope: Scope): TagAttribute {
  const span = attributeSpan(attribute);
  const name = attribute.name === "srcSet" ? "srcset" : attribute.name;
  return { name, span, value: valueOf(attribute, span, scope), isBound: false };
}

function valueOf({ value }: MdxJsxAttribute, span: TextSpan, scope: Scope): AttributeValue {
  const spans = valueSpans(scope.text, span);
  if (value === null || value === undefined || spans === undefined) return { kind: "none" };
  if (typeof value === "string") return { kind: "text", text: value, ...spans };
  const program = programOfValue(value.data?.estree, spans.literal, scope.text);
  const expression = expressionOf(program);
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

function expressionOf(program: JsNode | undefined): JsNode | undefined {
  const statement = program === undefined ? undefined : childNodes(program, "body")[0];
  return statement === undefined ? undefined : childNode(statement, "expression");
}

/** @param braces the expression with its braces, for what MDX itself does not read, as TypeScript. */
function programOfValue(estree: unknown, braces: TextSpan, text: string): JsNode | undefined {
  if (isJsNode(estree)) return estree;
  try {
    const source = text.slice(braces.start + 1, braces.end - 1);
    return parseScript(`(${source})`, "tsx", braces.start);
  } catch {
    return undefined;
  }
}

/** Attributes may hold elements of their own: `<Card picture={<img … />} />`. */
function imagesInAttributes(
  tag: MdxTag,
  context: FindContext,
  bindings: Bindings,
): ImageReference[] {
  const { text } = context;
  return tag.attributes.flatMap((attribute) => {
    const span = attributeSpan(attribute);
    const value = attribute.type === "mdxJsxAttribute" ? attribute.value : attribute;
    const isExpression = typeof value === "object" && value !== null;
    if (!isExpression || !text.slice(span.start, span.end).includes("<")) return [];
    const braces = valueSpans(text, span)?.literal ?? span;
    const program = programOfValue(value.data?.estree, braces, text);
    if (program !== undefined) return imagesInTree(program, context, bindings);
    const markup = text.slice(0, braces.end - 1);
    return findScannedImages(context, {
      dialect: "jsx",
      bindings,
      markup,
      start: braces.start + 1,
    });
  });
}

function attributeSpan({ position }: Attribute): TextSpan {
  return { start: position?.start.offset ?? 0, end: position?.end.offset ?? 0 };
}

function programOf(node: Nodes): JsNode | undefined {
  const isScript =
    node.type === "mdxjsEsm" ||
    node.type === "mdxFlowExpression" ||
    node.type === "mdxTextExpression";
  const program: unknown = isScript ? node.data?.estree : undefined;
  return isJsNode(program) ? program : undefined;
}
