/** The figure and the picture above a tag, in every tree whose elements know their children. */

import type { TextSpan } from "./imageReference";
import type { TagContext } from "./tag";

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
  /** The addresses that a `<source>` gives; null when it gives none that is fixed. */
  sourceSetOf(source: Node): string | null;
}

/** How far a figure may be above its picture. */
const MAX_PARENTS = 32;

/** @param parents what is above the node, the nearest first. */
export function contextAbove<Node>(
  node: Node,
  parents: Chain<Node> | null,
  reader: TreeReader<Node>,
): TagContext {
  const element = reader.spanOf(node);
  let picture: TagContext["picture"] = null;
  let chain = parents;
  for (let level = 0; chain !== null && level < MAX_PARENTS; level++, chain = chain.parents) {
    const name = reader.nameOf(chain.node);
    if (name === "picture") {
      const sourceSet = firstSourceSet(chain.node, reader);
      picture ??= { element: reader.spanOf(chain.node), sourceSet };
    }
    if (name === "figure") return { element, picture, figure: figureOf(chain.node, reader) };
  }
  return { element, picture, figure: null };
}

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
    const found = reader.nameOf(child) === "source" ? reader.sourceSetOf(child) : null;
    if (found !== null) return found;
  }
  return null;
}
