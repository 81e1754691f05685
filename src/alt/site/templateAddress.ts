/** Addresses with the code of a template engine or program in them: what they say without being run. */

import { childNode, childNodes, textField, type JsNode } from "../formats/script/jsNode";
import { parseSingleExpression } from "../formats/script/jsParser";
import { fixedText } from "../formats/script/jsValue";
import { piecesOf, type Piece } from "./addressCode";

/** What an address with code comes to. */
export interface ComputedAddress {
  /** From the site's root, with a slash in front. */
  readonly path: string;
  /** A helper finds it among the program's own assets, wherever these lie. */
  readonly isAsset: boolean;
  /** Nothing but values of the configuration was put in, so a missing file is a wrong path. */
  readonly isCertain: boolean;
}

/** Values of the site's configuration, such as `site.logo`. */
export type SiteValues = (name: string) => string | undefined;

/** What an address with code says; undefined when only a running program knows. */
export function computedAddress(address: string, values: SiteValues): ComputedAddress | undefined {
  const razor = /^@(?:Url\.Content|Href)\(\s*(["'])~\/([^"']*)\1\s*\)$/.exec(address);
  if (razor?.[2] !== undefined) return { path: `/${razor[2]}`, isAsset: true, isCertain: false };
  return joined(piecesOf(address), values);
}

/** What an expression of JavaScript says, such as `useBaseUrl("/a.png")`. */
export function computedExpression(source: string): ComputedAddress | undefined {
  // Svelte's own attributes mix text and code: `{base}/a.png`.
  const mixed = /^\{(base|assets)\}(\/[^{}]+)$/.exec(source);
  if (mixed?.[2] !== undefined) return { path: mixed[2], isAsset: false, isCertain: false };
  const node = parseSingleExpression(source);
  const text = node === undefined ? undefined : textOfNode(node);
  if (text === undefined || !text.startsWith(ROOT)) return undefined;
  return { path: rooted(text), isAsset: false, isCertain: false };
}

/** Stands for the site's root in a text that is put together. */
const ROOT = "\0";

function joined(pieces: readonly Piece[], values: SiteValues): ComputedAddress | undefined {
  let text = "";
  let isAsset = false;
  let isCertain = true;
  for (const piece of pieces) {
    const said: Said | undefined = piece.isCode ? saidBy(piece.text, values) : { text: piece.text };
    if (said === undefined) return undefined;
    text += said.text;
    isAsset ||= said.isAsset === true;
    if (piece.isCode) isCertain &&= said.isCertain === true;
  }
  // Without the root in front nobody knows whose page the path begins at.
  if (!text.startsWith(ROOT) && !text.startsWith("/")) return undefined;
  return { path: rooted(text), isAsset, isCertain };
}

function rooted(text: string): string {
  return `/${text.replaceAll(ROOT, "").replace(/^\/+/, "")}`;
}

interface Said {
  readonly text: string;
  readonly isAsset?: boolean;
  readonly isCertain?: boolean;
}

/** Names that engines and bundlers give the site's root. */
const ROOT_NAMES =
  /^(?:\$?\.?[Ss]ite\.(?:baseurl|base_url|base_path|BaseURL|url|root|github\.url)|base_?url|base_?path|config\.(?:root|base_url|url)|BASE_URL|PUBLIC_URL|VITE_BASE_URL|STATIC_URL|static_url|assets_?url|sveltekit\.assets|import\.meta\.env\.BASE_URL|process\.env\.(?:PUBLIC_URL|BASE_URL)|htmlWebpackPlugin\.files\.publicPath)$/;

/** Filters and helpers that change where an address begins, and not which file it is. */
// prettier-ignore
const ADDRESS_FILTERS: ReadonlySet<string> = new Set([
  "relative_url", "absolute_url", "relurl", "absurl", "rellangurl", "abslangurl", "url",
  "asset_url", "file_url", "asset", "theme", "static_url", "asset_img_url", "safeurl", "safe",
  "escape", "e", "raw", "uri_escape", "xml_escape", "absoluteurl", "prepend", "strip",
]);

/** Helpers that look a file up among the program's own: Django, Flask, Rails, Laravel, Symfony, Phoenix. */
// prettier-ignore
const ASSET_HELPERS: ReadonlySet<string> = new Set([
  "static", "asset", "asset_path", "asset_url", "image_path", "image_url", "path_to_image",
  "path_to_asset", "url_for", "mix", "vite::asset", "versioned_static", "static_path",
  "image_tag_path", "vite_asset_path", "asset_pack_path", "media_path", "theme_asset",
]);
/** Helpers that put the site's base before an address. */
// prettier-ignore
const BASE_HELPERS: ReadonlySet<string> = new Set([
  "link", "relurl", "absurl", "url", "full_url_for", "$withbase", "withbase", "usebaseurl",
  "pathto", "relative_url", "absolute_url", "with_base", "base_url",
]);

function saidBy(code: string, values: SiteValues): Said | undefined {
  const inner = code
    .replace(/^(?:\{\{\{?[-~]?|\{%[-~+]?|\{!!|<%[=-]*|<\?(?:php\b|=)?|[$#@*]\{|\{|%)/, "")
    .replace(/(?:[-~]?\}?\}\}|[-~+]?%\}|!!\}|-?%>|\?>|\}|%)$/, "")
    .replace(/^\s*(?:echo|print)\b/, "")
    .replace(/;\s*$/, "")
    .trim();
  if (ROOT_NAMES.test(inner)) {
    return { text: ROOT, isCertain: /^\.?site\.|^\$?\.Site\./.test(inner) };
  }
  const piped = splitPipes(inner);
  const [first = "", ...filters] = piped;
  if (filters.length > 0) return filtered(first, filters, values);
  const value = /^site\.[\w.]+$/.test(first) ? values(first.slice("site.".length)) : undefined;
  if (value !== undefined) return { text: value, isCertain: true };
  return helped(inner);
}

function filtered(first: string, filters: readonly string[], values: SiteValues): Said | undefined {
  const literal =
    quoted(first) ?? (/^site\.[\w.]+$/.test(first) ? values(first.slice(5)) : undefined);
  if (literal === undefined || /^[a-z]+:\/\//i.test(literal)) return undefined;
  let text = literal;
  let isAddress = false;
  let isAsset = false;
  let isCertain = true;
  for (const filter of filters) {
    const [, name = "", argument = ""] =
      /^([\w$.:]+?)\s*(?::|\(|$)\s*([\s\S]*?)\)?$/.exec(filter) ?? [];
    const added = quoted(argument.trim());
    if (name === "append" && added !== undefined) text += added;
    else if (name === "prepend" && added !== undefined) text = added + text;
    else if (!ADDRESS_FILTERS.has(name.toLowerCase())) return undefined;
    isAddress ||= name !== "append";
    isAsset ||= /asset|static|theme/.test(name);
    isCertain &&= /^(?:relative_url|absolute_url|prepend|append)$/.test(name);
  }
  if (!isAddress) return { text, isCertain: true };
  return { text: `${ROOT}/${text.replace(/^\/+/, "")}`, isAsset, isCertain };
}

/** `static 'a.png'`, `asset("a.png")`, `url_for('static', filename='a.png')`, `"a.png" relURL`. */
function helped(code: string): Said | undefined {
  const [, name, rest] = /^([\w$.:]+)\s*\(?\s*([\s\S]*?)\s*\)?$/.exec(code) ?? [];
  if (name === undefined || rest === undefined) return undefined;
  const helper = (name.split(/\.(?=[^.]*$)/).at(-1) ?? "").toLowerCase();
  const isAsset = ASSET_HELPERS.has(helper);
  if (!isAsset && !BASE_HELPERS.has(helper)) return undefined;
  const named = /^(["'])static\1\s*,\s*(?:filename|path)\s*=\s*(["'])([^"']+)\2$/.exec(rest)?.[3];
  const text =
    named ??
    quoted(rest.replace(/\s*,\s*(?:1|true|request|null)\s*$/, "")) ??
    bareLink(helper, rest);
  if (text === undefined || /^[a-z]+:/i.test(text)) return undefined;
  return { text: `${ROOT}/${text.replace(/^\/+/, "")}`, isAsset, isCertain: false };
}

/** `{% link assets/a.png %}` needs no quotes. */
function bareLink(helper: string, rest: string): string | undefined {
  return helper === "link" && /^[\w./-]+$/.test(rest) ? rest : undefined;
}

function quoted(code: string): string | undefined {
  return /^(["'`])([^"'`{}$]*)\1$/.exec(code.trim())?.[2];
}

function splitPipes(code: string): string[] {
  const parts = code.match(/(?:"[^"]*"|'[^']*'|[^|"']|["'])+/g) ?? [];
  return code.includes("||") ? [code] : parts.map((part) => part.trim());
}

const NODE_HELPERS: ReadonlySet<string> = new Set([
  "useBaseUrl",
  "withBase",
  "$withBase",
  "withPrefix",
]);

/** The text of an expression with `ROOT` for the site's root; undefined when it is not fixed. */
function textOfNode(node: JsNode): string | undefined {
  const text = fixedText(node);
  if (text !== undefined) return text;
  if (node.type === "BinaryExpression" && node["operator"] === "+") {
    const [left, right] = [childNode(node, "left"), childNode(node, "right")];
    const [before, behind] = [left, right].map((side) =>
      side === undefined ? undefined : textOfNode(side),
    );
    return before === undefined || behind === undefined ? undefined : before + behind;
  }
  if (node.type === "TemplateLiteral") return textOfTemplate(node);
  if (node.type === "CallExpression") {
    const name = sourceName(childNode(node, "callee"))?.split(".").at(-1) ?? "";
    const [argument] = childNodes(node, "arguments");
    const path =
      NODE_HELPERS.has(name) && argument !== undefined ? textOfNode(argument) : undefined;
    return path === undefined || /^[a-z]+:/i.test(path) ? undefined : `${ROOT}/${path}`;
  }
  const name = sourceName(node);
  return name !== undefined && ROOT_NAMES.test(name) ? ROOT : undefined;
}

function textOfTemplate(node: JsNode): string | undefined {
  const holes = childNodes(node, "expressions").map(textOfNode);
  let text = "";
  for (const [index, quasi] of childNodes(node, "quasis").entries()) {
    const { cooked } = (quasi["value"] ?? {}) as { readonly cooked?: unknown };
    const hole = index === 0 ? "" : holes[index - 1];
    if (typeof cooked !== "string" || hole === undefined) return undefined;
    text += hole + cooked;
  }
  return text;
}

/** `import.meta.env.BASE_URL` as it is written. */
function sourceName(node: JsNode | undefined): string | undefined {
  if (node?.type === "Identifier") return textField(node, "name");
  if (node?.type === "MetaProperty") return "import.meta";
  if (node?.type !== "MemberExpression" || node["computed"] === true) return undefined;
  const object = sourceName(childNode(node, "object"));
  const property = sourceName(childNode(node, "property"));
  return object === undefined || property === undefined ? undefined : `${object}.${property}`;
}
