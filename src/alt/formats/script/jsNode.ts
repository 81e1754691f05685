/** Syntax trees of JavaScript (ESTree), read without trusting their shape: several parsers make them. */

import type { Chain } from "../../tags/tagAncestors";

/** A node; offsets are UTF-16 units of the text that was parsed. */
export interface JsNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export function isJsNode(value: unknown): value is JsNode {
  if (typeof value !== "object" || value === null) return false;
  const { type, start, end } = value as Partial<Record<string, unknown>>;
  return typeof type === "string" && typeof start === "number" && typeof end === "number";
}

/** The node in a field; undefined when there is none. */
export function childNode(node: JsNode, field: string): JsNode | undefined {
  const value = node[field];
  return isJsNode(value) ? value : undefined;
}

/** The nodes of a list in a field. */
export function childNodes(node: JsNode, field: string): JsNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isJsNode) : [];
}

/** The text in a field; undefined when it is none. */
export function textField(node: JsNode, field: string): string | undefined {
  const value = node[field];
  return typeof value === "string" ? value : undefined;
}

/**
 * Visits every node below and including `root`, parents first, in the order of the text.
 * A list instead of recursion: the depth of a document is not ours to choose.
 */
export function walkJs(
  root: JsNode,
  visit: (node: JsNode, parents: Chain<JsNode> | null) => void,
): void {
  const waiting: { node: JsNode; parents: Chain<JsNode> | null }[] = [
    { node: root, parents: null },
  ];
  // Trees with references back to a parent, or to a comment from two nodes, are walked once.
  const seen = new Set<JsNode>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, parents } = next;
    if (seen.has(node)) continue;
    seen.add(node);
    visit(node, parents);
    const below = { node, parents };
    const children: JsNode[] = [];
    for (const value of Object.values(node)) {
      const list: readonly unknown[] = Array.isArray(value)
        ? value
        : (fragmentNodes(value) ?? [value]);
      for (const item of list) if (isJsNode(item)) children.push(item);
    }
    children.sort((a, b) => b.start - a.start);
    for (const child of children) waiting.push({ node: child, parents: below });
  }
}

/** Svelte keeps children in fragments, which have no place of their own. */
export function fragmentNodes(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== "object" || value === null || !("nodes" in value)) return undefined;
  return Array.isArray(value.nodes) ? value.nodes : undefined;
}
