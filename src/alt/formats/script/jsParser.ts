/** JavaScript and TypeScript sources as syntax trees with offsets, by Babel's parser. */

import { parse, parseExpression, type ParserOptions, type ParserPlugin } from "@babel/parser";
import { isJsNode, type JsNode } from "./jsNode";

export type ScriptKind = "jsx" | "tsx" | "ts" | "expression";

/**
 * The program of a script.
 * @param startIndex offset of the source in its document, in UTF-16 units.
 * @throws SyntaxError of the parser, RangeError for a script nested too deeply for the stack.
 */
export function parseScript(source: string, kind: ScriptKind, startIndex = 0): JsNode {
  // Spaces before the source make the parser count as the document does.
  const text = " ".repeat(startIndex) + source;
  const program = firstParsed(kind, (options) => {
    const file: unknown = parse(text, options);
    return (file as { readonly program?: unknown }).program;
  });
  if (!isJsNode(program)) throw new SyntaxError("The parser gave no program.");
  return program;
}

/** Where the comments of a script stand; none where it is not well formed. */
export function scriptComments(
  source: string,
  kind: ScriptKind,
): readonly { readonly start: number; readonly end: number }[] {
  try {
    const comments = firstParsed(
      kind,
      (options) => parse(source, { ...options, errorRecovery: false }).comments,
    );
    return (comments ?? []).map(({ start = 0, end = 0 }) => ({ start, end }));
  } catch {
    return [];
  }
}

/** A single expression; undefined when the text is none. Offsets count from its own beginning. */
export function parseSingleExpression(source: string): JsNode | undefined {
  try {
    const node = firstParsed("expression", (options) => parseExpression(source, options));
    return isJsNode(node) ? node : undefined;
  } catch {
    return undefined;
  }
}

/** @throws what the usual dialect's parser threw, when no dialect can be read. */
function firstParsed<T>(kind: ScriptKind, read: (options: ParserOptions) => T): T {
  let first: unknown;
  for (const plugins of DIALECTS[kind]) {
    try {
      return read({ ...OPTIONS, plugins: [...PROPOSALS, ...plugins] });
    } catch (thrown) {
      // Reading it in another way would need the same depth.
      if (thrown instanceof RangeError) throw thrown;
      first ??= thrown;
    }
  }
  throw first;
}

const OPTIONS: ParserOptions = {
  sourceType: "unambiguous",
  // A name used twice or a stray return does not hide where the pictures are.
  errorRecovery: true,
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
  allowSuperOutsideMethod: true,
  allowNewTargetOutsideFunction: true,
  allowUndeclaredExports: true,
};

/** What is not yet part of the language, but of the projects that compile it. */
// prettier-ignore
const PROPOSALS: readonly ParserPlugin[] = [
  "estree", "decoratorAutoAccessors", "explicitResourceManagement",
  "deferredImportEvaluation", "sourcePhaseImports", "deprecatedImportAssert",
  "destructuringPrivate", "doExpressions", "exportDefaultFrom", "functionBind",
  "moduleBlocks", "throwExpressions",
  ["optionalChainingAssign", { version: "2023-07" }],
];

const TYPESCRIPT: readonly ParserPlugin[] = ["typescript", "decorators"];
/** Decorators of parameters, as Angular and Nest have them. */
const LEGACY_TYPESCRIPT: readonly ParserPlugin[] = ["typescript", "decorators-legacy"];

/**
 * In what dialects a script is read, the usual one first. `flow` reads the type annotations of
 * JavaScript projects; it and `typescript` exclude each other, as the two kinds of decorators do.
 */
const DIALECTS: Readonly<Record<ScriptKind, readonly (readonly ParserPlugin[])[]>> = {
  jsx: [
    ["jsx", "flow", "decorators"],
    ["jsx", "flow", "decorators-legacy"],
    ["jsx", ["flow", { all: true }], "decorators-legacy"],
    ["jsx", ...TYPESCRIPT],
  ],
  tsx: [
    ["jsx", ...TYPESCRIPT],
    ["jsx", ...LEGACY_TYPESCRIPT],
  ],
  // Assertions in angle brackets are none where there are tags.
  ts: [TYPESCRIPT, LEGACY_TYPESCRIPT, ["jsx", ...TYPESCRIPT]],
  expression: [["jsx", ...TYPESCRIPT]],
};
