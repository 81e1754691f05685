/** Pictures in JSX and TSX: `<img>` and image components, with imports followed. */

import type { FindContext } from "../findContext";
import { isImageName } from "../findContext";
import type { ImageReference, TextSpan } from "../../imageReference";
import { childNode, childNodes, textField, walkJs, type JsNode } from "./jsNode";
import { bindingsOf, fixedText, targetOf, type Bindings } from "./jsValue";
import { looseBindings, scriptProgram } from "./looseScript";
import { findScannedImages } from "../scannedImages";
import { imageOfTag } from "../../tags/tag";
import type { AttributeValue, Tag, TagAttribute, TagContext } from "../../tags/tagParts";
import { contextAbove, type TreeReader } from "../../tags/tagAncestors";

/**
 * A script that is no JavaScript, such as one with the marks of a template engine in it or one that is
 * being written, is searched for its tags alone.
 * @throws RangeError for a script nested too deeply, SyntaxError where the one tag of a picture has no end.
 */
export function findJsxImages(context: FindContext, kind: "jsx" | "tsx"): ImageReference[] {
  const { text } = context;
  const program = scriptProgram(text, { span: { start: 0, end: text.length }, kind });
  if (program !== undefined) return imagesInTree(program, context, bindingsOf(program, text));
  const images = findScannedImages(context, { dialect: "jsx", bindings: looseBindings(text) });
  if (images.length === 0 && hasOpenTag(context)) throw new SyntaxError("A tag has no end.");
  return images;
}

/** A tag up to the next one, or to the end of the text. */
const OPEN_TAG = /<([A-Za-z][\w.]*)(?=[\s/])[^<>]*(?:<|$)/g;

/** True where a picture's tag is never closed, so that nobody can say what belongs to it. */
function hasOpenTag(context: FindContext): boolean {
  return [...context.text.matchAll(OPEN_TAG)].some(([, name = ""]) => isImageName(name, context));
}

/** The pictures below a node of a tree whose offsets are those of the document. */
export function imagesInTree(
  root: JsNode,
  context: FindContext,
  bindings: Bindings,
): ImageReference[] {
  const images: ImageReference[] = [];
  const reader = readerOf(context.text);
  walkJs(root, (node, parents) => {
    if (node.type !== "JSXElement") return;
    const opening = childNode(node, "openingElement");
    const name = opening === undefined ? undefined : elementName(opening);
    if (opening === undefined || name === undefined || !isImageName(name, context)) return;
    const tag = tagOf({ opening, name, bindings, context }, contextAbove(node, parents, reader));
    const { text, language } = context;
    const image = imageOfTag(tag, { text, language, dialect: "jsx" });
    if (image !== undefined) images.push(image);
  });
  return images;
}

interface TagParts {
  readonly opening: JsNode;
  readonly name: string;
  readonly bindings: Bindings;
  readonly context: FindContext;
}

function tagOf({ opening, name, bindings, context }: TagParts, around: TagContext): Tag {
  const attributes = childNodes(opening, "attributes");
  return {
    name,
    span: spanOf(opening),
    nameEnd: childNode(opening, "name")?.end ?? opening.end,
    attributes: attributes
      .filter(({ type }) => type === "JSXAttribute")
      .map((node) => attributeOf(node, { text: context.text, bindings })),
    hasSpread: attributes.some(({ type }) => type === "JSXSpreadAttribute"),
    isNative: context.native?.includes(name) ?? false,
    context: around,
  };
}

function attributeOf(
  node: JsNode,
  scope: { readonly text: string; readonly bindings: Bindings },
): TagAttribute {
  const written = childNode(node, "name");
  const name = written === undefined ? "" : scope.text.slice(written.start, written.end);
  // React writes the attribute of HTML in camel case.
  const plain = name === "srcSet" ? "srcset" : name;
  return { name: plain, span: spanOf(node), value: valueOf(node, scope), isBound: false };
}

function valueOf(
  node: JsNode,
  scope: { readonly text: string; readonly bindings: Bindings },
): AttributeValue {
  const value = childNode(node, "value");
  if (value === undefined) return { kind: "none" };
  const literal = spanOf(value);
  const expression =
    value.type === "JSXExpressionContainer" ? childNode(value, "expression") : value;
  const text = expression === undefined ? undefined : fixedText(expression);
  if (expression !== undefined && text !== undefined) {
    const content = { start: expression.start + 1, end: expression.end - 1 };
    return { kind: "text", text, content, literal };
  }
  return { kind: "expression", target: targetOf(expression ?? value, scope) };
}

/** `img`, `Image` or `next.Image`; undefined for a fragment. */
function elementName(opening: JsNode): string | undefined {
  const parts: string[] = [];
  let node = childNode(opening, "name");
  while (node?.type === "JSXMemberExpression") {
    const property = childNode(node, "property");
    parts.unshift(property === undefined ? "" : (textField(property, "name") ?? ""));
    node = childNode(node, "object");
  }
  if (node?.type === "JSXNamespacedName") {
    const names = [childNode(node, "namespace"), childNode(node, "name")];
    return names.map((each) => (each === undefined ? "" : textField(each, "name"))).join(":");
  }
  if (node?.type !== "JSXIdentifier") return undefined;
  return [textField(node, "name") ?? "", ...parts].join(".");
}

function readerOf(text: string): TreeReader<JsNode> {
  const scope = { text, bindings: new Map() };
  const attributesOf = (node: JsNode): TagAttribute[] => attributesIn(node, scope);
  return { nameOf, spanOf, contentOf, childrenOf, attributesOf };
}

function nameOf(node: JsNode): string | undefined {
  const opening = childNode(node, "openingElement");
  return opening === undefined ? undefined : elementName(opening);
}

function childrenOf(node: JsNode): readonly JsNode[] {
  return childNodes(node, "children");
}

function contentOf(element: JsNode): TextSpan | null {
  const opening = childNode(element, "openingElement");
  const closing = childNode(element, "closingElement");
  if (opening === undefined || closing === undefined) return null;
  return { start: opening.end, end: closing.start };
}

function attributesIn(
  element: JsNode,
  scope: { readonly text: string; readonly bindings: Bindings },
): TagAttribute[] {
  const opening = childNode(element, "openingElement");
  return (opening === undefined ? [] : childNodes(opening, "attributes"))
    .filter(({ type }) => type === "JSXAttribute")
    .map((node) => attributeOf(node, scope));
}

function spanOf({ start, end }: JsNode): TextSpan {
  return { start, end };
}
