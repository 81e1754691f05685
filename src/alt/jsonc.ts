/** JSON with comments, as editors read it, and the places of what stands in it. The only reader of it. */

import { parse, parseTree, type Node, type ParseError } from "jsonc-parser/lib/esm/main.js";

export type JsonNode = Node;

/** Settings like those of an editor. @throws SyntaxError for what is no JSON with comments. */
export function parseJsonc(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  if (errors.length > 0) throw new SyntaxError("This is no JSON with comments.");
  return value;
}

/** The tree of a document in strict JSON; undefined where it is none. */
export function jsonTree(text: string): JsonNode | undefined {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true });
  return errors.length > 0 ? undefined : tree;
}
