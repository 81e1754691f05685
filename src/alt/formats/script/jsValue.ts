/** What an expression says without being run: fixed texts, and the pictures that names stand for. */

import type { ImageTarget } from "../../imageReference";
import { childNode, childNodes, textField, walkJs, type JsNode } from "./jsNode";

/** Names that stand for one picture in the whole file. */
export type Bindings = ReadonlyMap<string, ImageTarget>;

/** The value of a string or of a template without holes; undefined for everything else. */
export function fixedText(node: JsNode): string | undefined {
  const inner = unwrap(node);
  if (inner.type === "Literal" || inner.type === "StringLiteral") return textField(inner, "value");
  if (inner.type !== "TemplateLiteral" || childNodes(inner, "expressions").length > 0) {
    return undefined;
  }
  const cooked = childNodes(inner, "quasis")[0]?.["value"];
  if (typeof cooked !== "object" || cooked === null) return undefined;
  const text = (cooked as { readonly cooked?: unknown }).cooked;
  return typeof text === "string" ? text : undefined;
}

/** What picture an expression names: a fixed address, a require, an import followed to its file. */
export function targetOf(
  node: JsNode,
  scope: { readonly text: string; readonly bindings: Bindings },
): ImageTarget {
  const inner = unwrap(node);
  const text = fixedText(inner);
  if (text !== undefined) return { kind: "url", value: text.trim() };
  const module = moduleOf(inner);
  if (module !== undefined) return { kind: "module", value: module };
  const based = basedAddress(inner);
  if (based !== undefined) return { kind: "url", value: based };
  if (inner.type === "Identifier") {
    const bound = scope.bindings.get(textField(inner, "name") ?? "");
    if (bound !== undefined) return bound;
  }
  const shown = inner.type === "ObjectExpression" ? shownFirst(inner) : undefined;
  if (shown !== undefined) return targetOf(shown, scope);
  const object = memberObject(inner);
  if (object !== undefined) {
    const target = targetOf(object, scope);
    if (target.kind !== "dynamic") return target;
  }
  return { kind: "dynamic", value: scope.text.slice(node.start, node.end) };
}

/**
 * The top-level imports and constants of a file that name a picture. A name that is declared a second
 * time, such as by a parameter, may mean something else where it is used, so it is left out.
 */
export function bindingsOf(program: JsNode, text: string): Bindings {
  const found = new Map<string, ImageTarget>();
  const declarations = new Map<string, number>();
  walkJs(program, (node) => {
    for (const name of declaredNames(node)) {
      declarations.set(name, (declarations.get(name) ?? 0) + 1);
    }
  });
  for (const statement of childNodes(program, "body")) {
    for (const [name, target] of statementBindings(statement, { text, bindings: found })) {
      if (declarations.get(name) === 1) found.set(name, target);
    }
  }
  return found;
}

function statementBindings(
  statement: JsNode,
  scope: { readonly text: string; readonly bindings: Bindings },
): [string, ImageTarget][] {
  if (statement.type === "ImportDeclaration") return importBindings(statement);
  const declaration =
    statement.type === "ExportNamedDeclaration" ? childNode(statement, "declaration") : statement;
  if (declaration?.type !== "VariableDeclaration" || declaration["kind"] !== "const") return [];
  return childNodes(declaration, "declarations").flatMap((declarator) => {
    const name = identifierName(childNode(declarator, "id"));
    const init = childNode(declarator, "init");
    if (name === undefined || init === undefined) return [];
    const target = targetOf(init, scope);
    return target.kind === "dynamic" ? [] : [[name, target] satisfies [string, ImageTarget]];
  });
}

function importBindings(statement: JsNode): [string, ImageTarget][] {
  const source = childNode(statement, "source");
  const specifier = source === undefined ? undefined : fixedText(source);
  if (specifier === undefined) return [];
  return childNodes(statement, "specifiers").flatMap((node) => {
    const local = identifierName(childNode(node, "local"));
    const imported = identifierName(childNode(node, "imported"));
    const isDefault = node.type === "ImportDefaultSpecifier" || imported === "default";
    // A named export of a module of code is not the module's own picture.
    if (local === undefined || (!isDefault && node.type !== "ImportNamespaceSpecifier")) return [];
    return [[local, { kind: "module", value: specifier }] satisfies [string, ImageTarget]];
  });
}

/** `require("…")`, `require("…").default`, `import("…")` and `new URL("…", import.meta.url)` name a module's file. */
function moduleOf(node: JsNode): string | undefined {
  if (node.type === "ImportExpression") return fixedField(node, "source");
  const awaited = node.type === "AwaitExpression" ? childNode(node, "argument") : undefined;
  if (awaited?.type === "ImportExpression") return moduleOf(awaited);
  const callee = childNode(node, "callee");
  const [first, base] = childNodes(node, "arguments");
  if (callee === undefined || first === undefined) return undefined;
  const name = identifierName(callee);
  if (node.type === "CallExpression" && name === "require") return fixedText(first);
  if (node.type !== "NewExpression" || name !== "URL" || base === undefined) return undefined;
  const isOwnUrl = childNode(base, "object")?.type === "MetaProperty";
  return isOwnUrl ? fixedText(first) : undefined;
}

/** Functions that put a site's base before an address: Docusaurus, VitePress, VuePress, Gatsby. */
const BASED = ["useBaseUrl", "withBase", "withPrefix", "withBaseUrl"];

function basedAddress(node: JsNode): string | undefined {
  const name = identifierName(childNode(node, "callee"));
  const [first] = childNodes(node, "arguments");
  if (node.type !== "CallExpression" || first === undefined) return undefined;
  return name !== undefined && BASED.includes(name) ? fixedText(first)?.trim() : undefined;
}

function fixedField(node: JsNode, name: string): string | undefined {
  const value = childNode(node, name);
  return value === undefined ? undefined : fixedText(value);
}

/** Bundlers give a picture as a text or as an object with its address in `src`. */
function memberObject(node: JsNode): JsNode | undefined {
  if (node.type !== "MemberExpression" || node["computed"] === true) return undefined;
  const property = identifierName(childNode(node, "property"));
  if (!["src", "default", "href"].includes(property ?? "")) return undefined;
  return childNode(node, "object");
}

/** Fields of an object that names a picture or, for each look of the page, one of several. */
const SHOWN_FIRST = ["light", "src", "default", "url", "uri"];

/** Of pictures for the looks of a page, that for light ones; one text describes them all. */
function shownFirst(object: JsNode): JsNode | undefined {
  const fields = new Map(
    childNodes(object, "properties").flatMap((property) => {
      const key = property["computed"] === true ? undefined : childNode(property, "key");
      const name = key === undefined ? undefined : (identifierName(key) ?? fixedText(key));
      const value = childNode(property, "value");
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
  const name = SHOWN_FIRST.find((each) => fields.has(each));
  return name === undefined ? undefined : fields.get(name);
}

/** Without what TypeScript and brackets put around a value. */
function unwrap(node: JsNode): JsNode {
  const wrappers = [
    "TSAsExpression",
    "TSSatisfiesExpression",
    "TSNonNullExpression",
    "ParenthesizedExpression",
  ];
  let inner = node;
  while (wrappers.includes(inner.type)) {
    const expression = childNode(inner, "expression");
    if (expression === undefined) break;
    inner = expression;
  }
  return inner;
}

function declaredNames(node: JsNode): string[] {
  switch (node.type) {
    case "VariableDeclarator":
    case "ClassDeclaration":
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
    case "CatchClause":
      return [childNode(node, "id"), childNode(node, "param"), ...childNodes(node, "params")]
        .filter((pattern) => pattern !== undefined)
        .flatMap(patternNames);
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
    case "ImportSpecifier":
      return patternNames(childNode(node, "local"));
    default:
      return [];
  }
}

/**
 * Every name that a pattern such as `{ a, b: [c] = [], ...d }` binds. Keys, defaults and types are no
 * part of it: they use names, or name something else. A list instead of recursion, as in `walkJs`.
 */
function patternNames(pattern: JsNode | undefined): string[] {
  const names: string[] = [];
  const waiting = [pattern];
  while (waiting.length > 0) {
    const node = waiting.pop();
    const name = identifierName(node);
    if (name !== undefined) names.push(name);
    else if (node !== undefined) waiting.push(...boundParts(node));
  }
  return names;
}

/** What binds names within one node of a pattern. */
function boundParts(pattern: JsNode): (JsNode | undefined)[] {
  switch (pattern.type) {
    case "ObjectPattern":
      return childNodes(pattern, "properties");
    case "Property":
      return [childNode(pattern, "value")];
    case "ArrayPattern":
      return childNodes(pattern, "elements");
    case "AssignmentPattern":
      return [childNode(pattern, "left")];
    case "RestElement":
      return [childNode(pattern, "argument")];
    case "TSParameterProperty":
      return [childNode(pattern, "parameter")];
    default:
      return [];
  }
}

function identifierName(node: JsNode | undefined): string | undefined {
  return node?.type === "Identifier" ? textField(node, "name") : undefined;
}
