/** Configurations in JSON as people write it: with comments and trailing commas. */

import { childNode, childNodes, type JsNode } from "./jsNode";
import { parseSingleExpression } from "./jsParser";
import { fixedText } from "./jsValue";

/**
 * Texts, lists and objects of a configuration; it may hold comments and trailing commas, so it is an
 * expression of JavaScript rather than JSON. Undefined for everything else.
 */
export function looseJson(text: string): unknown {
  const node = parseSingleExpression(text.replace(/^\ufeff/, ""));
  return node === undefined ? undefined : looseValue(node);
}

function looseValue(node: JsNode): unknown {
  if (node.type === "ArrayExpression") return childNodes(node, "elements").map(looseValue);
  if (node.type !== "ObjectExpression") return fixedText(node);
  const entries = childNodes(node, "properties").flatMap((property) => {
    const key = childNode(property, "key");
    const value = childNode(property, "value");
    const name = key === undefined ? undefined : fixedText(key);
    return name === undefined || value === undefined ? [] : [[name, looseValue(value)] as const];
  });
  return Object.fromEntries(entries);
}
