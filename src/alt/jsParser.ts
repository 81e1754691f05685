/** JavaScript and TypeScript sources as syntax trees with offsets, by Babel's parser. */

import { parse, parseExpression, type ParserOptions, type ParserPlugin } from "@babel/parser";
import { isJsNode, type JsNode } from "./jsNode";

/** `flow` reads the type annotations of JavaScript projects; it and `typescript` exclude each other. */
export type ScriptKind = "jsx" | "tsx" | "ts" | "expression";

/**
 * The program of a script.
 * @param startIndex offset of the source in its document, in UTF-16 units.
 * @throws SyntaxError of the parser, RangeError for a script nested too deeply for the stack.
 */
export function parseScript(source: string, kind: ScriptKind, startIndex = 0): JsNode {
  // Spaces before the source make the parser count as the document does.
  const file: unknown = parse(" ".repeat(startIndex) + source, optionsOf(kind));
  const program = (file as { readonly program?: unknown }).program;
  if (!isJsNode(program)) throw new SyntaxError("The parser gave no program.");
  return program;
}

/** A single expression; undefined when the text is none. Offsets count from its own beginning. */
export function parseSingleExpression(source: string): JsNode | undefined {
  try {
    const node: unknown = parseExpression(source, optionsOf("expression"));
    return isJsNode(node) ? node : undefined;
  } catch {
    return undefined;
  }
}

function optionsOf(kind: ScriptKind): ParserOptions {
  const plugins: Record<ScriptKind, ParserPlugin[]> = {
    jsx: ["jsx", "flow"],
    tsx: ["jsx", "typescript"],
    ts: ["typescript"],
    expression: ["jsx", "typescript"],
  };
  return {
    sourceType: "unambiguous",
    // A name used twice or a stray return does not hide where the pictures are.
    errorRecovery: true,
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true,
    allowSuperOutsideMethod: true,
    allowUndeclaredExports: true,
    plugins: ["estree", "decorators", "explicitResourceManagement", ...plugins[kind]],
  };
}
