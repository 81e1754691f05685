/** Markdown and MDX as syntax trees, with the places inside an image that the tree itself leaves out. */

import type { Nodes, Root } from "mdast";
import { fromMarkdown, type Extension } from "mdast-util-from-markdown";
import type { SyntaxExtension, TreeExtension } from "./extensions";
import { frontmatterFromMarkdown } from "mdast-util-frontmatter";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { mdxFromMarkdown } from "mdast-util-mdx";
import { frontmatter } from "micromark-extension-frontmatter";
import { gfm } from "micromark-extension-gfm";
import { mdxjs } from "micromark-extension-mdxjs";
import { maskAddresses, maskSizes, type MaskedAddresses } from "../../resolve/codeInAddresses";
import type { TextSpan } from "../../imageReference";
import { refuseDeepMarkdown } from "./markdownLimits";
import { MdxMistakes, mdxNodes, mdxSyntax } from "./mdxSyntax";
import { maskOpenQuotes } from "../../tags/openQuotes";
import type { Chain } from "../../tags/tagAncestors";
import type { TemplateCode } from "../../tags/templateCode";
import { wikilinkNodes, wikilinkSyntax } from "./wikilinks";

export interface MarkdownTree {
  readonly root: Root;
  /** What stands between the brackets of links and images, by its start. */
  readonly labels: ReadonlyMap<number, TextSpan>;
  /** Titles with their quotes, in the order of the text. */
  readonly titles: readonly TextSpan[];
  /** Destinations with their angle brackets, in the order of the text. */
  readonly destinations: readonly TextSpan[];
  /** Those of definitions, likewise. */
  readonly definitions: readonly TextSpan[];
  /** Template code in destinations. */
  readonly codes: readonly TemplateCode[];
}

/**
 * Parses CommonMark with GitHub's additions, front matter and wikilinks of pictures. Every text parses.
 * @throws RangeError for a document nested too deeply.
 */
export function parseMarkdown(text: string): MarkdownTree {
  refuseDeepMarkdown(text);
  return parsed(maskAddresses(text), { syntax: wikilinkSyntax, nodes: [wikilinkNodes] });
}

export interface MdxTree extends MarkdownTree {
  /** Where scripts begin that are none. */
  readonly brokenScripts: readonly number[];
}

/** Blocks within what an earlier block swallowed come to light one after the other. */
const MAX_READINGS = 3;

/**
 * Parses MDX with GitHub's additions and front matter. Every text parses.
 * @throws RangeError for a document nested too deeply, or with too many tags that are never closed.
 */
export function parseMdx(text: string): MdxTree {
  refuseDeepMarkdown(text);
  const mistakes = new MdxMistakes();
  const strict = mdxjs({ acornOptions: { ecmaVersion: "latest", sourceType: "module" } });
  const language = {
    syntax: mdxSyntax(strict, mistakes),
    nodes: [...mdxFromMarkdown(), mdxNodes()],
  };
  // Braces of MDX are its own, and no template engine's.
  const source = { text: maskOpenQuotes(maskSizes(text)), codes: [] };
  let tree = parsed(source, language);
  for (let nReadings = 1; mistakes.takeNews() && nReadings < MAX_READINGS; nReadings++) {
    tree = parsed(source, language);
  }
  return { ...tree, brokenScripts: mistakes.scripts };
}

interface Language {
  readonly syntax: SyntaxExtension;
  readonly nodes: readonly TreeExtension[];
}

function parsed(masked: MaskedAddresses, { syntax, nodes }: Language): MarkdownTree {
  const labels = new Map<number, TextSpan>();
  const titles: TextSpan[] = [];
  const destinations: TextSpan[] = [];
  const definitions: TextSpan[] = [];
  const places: Extension = {
    enter: {
      labelText: (token) => {
        labels.set(token.start.offset, { start: token.start.offset, end: token.end.offset });
      },
      resourceTitle: (token) => {
        titles.push({ start: token.start.offset, end: token.end.offset });
      },
      resourceDestination: (token) => {
        destinations.push({ start: token.start.offset, end: token.end.offset });
      },
      definitionDestination: (token) => {
        definitions.push({ start: token.start.offset, end: token.end.offset });
      },
    },
  };
  const fences: ("yaml" | "toml")[] = ["yaml", "toml"];
  const root = fromMarkdown(masked.text, {
    extensions: [gfm(), NO_BARE_ADDRESSES, frontmatter(fences), syntax],
    mdastExtensions: [gfmFromMarkdown(), frontmatterFromMarkdown(fences), ...nodes, places],
  });
  return { root, labels, titles, destinations, definitions, codes: masked.codes };
}

/**
 * Addresses without brackets hold no pictures, and GFM looks back through all brackets that are open for each
 * word that could begin one: 31 s for a text of 200 kB in a picture.
 */
const NO_BARE_ADDRESSES = {
  disable: { null: ["wwwAutolink", "protocolAutolink", "emailAutolink"] },
};

/** Visits every node in the order of the text, without recursion: depth is the document's choice. */
export function walkMdast(
  root: Root,
  visit: (node: Nodes, parents: Chain<Nodes> | null) => void,
): void {
  const waiting: { node: Nodes; parents: Chain<Nodes> | null }[] = [{ node: root, parents: null }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, parents } = next;
    visit(node, parents);
    if (!("children" in node)) continue;
    const below: Chain<Nodes> = { node, parents };
    for (const child of [...node.children].reverse()) waiting.push({ node: child, parents: below });
  }
}

/** Where a node lies; the parser gives every node of its own a position. */
export function mdastSpan(node: Nodes): TextSpan {
  return { start: node.position?.start.offset ?? 0, end: node.position?.end.offset ?? 0 };
}
