/** Pictures in Vue's single-file components, by Vue's own parser. */

import {
  ErrorCodes,
  NodeTypes,
  parse,
  type ElementNode,
  type RootNode,
  type TemplateChildNode,
} from "@vue/compiler-dom";
import { isImageName, type FindContext } from "../findContext";
import { findHtmlImages } from "../html/htmlImages";
import type { ImageReference, TextSpan } from "../../imageReference";
import { parseScript, parseSingleExpression, type ScriptKind } from "../script/jsParser";
import { bindingsOf, fixedText, targetOf, type Bindings } from "../script/jsValue";
import { openingEnd, valueSpans } from "../../tags/markupAttribute";
import { maskOpenQuotes, maskOpenTags } from "../../tags/openQuotes";
import { imageOfTag } from "../../tags/tag";
import type { Tag, TagAttribute, TagContext } from "../../tags/tagParts";
import { contentBefore, contextAbove, type Chain, type TreeReader } from "../../tags/tagAncestors";

export function findVueImages(context: FindContext): ImageReference[] {
  const errors: (number | string)[] = [];
  const root = parse(maskOpenQuotes(context.text), {
    parseMode: "sfc",
    // Vue goes on after an error; the places of what it then finds are still right.
    onError: ({ code }) => errors.push(code),
  });
  const images = imagesIn(root, context);
  // A tag that begins in another is an attribute to Vue, which is no mistake.
  const isDoubtful =
    errors.some((code) => SWALLOWING.has(code)) || maskOpenTags(context.text) !== context.text;
  if (!isDoubtful) return images;
  // A template's tags are those of HTML, whose reader gives up what is opened and never closed.
  const others = findHtmlImages(context, { dialect: "vue" });
  return others.length > images.length ? others : images;
}

/** Mistakes that may have taken the rest of the component for a text or a comment. */
// prettier-ignore
const SWALLOWING: ReadonlySet<number | string> = new Set([
  ErrorCodes.EOF_IN_CDATA, ErrorCodes.EOF_IN_COMMENT, ErrorCodes.EOF_IN_TAG,
  ErrorCodes.UNEXPECTED_CHARACTER_IN_ATTRIBUTE_NAME,
  ErrorCodes.EOF_IN_SCRIPT_HTML_COMMENT_LIKE_TEXT, ErrorCodes.EOF_BEFORE_TAG_NAME,
  ErrorCodes.X_MISSING_END_TAG, ErrorCodes.X_MISSING_INTERPOLATION_END,
  ErrorCodes.X_MISSING_DYNAMIC_DIRECTIVE_ARGUMENT_END, ErrorCodes.X_INVALID_END_TAG,
]);

function imagesIn(root: RootNode, context: FindContext): ImageReference[] {
  const bindings = scriptBindings(root, context.text);
  const images: ImageReference[] = [];
  const reader = readerOf(context.text);
  walkElements(templateElements(root), (element, parents) => {
    if (!isImageName(element.tag, context)) return;
    const { text, language } = context;
    const around = contextAbove(element, parents, reader);
    const tag = tagOf(element, { text, bindings }, around);
    const image = imageOfTag(tag, { text, language, dialect: "vue" });
    if (image !== undefined) images.push(image);
  });
  return images;
}

interface Scope {
  readonly text: string;
  readonly bindings: Bindings;
}

/** A template in another language, such as Pug, is plain text to the parser and holds no elements. */
function templateElements(root: RootNode): ElementNode[] {
  return root.children.filter(isElement).filter(({ tag }) => tag === "template");
}

function scriptBindings(root: RootNode, text: string): Bindings {
  const bindings = new Map<string, Bindings extends ReadonlyMap<string, infer T> ? T : never>();
  for (const script of root.children.filter(isElement).filter(({ tag }) => tag === "script")) {
    const [content] = script.children;
    if (content?.type !== NodeTypes.TEXT) continue;
    const start = content.loc.start.offset;
    const source = text.slice(start, content.loc.end.offset);
    try {
      const program = parseScript(source, scriptKind(script), start);
      for (const [name, target] of bindingsOf(program, text)) bindings.set(name, target);
    } catch {
      // Without its script a template still shows its pictures; names are then followed nowhere.
    }
  }
  return bindings;
}

function scriptKind(script: ElementNode): ScriptKind {
  const lang = script.props.find(
    (prop) => prop.type === NodeTypes.ATTRIBUTE && prop.name === "lang",
  );
  const value = lang?.type === NodeTypes.ATTRIBUTE ? lang.value?.content : undefined;
  if (value === "ts" || value === "tsx") return value;
  return "jsx";
}

type ElementChain = Chain<ElementNode>;

function walkElements(
  roots: readonly ElementNode[],
  visit: (element: ElementNode, parents: ElementChain | null) => void,
): void {
  const waiting: ElementChain[] = roots.map((node) => ({ node, parents: null }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    visit(next.node, next.parents);
    for (const child of next.node.children.filter(isElement).reverse()) {
      waiting.push({ node: child, parents: next });
    }
  }
}

function tagOf(element: ElementNode, scope: Scope, context: TagContext): Tag {
  const { start } = spanOf(element);
  return {
    name: element.tag,
    span: { start, end: openingEndOf(element, scope.text) },
    nameEnd: start + 1 + element.tag.length,
    attributes: element.props.flatMap((prop) => attributeOf(prop, scope)),
    hasSpread: element.props.some(
      (prop) =>
        prop.type === NodeTypes.DIRECTIVE &&
        prop.name === "bind" &&
        // An argument in brackets is a name that only the running program knows.
        (prop.arg === undefined ||
          (prop.arg.type === NodeTypes.SIMPLE_EXPRESSION && !prop.arg.isStatic)),
    ),
    context,
  };
}

function attributeOf(prop: ElementNode["props"][number], scope: Scope): TagAttribute[] {
  const span = spanOf(prop);
  if (prop.type === NodeTypes.ATTRIBUTE) {
    const spans = prop.value === undefined ? undefined : valueSpans(scope.text, span);
    const value =
      spans === undefined
        ? ({ kind: "none" } as const)
        : ({ kind: "text", text: prop.value?.content ?? "", ...spans } as const);
    return [{ name: prop.name.toLowerCase(), span, value, isBound: false }];
  }
  if (prop.name !== "bind") {
    // A directive of somebody's own, such as `v-lazy`.
    const name = prop.rawName?.toLowerCase() ?? `v-${prop.name}`;
    return [{ name, span, value: boundValue(prop, scope), isBound: true }];
  }
  if (prop.arg?.type !== NodeTypes.SIMPLE_EXPRESSION || !prop.arg.isStatic) return [];
  const name = prop.arg.content.toLowerCase();
  return [{ name, span, value: boundValue(prop, scope), isBound: true }];
}

function boundValue(
  prop: Extract<ElementNode["props"][number], { type: NodeTypes.DIRECTIVE }>,
  scope: Scope,
): TagAttribute["value"] {
  const written = prop.exp?.type === NodeTypes.SIMPLE_EXPRESSION ? prop.exp.content : "";
  const { start, end } = spanOf(prop);
  // `:src` alone means the variable `src`; `:src=` means nothing.
  if (written.trim() === "" && scope.text.slice(start, end).includes("=")) return { kind: "none" };
  const node = parseSingleExpression(written);
  const dynamic = { kind: "expression", target: { kind: "dynamic", value: written } } as const;
  if (node === undefined || prop.exp === undefined) return dynamic;
  const text = fixedText(node);
  if (text === undefined) {
    const target = targetOf(node, { text: written, bindings: scope.bindings });
    return { kind: "expression", target };
  }
  const literal = spanOf(prop.exp);
  const content = { start: literal.start + 1, end: literal.end - 1 };
  return { kind: "text", text, literal, content };
}

function readerOf(text: string): TreeReader<ElementNode> {
  return {
    nameOf: ({ tag }) => tag,
    spanOf,
    childrenOf: ({ children }) => children.filter(isElement),
    contentOf: (element) => {
      const openingEnd = openingEndOf(element, text);
      return contentBefore(text, { name: element.tag, span: spanOf(element), openingEnd });
    },
    attributesOf: ({ props }) =>
      props.flatMap((prop) => attributeOf(prop, { text, bindings: new Map() })),
  };
}

function openingEndOf(element: ElementNode, text: string): number {
  const span = spanOf(element);
  const ends = element.props.map((prop) => prop.loc.end.offset);
  return openingEnd(text, Math.max(span.start, ...ends), span.end);
}

function isElement(node: TemplateChildNode): node is ElementNode {
  return node.type === NodeTypes.ELEMENT;
}

function spanOf({ loc }: { readonly loc: ElementNode["loc"] }): TextSpan {
  return { start: loc.start.offset, end: loc.end.offset };
}
