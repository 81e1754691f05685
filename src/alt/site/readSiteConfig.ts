/**
 * Configurations of sites, read as data and never run: JSON, YAML and TOML as they are, programs as
 * far as they hold fixed texts.
 */

import { load } from "js-yaml";
import { parse as parseToml } from "smol-toml";
import { childNode, childNodes, textField, walkJs, type JsNode } from "../formats/script/jsNode";
import { parseScript } from "../formats/script/jsParser";
import { fixedText } from "../formats/script/jsValue";
import { looseJson } from "../formats/script/looseJson";
import type { Chain } from "../tags/tagAncestors";
import { type ConfigEntry, SiteConfig } from "./siteConfig";

/** No configuration has so many; the rest of a hostile one is left. */
const MAX_ENTRIES = 20_000;

/** What a file says; nothing when it is damaged. */
export function readSiteConfig(file: string, text: string): SiteConfig {
  const extension = file.slice(file.lastIndexOf(".") + 1).toLowerCase();
  try {
    if (extension === "json" || extension === "jsonc") return ofData(looseJson(text));
    if (extension === "yml" || extension === "yaml") return ofYaml(text);
    if (extension === "toml") return ofData(parseToml(text));
    if (extension === "py") return ofPython(text);
    if (extension === "html") return ofPage(text);
    return new SiteConfig(entriesOfScript(text));
  } catch {
    return SiteConfig.NONE;
  }
}

function ofData(data: unknown): SiteConfig {
  return new SiteConfig(entriesOfData(data));
}

/** A page says something only for Docsify, in a script of its own. */
function ofPage(page: string): SiteConfig {
  const scripts = page.matchAll(/<script\b[^>]*>([^<]*(?:<(?!\/script)[^<]*)*)<\/script/gi);
  const own = Array.from(scripts, ([, script = ""]) => script).filter((script) =>
    script.includes("$docsify"),
  );
  if (own.length === 0) return SiteConfig.NONE;
  const said = own.flatMap((script) => entriesOfScript(script));
  return new SiteConfig([{ path: ["docsify"], value: true }, ...said]);
}

function ofYaml(yaml: string): SiteConfig {
  try {
    return ofData(load(yaml));
  } catch {
    // Tags of other programs, such as MkDocs' `!!python/name`, do not hide the plain lines.
    return new SiteConfig(
      entriesOfLines(yaml, /^([\w-]+):[ \t]+(["']?)([^"'#\n]+?)\2[ \t]*(?:#.*)?$/gm),
    );
  }
}

function ofPython(source: string): SiteConfig {
  return new SiteConfig(entriesOfLines(source, /^(\w+)[ \t]*=[ \t]*(["'])([^"'\n]*)\2/gm));
}

function entriesOfData(data: unknown): ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  const waiting: { readonly value: unknown; readonly path: readonly string[] }[] = [
    { value: data, path: [] },
  ];
  let nVisited = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path } = next;
    if (++nVisited > MAX_ENTRIES || path.length > 32) continue;
    if (typeof value === "string" || typeof value === "boolean") entries.push({ path, value });
    else if (Array.isArray(value)) {
      for (const item of [...(value as readonly unknown[])].reverse()) {
        waiting.push({ value: item, path });
      }
    } else if (typeof value === "object" && value !== null) {
      for (const [name, item] of Object.entries(value).reverse()) {
        waiting.push({ value: item, path: [...path, name] });
      }
    }
  }
  return entries;
}

function entriesOfLines(text: string, line: RegExp): ConfigEntry[] {
  return [...text.matchAll(line)].flatMap(([, name, , value]) =>
    name === undefined || value === undefined ? [] : [{ path: [name], value }],
  );
}

function entriesOfScript(text: string): ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  const constants = new Map<string, string>();
  walkJs(parseScript(text, "tsx"), (node, parents) => {
    if (entries.length >= MAX_ENTRIES) return;
    if (node.type === "VariableDeclarator") {
      const name = nameOf(childNode(node, "id"));
      const value = valueOf(childNode(node, "init"), constants);
      if (name !== undefined && typeof value === "string") constants.set(name, value);
    }
    const value = valueOf(node, constants);
    const parent = parents?.node;
    if (value === undefined || parent === undefined || parents === null) return;
    // A name of a field is a text, too, and one that leads to nothing.
    if (parent.type === "Property" && childNode(parent, "value") !== node) return;
    const path = pathTo(parents);
    if (path.length > 0) entries.push({ path, value });
  });
  return entries;
}

/** Fields and calls of methods around a node. */
function pathTo(parents: Chain<JsNode>): string[] {
  const path: string[] = [];
  for (
    let chain: Chain<JsNode> | null = parents;
    chain !== null && path.length < 32;
    chain = chain.parents
  ) {
    const { node } = chain;
    const key = node.type === "Property" ? childNode(node, "key") : undefined;
    const callee = node.type === "CallExpression" ? childNode(node, "callee") : undefined;
    const name = key === undefined ? nameOf(callee) : (nameOf(key) ?? fixedText(key));
    if (name !== undefined) path.unshift(name);
  }
  return path;
}

function nameOf(node: JsNode | undefined): string | undefined {
  if (node?.type === "Identifier") return textField(node, "name");
  if (node?.type !== "MemberExpression") return undefined;
  return nameOf(childNode(node, "property"));
}

/** Fixed texts, `path.resolve(__dirname, "a")` and `fileURLToPath(new URL("./a", import.meta.url))`. */
function valueOf(
  node: JsNode | undefined,
  constants: ReadonlyMap<string, string>,
): string | boolean | undefined {
  if (node === undefined) return undefined;
  const text = fixedText(node);
  if (text !== undefined) return text;
  if (node.type === "Literal" && typeof node["value"] === "boolean") return node["value"];
  if (node.type === "Identifier") return constants.get(textField(node, "name") ?? "");
  const name = nameOf(childNode(node, "callee"));
  const parts = childNodes(node, "arguments");
  if (node.type === "CallExpression" && (name === "resolve" || name === "join")) {
    const texts = parts
      .map((part) => valueOf(part, constants))
      .filter((part) => typeof part === "string");
    return texts.length > 0 && texts.length >= parts.length - 1 ? texts.join("/") : undefined;
  }
  const isUrl = node.type === "NewExpression" && name === "URL" && parts.length === 2;
  if (isUrl || name === "fileURLToPath") return valueOf(parts[0], constants);
  return undefined;
}
