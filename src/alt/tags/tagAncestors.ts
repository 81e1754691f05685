/** The figure, the picture and the link above a tag, in every tree whose elements know their children. */

import { isHiding } from "./accessibleName";
import { plainAttribute } from "./attributeNames";
import type { TextSpan } from "../imageReference";
import { namedByContent } from "./linkContent";
import type { TagAttribute, TagContext } from "./tagParts";
import { sourceSetIn } from "./tagSource";

/** A node with all that is above it. */
export interface Chain<Node> {
  readonly node: Node;
  readonly parents: Chain<Node> | null;
}

/** How one language's tree is read. */
export interface TreeReader<Node> {
  /** Undefined for what is no element. */
  nameOf(node: Node): string | undefined;
  spanOf(node: Node): TextSpan;
  /** Nodes right below, in their order. */
  childrenOf(node: Node): readonly Node[];
  /** What is between its tags; null when it has no end tag, so that nothing is put in a wrong place. */
  contentOf(node: Node): TextSpan | null;
  /** Of an element. */
  attributesOf(node: Node): readonly TagAttribute[];
}

/** How far an element that matters may be above its picture; syntax trees have nodes between elements. */
const MAX_PARENTS = 64;

/** @param parents what is above the node, the nearest first. */
export function contextAbove<Node>(
  node: Node,
  parents: Chain<Node> | null,
  reader: TreeReader<Node>,
): TagContext {
  let context: TagContext = {
    element: reader.spanOf(node),
    picture: null,
    figure: null,
    isHidden: false,
    named: null,
    block: null,
  };
  let chain = parents;
  for (let level = 0; chain !== null && level < MAX_PARENTS; level++, chain = chain.parents) {
    const name = reader.nameOf(chain.node);
    if (name !== undefined) context = contextIn(context, chain.node, { name, reader });
  }
  return context;
}

/** What an element above adds; the innermost of each kind counts. */
function contextIn<Node>(
  context: TagContext,
  node: Node,
  { name, reader }: { readonly name: string; readonly reader: TreeReader<Node> },
): TagContext {
  const attributes = reader.attributesOf(node).map(plainAttribute);
  const isInside = context.figure !== null;
  const kind = context.named === null ? namedByContent(name, attributes) : undefined;
  const isBlock = context.block === null && name !== "picture";
  const content = kind === undefined && !isBlock ? null : reader.contentOf(node);
  return {
    ...context,
    picture:
      context.picture === null && name === "picture" && !isInside
        ? { element: reader.spanOf(node), sourceSet: firstSourceSet(node, reader) }
        : context.picture,
    figure: context.figure === null && name === "figure" ? figureOf(node, reader) : context.figure,
    isHidden: context.isHidden || isHiding(attributes),
    named: kind !== undefined && content !== null ? { kind, content } : context.named,
    // An element without an end tag stands for the one that cannot be told.
    block: isBlock ? (content ?? EMPTY) : context.block,
  };
}

const EMPTY: TextSpan = { start: 0, end: 0 };

/**
 * What is between the tags of an element whose tree does not say where its end tag begins.
 * @param openingEnd where the opening tag ends.
 */
export function contentBefore(
  text: string,
  { name, span, openingEnd }: { name: string; span: TextSpan; openingEnd: number },
): TextSpan | null {
  const end = text.lastIndexOf("</", span.end - 1);
  return end >= openingEnd && text.startsWith(name, end + 2) ? { start: openingEnd, end } : null;
}

function figureOf<Node>(figure: Node, reader: TreeReader<Node>): TagContext["figure"] {
  const content = reader.contentOf(figure);
  if (content === null) return null;
  const caption = reader.childrenOf(figure).find((child) => reader.nameOf(child) === "figcaption");
  return { end: content.end, caption: caption === undefined ? null : reader.contentOf(caption) };
}

function firstSourceSet<Node>(picture: Node, reader: TreeReader<Node>): string | null {
  for (const child of reader.childrenOf(picture)) {
    const isSource = reader.nameOf(child) === "source";
    const found = isSource ? sourceSetIn(reader.attributesOf(child)) : null;
    if (found !== null) return found;
  }
  return null;
}
