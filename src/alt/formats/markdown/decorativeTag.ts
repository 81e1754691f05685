/** How Markdown says that a picture carries no meaning: it cannot, so a tag takes the image's place. */

import type { Image, ImageReference as MdastReference, Nodes } from "mdast";
import { sizeIn } from "../../resolve/codeInAddresses";
import { attributeLiteral, oneLineText } from "../../edit/escape";
import type { DecorativeSlot } from "../../imageReference";
import { withoutLists } from "./attributeList";
import { mdastSpan } from "./mdastTree";
import type { Chain } from "../../tags/tagAncestors";

export interface MarkdownImage {
  readonly node: Image | MdastReference;
  readonly parents: Chain<Nodes> | null;
  readonly url: string;
  readonly title: string | null;
  readonly isInTable: boolean;
  readonly isMdx: boolean;
  /** Something begins right below the paragraph that the image is in. */
  readonly isFollowed: boolean;
}

/** The slot of an image in Markdown's own syntax. */
export function decorativeSlotOf(image: MarkdownImage, text: string): DecorativeSlot {
  if (isNameOfLink(image.node, image.parents)) return { form: "none", obstacle: "link" };
  // Kramdown and Pandoc read these behind an image, and show them behind a tag.
  if (!image.isMdx && text.charAt(mdastSpan(image.node).end) === "{") {
    return { form: "none", obstacle: "attributes" };
  }
  if (!image.isMdx && swallowsNextLine(image, text)) return { form: "none", obstacle: "next-line" };
  const { start, end } = mdastSpan(image.node);
  return { form: "tag", tag: tagOf(image, sizeIn(text.slice(start, end))) };
}

function tagOf(
  { url, title, isInTable, isMdx }: MarkdownImage,
  size: ReturnType<typeof sizeIn>,
): string {
  const place = { dialect: isMdx ? "jsx" : "html", quote: '"', isInTable } as const;
  // No line break stays one, because an empty line would end the tag.
  const source = url.replace(/[\t\n\v\f\r]/g, encodeURIComponent);
  const words = oneLineText(title ?? "");
  const shown = words === "" ? "" : ` title=${attributeLiteral(words, place)}`;
  const sizes = Object.entries(size).map(
    ([name, value]) => ` ${name}=${attributeLiteral(value, place)}`,
  );
  const end = `${shown}${sizes.join("")}${isMdx ? " />" : ">"}`;
  return `<img src=${attributeLiteral(source, place)} alt=""${end}`;
}

/** A link that holds nothing else is called by its picture's text (WCAG failure F89). */
export function isNameOfLink(node: Nodes, parents: Chain<Nodes> | null): boolean {
  let chain = parents;
  while (chain !== null && ["emphasis", "strong", "delete"].includes(chain.node.type)) {
    chain = chain.parents;
  }
  const link = chain?.node;
  return (link?.type === "link" || link?.type === "linkReference") && !hasOtherWords(link, node);
}

/** More nodes than this are in nobody's link. */
const MAX_NODES = 1000;

function hasOtherWords(link: Nodes, image: Nodes): boolean {
  const waiting: Nodes[] = [link];
  for (let nSeen = 0; nSeen < MAX_NODES; nSeen++) {
    const node = waiting.pop();
    if (node === undefined) return false;
    if ("value" in node && node.type !== "html" && isWords(node, image)) return true;
    if ("alt" in node && node !== image && (node.alt ?? "") !== "") return true;
    if ("children" in node) waiting.push(...node.children);
  }
  return true;
}

/** The words that a paragraph, cell or link shows beside an image; empty when there are too many. */
export function wordsBeside(block: Nodes, image: Nodes): string {
  const words: string[] = [];
  const waiting: Nodes[] = [block];
  for (let nSeen = 0; waiting.length > 0; nSeen++) {
    if (nSeen >= MAX_NODES) return "";
    const node = waiting.pop();
    if (node === undefined || node === image) continue;
    if ("value" in node && node.type !== "html" && isWords(node, image)) words.push(node.value);
    if ("children" in node) waiting.push(...[...node.children].reverse());
  }
  return words.join("").replace(/\s+/g, " ").trim();
}

/** Attributes right behind the image are its own. */
function isWords(node: Extract<Nodes, { readonly value: string }>, image: Nodes): boolean {
  const isBehind = mdastSpan(node).start === mdastSpan(image).end;
  return (isBehind ? withoutLists(node.value) : node.value).trim() !== "";
}

/**
 * A tag alone on the first line of a block begins a block of HTML, which goes on to the next empty
 * line (CommonMark section 4.6, kind 7), so Markdown below it would no longer be read.
 */
function swallowsNextLine({ node, parents, isFollowed }: MarkdownImage, text: string): boolean {
  const block = parents?.node;
  if (block?.type !== "paragraph" && block?.type !== "heading") return false;
  const span = mdastSpan(node);
  if (mdastSpan(block).start !== span.start) return false;
  const item = parents?.parents?.node;
  if (item?.type === "listItem" && typeof item.checked === "boolean") return false;
  const rest = /^[^\r\n]*/.exec(text.slice(span.end, span.end + MAX_REST))?.[0] ?? "";
  if (rest.trim() !== "") return false;
  return isFollowed || (block.position?.end.line ?? 0) > (node.position?.end.line ?? 0);
}

/** White space behind an image; more of it than this is nobody's. */
const MAX_REST = 1000;
