/** Pictures in Markdown: inline and reference images, and the HTML that a document contains. */

import type { Definition, Image, ImageReference as MdastReference, Nodes } from "mdast";
import type { FindContext } from "../findContext";
import { decodeHtmlAttribute, readHtml } from "../html/htmlImages";
import { optional } from "../../../base/optional";
import { writtenAddress } from "../../resolve/codeInAddresses";
import { listedText, listEnd, withoutLists, type ListedText } from "./attributeList";
import { decorativeSlotOf, isNameOfLink, wordsBeside } from "./decorativeTag";
import type {
  AltSlot,
  CaptionSlot,
  ImageReference,
  PictureAround,
  TextEdit,
  TextSpan,
} from "../../imageReference";
import { isOnlyContent, shownWords } from "../../tags/linkContent";
import { readWithoutSize, withoutSize } from "../../wording/labelSize";
import { openMarkdown } from "./markdownInHtml";
import { mdastSpan, parseMarkdown, walkMdast, type MarkdownTree } from "./mdastTree";
import { cellImages } from "../notebooks/cellOptions";
import { imageOfDirective, learnImages } from "./directiveImages";
import { openDirectives } from "./directives";
import { openSiteBlocks } from "./siteBlocks";
import { findShortcodeImages } from "./shortcodeImages";
import { endOfSpan, firstFrom, isInside } from "../../spans";
import type { TagContext } from "../../tags/tagParts";
import type { Chain } from "../../tags/tagAncestors";
import { holdsTemplateCode } from "../../tags/templateCode";
import { imageOfWikilink } from "./wikilinkImages";

export function findMarkdownImages(context: FindContext): ImageReference[] {
  const { language } = context;
  const isPlain = language === "markdown";
  const blocks = isPlain ? openSiteBlocks(context.text) : { text: context.text, shown: [] };
  const directives = isPlain
    ? openDirectives(blocks.text)
    : { text: withoutDivs(context.text, language), pictures: [] };
  const opened = openMarkdown(directives.text);
  const tree = parseMarkdown(opened.text);
  const html: HtmlPiece[] = [];
  const names: TextSpan[] = [];
  const tableCells: TextSpan[] = [];
  const shown: TextSpan[] = [...blocks.shown];
  walkMdast(tree.root, (node, parents) => {
    if (node.type === "html") html.push({ span: mdastSpan(node), value: node.value });
    if (node.type === "html" && isNameOfLink(node, parents)) names.push(mdastSpan(node));
    if (node.type === "tableCell") tableCells.push(mdastSpan(node));
    if (node.type === "code" || node.type === "inlineCode") shown.push(mdastSpan(node));
  });
  for (const span of opened.tags) {
    if (!isInside(shown, span.start)) html.push({ span, value: textIn(context.text, span) });
  }
  html.sort((a, b) => a.span.start - b.span.start);
  const pieces = html.map(({ span }) => span);
  const isCode = (offset: number): boolean => isInside(shown, offset);
  const calls = findShortcodeImages(context, isCode);
  const learn = learnImages(
    context.text,
    language,
    (offset) => isCode(offset) || isInside(pieces, offset),
  );
  const cells = isPlain ? [] : cellImages(context.text, language);
  const pictures = directives.pictures.map((each) => imageOfDirective(each, context));
  const found = [...calls, ...learn, ...cells, ...pictures];
  const own = [...markdownOwnImages(tree, context), ...found].sort(
    (a, b) => a.span.start - b.span.start,
  );
  const { images, contexts } = readHtml(context, {
    others: own.map(({ span }) => span),
    markup: onlyHtml(context.text, html),
    pieceEnd: (offset) => endOfSpan(pieces, offset),
    isInTable: (offset) => isInside(tableCells, offset),
    isLinkContent: (offset) => isInside(names, offset),
  });
  return [...own.map((image, index) => placed(context.text, image, contexts[index])), ...images];
}

/** An image of Markdown's own among tags, which may hide it, or make it all that their link shows. */
export function placed(
  text: string,
  given: ImageReference,
  around: TagContext | undefined,
): ImageReference {
  if (around === undefined) return given;
  const { isHidden, named, figure } = around;
  if (figure?.caption && (given.alt ?? "") !== "" && given.around?.caption === undefined) {
    const caption = shownWords(text.slice(figure.caption.start, figure.caption.end));
    return placed(text, { ...given, around: { ...given.around, caption } }, around);
  }
  const image = given;
  const isOnly = named !== null && isOnlyContent(text, named.content, image.span);
  const isLink = isOnly && named.kind === "link";
  if (isHidden) {
    const isSilent = image.altState === "text" && (image.alt ?? "").trim() === "";
    const obstacle = { form: "none", obstacle: "hidden" } as const;
    return {
      ...image,
      isHidden,
      isDecorative: isSilent,
      isLink: image.isLink || isLink,
      altSlot: isSilent ? obstacle : image.altSlot,
      decorativeSlot: obstacle,
    };
  }
  if (!isLink || image.isLink) return image;
  return { ...image, isLink, decorativeSlot: { form: "none", obstacle: "link" } };
}

/** The images in Markdown's own syntax, of Markdown and MDX. */
export function markdownOwnImages(tree: MarkdownTree, context: FindContext): ImageReference[] {
  const definitions = new Map<string, Definition>();
  const followed = new Set<Nodes>();
  walkMdast(tree.root, (node) => {
    // The first definition of a name counts (CommonMark section 4.7).
    if (node.type === "definition" && !definitions.has(node.identifier)) {
      definitions.set(node.identifier, node);
    }
    addFollowed(node, followed);
  });
  const images: ImageReference[] = [];
  walkMdast(tree.root, (node, parents) => {
    if (isInMath(node, parents, context.text)) return;
    if (node.type === "wikilinkImage") images.push(wikilinkOf(node, parents, context.text));
    if (node.type !== "image" && node.type !== "imageReference") return;
    const source = node.type === "image" ? node : definitions.get(node.identifier);
    // `![` takes two characters; a label that is not recorded belongs to no source of its own.
    const label = tree.labels.get(mdastSpan(node).start + 2);
    if (source === undefined || source.url === "" || label === undefined) return;
    const isFollowed = parents !== null && followed.has(parents.node);
    images.push(imageOf({ node, parents, source, label, isFollowed, tree, context }));
  });
  return images;
}

/** Paragraphs that another block follows without an empty line between. */
function addFollowed(node: Nodes, followed: Set<Nodes>): void {
  if (!("children" in node)) return;
  let before: Nodes | undefined;
  for (const child of node.children) {
    const line = child.position?.start.line;
    if (before?.type === "paragraph" && line === (before.position?.end.line ?? 0) + 1) {
      followed.add(before);
    }
    before = child;
  }
}

/**
 * Math is a paragraph between `$$`, or a stretch between `$`, and plain text to CommonMark. A picture
 * there counts as math only where the marks close behind it, for a `$` alone may be money.
 */
function isInMath(node: Nodes, parents: Chain<Nodes> | null, text: string): boolean {
  if (!["image", "imageReference", "wikilinkImage"].includes(node.type)) return false;
  const { start, end } = mdastSpan(node);
  if (text.charAt(start - 1) === "$" && text.charAt(end) === "$") return true;
  return ancestors(parents).some((each) => {
    if (each.type !== "paragraph") return false;
    const block = mdastSpan(each);
    return text.startsWith("$$", block.start) && text.slice(end, block.end).includes("$$");
  });
}

function wikilinkOf(node: Nodes, parents: Chain<Nodes> | null, text: string): ImageReference {
  const span = mdastSpan(node);
  const isCell = isInTable(parents);
  const captionSlot: CaptionSlot = {
    form: "markdown",
    title: null,
    titlePrefix: "",
    linePrefix: nextParagraph(text, span.start, parents),
    isInTable: isCell,
    isMdx: false,
  };
  return imageOfWikilink(text, { span, captionSlot, isInTable: isCell });
}

interface ImageParts {
  readonly node: Image | MdastReference;
  readonly parents: Chain<Nodes> | null;
  /** What says the address: the image or its definition. */
  readonly source: Image | Definition;
  readonly label: TextSpan;
  readonly isFollowed: boolean;
  readonly tree: MarkdownTree;
  readonly context: FindContext;
}

function imageOf(parts: ImageParts): ImageReference {
  const image = labelled(parts);
  // Braces of MDX are code.
  if (parts.context.language === "mdx") return image;
  const listed = listedText(parts.context.text, image.span.end);
  const isCell = isInTable(parts.parents);
  if (!isCaptioned(parts)) return listed === undefined ? image : listedImage(image, listed, isCell);
  const figure = captionedImage(image, parts);
  return listed === undefined ? figure : listedImage(figure, listed, isCell);
}

/** To Quarto an image that is alone in its paragraph is a figure, and its brackets hold the caption. */
function isCaptioned({ node, parents, context, label }: ImageParts): boolean {
  const paragraph = parents?.node;
  if (context.language !== "quarto" || paragraph?.type !== "paragraph") return false;
  const others = paragraph.children.filter((child) => child !== node);
  const isAlone = others.every(
    (child) => child.type === "text" && withoutLists(child.value).trim() === "",
  );
  return isAlone && label.end > label.start - 1;
}

/** A figure whose text a list of attributes gives, where there is one. */
function captionedImage(image: ImageReference, { context, label }: ImageParts): ImageReference {
  const { text } = context;
  const caption = text.slice(label.start, label.end).trim();
  const at = image.span.end;
  const list = listEnd(text, at);
  const span = list === undefined ? { start: at, end: at } : { start: list, end: list };
  const around = { ...image.around, ...(caption === "" ? {} : { caption: image.alt ?? caption }) };
  const slot: AltSlot = {
    form: "attribute",
    span,
    prefix: list === undefined ? "{fig-alt=" : " fig-alt=",
    suffix: list === undefined ? "}" : "",
    quote: '"',
    dialect: "braces",
    isInTable: false,
  };
  const isBare = caption === "";
  return {
    ...image,
    around,
    altSlot: slot,
    ...(isBare ? {} : { altState: "absent", alt: null, altSpan: null }),
  };
}

/** An image whose text a list of attributes gives, whatever stands between the brackets. */
function listedImage(image: ImageReference, listed: ListedText, isCell: boolean): ImageReference {
  const { literal, content, quote, value } = listed;
  if (holdsTemplateCode(value)) {
    const obstacle = { form: "none", obstacle: "computed" } as const;
    const unknown = { altState: "dynamic", alt: null, altSpan: null } as const;
    return { ...image, ...unknown, altSlot: obstacle, decorativeSlot: obstacle };
  }
  const alt = decodeHtmlAttribute(`"${value.replaceAll('"', "&quot;")}"`);
  const place = { prefix: "", dialect: "braces", isInTable: isCell } as const;
  return {
    ...image,
    altState: "text",
    alt,
    altSpan: content,
    isDecorative: alt.trim() === "",
    altSlot: { form: "attribute", span: literal, quote, ...place },
    decorativeSlot: image.isLink ? image.decorativeSlot : { form: "alt" },
  };
}

/** An image as it is without attributes. */
function labelled(parts: ImageParts): ImageReference {
  const { node, parents, source, label, isFollowed, context } = parts;
  const url = addressOf(parts);
  const { title = null } = source;
  const place = { isInTable: isInTable(parents), isMdx: context.language === "mdx" };
  const heard = withoutSize(context.text, label);
  const isCode = holdsTemplateCode(context.text.slice(heard.start, heard.end));
  return {
    language: context.language,
    syntax: node.type === "image" ? "markdown-inline" : "markdown-reference",
    span: mdastSpan(node),
    target: { kind: "url", value: url },
    altState: isCode ? "dynamic" : "text",
    alt: isCode ? null : readWithoutSize(node.alt ?? ""),
    altSpan: isCode ? null : heard,
    isDecorative: false,
    isHidden: false,
    isLink: isNameOfLink(node, parents),
    around: aroundOf(parts, title),
    altSlot: isCode ? { form: "none", obstacle: "computed" } : altSlotOf(parts),
    captionSlot: captionSlotOf(parts),
    // A tag in its place would have the code's own quotes in its value.
    decorativeSlot:
      isCode || url !== source.url
        ? { form: "none", obstacle: "computed" }
        : decorativeSlotOf({ node, parents, url, title, isFollowed, ...place }, context.text),
  };
}

function aroundOf({ node, parents }: ImageParts, title: string | null): PictureAround {
  const block = parents?.node;
  const beside = (node.alt ?? "") === "" || block === undefined ? "" : wordsBeside(block, node);
  return optional({
    names: isNameOfLink(node, parents) ? "link" : undefined,
    beside: beside === "" ? undefined : beside,
    title: title ?? undefined,
  });
}

function addressOf({ source, tree, context }: ImageParts): string {
  const destinations = source.type === "image" ? tree.destinations : tree.definitions;
  const place = { destinations, codes: tree.codes };
  return writtenAddress(context.text, place, mdastSpan(source)) ?? source.url;
}

function altSlotOf({ node, parents, label, context }: ImageParts): AltSlot {
  return {
    form: "markdown",
    label: withoutSize(context.text, label),
    referenceEdit: node.type === "image" ? null : referenceEditOf(node, label, context.text),
    isInTable: isInTable(parents),
    isMdx: context.language === "mdx",
  };
}

/** `![name]` and `![name][]` find their definition by the text that is about to change. */
function referenceEditOf(node: MdastReference, label: TextSpan, text: string): TextEdit | null {
  if (node.referenceType === "full") return null;
  const name = text.slice(label.start, label.end);
  const afterBracket = label.end + 1;
  return node.referenceType === "collapsed"
    ? { start: afterBracket + 1, end: afterBracket + 1, newText: name }
    : { start: afterBracket, end: afterBracket, newText: `[${name}]` };
}

function captionSlotOf(parts: ImageParts): CaptionSlot {
  const { node, parents, label, tree, context } = parts;
  return {
    form: "markdown",
    ...titlePlace(node, label, tree),
    linePrefix: nextParagraph(context.text, mdastSpan(node).start, parents),
    isInTable: isInTable(parents),
    isMdx: context.language === "mdx",
  };
}

function titlePlace(
  node: Image | MdastReference,
  label: TextSpan,
  tree: MarkdownTree,
): { title: TextSpan | null; titlePrefix: string } {
  if (node.type !== "image") return { title: null, titlePrefix: "" };
  const { end } = mdastSpan(node);
  const title = firstFrom(tree.titles, label.end);
  if (title !== undefined && title.end < end) return { title, titlePrefix: "" };
  const destination = firstFrom(tree.destinations, label.end);
  const at = destination !== undefined && destination.end < end ? destination.end : end - 1;
  return { title: { start: at, end: at }, titlePrefix: " " };
}

function isInTable(parents: Chain<Nodes> | null): boolean {
  return ancestors(parents).some(({ type }) => type === "tableCell");
}

/** The only content of a paragraph. */
function isAlone(parents: Chain<Nodes> | null): boolean {
  return parents?.node.type === "paragraph" && parents.node.children.length === 1;
}

/** More containers than this hold nobody's picture; a hostile document is cut off here. */
const MAX_ANCESTORS = 100;

function ancestors(parents: Chain<Nodes> | null): Nodes[] {
  const nodes: Nodes[] = [];
  for (let chain = parents; chain !== null && nodes.length < MAX_ANCESTORS; chain = chain.parents) {
    nodes.push(chain.node);
  }
  return nodes;
}

/** What begins a paragraph beside that of a lonely image; null where there is no safe place for one. */
function nextParagraph(text: string, offset: number, parents: Chain<Nodes> | null): string | null {
  if (!isAlone(parents)) return null;
  const lineStart = startOfLine(text, offset);
  const line = text.slice(lineStart, offset);
  const container = parents?.parents?.node;
  const isFirst = container !== undefined && mdastSpan(container).start >= lineStart;
  // The box of a task belongs to the paragraph; as an indent it would make code of the next one.
  if (isFirst && container.type === "listItem" && typeof container.checked === "boolean") {
    return continued(line.slice(0, line.lastIndexOf("[")));
  }
  const note = ancestors(parents).find(({ type }) => type === "footnoteDefinition");
  if (note === undefined || mdastSpan(note).start < lineStart) return continued(line);
  // However long its name, a footnote goes on behind four spaces.
  if (note !== container) return null;
  return `${continued(text.slice(lineStart, mdastSpan(note).start))}    `;
}

function startOfLine(text: string, offset: number): number {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  // Nearly no document has the second mark alone, and all of it would be searched for each picture.
  return start + text.slice(start, offset).lastIndexOf("\r") + 1;
}

/** What continues the containers of a line: quote marks stay, list markers become spaces. */
function continued(line: string): string {
  const marks = Array.from(line);
  return marks.map((mark) => (mark === ">" || mark === "\t" ? mark : " ")).join("");
}

/** Marks of Pandoc's fenced divs are lines of their own, and no part of a paragraph below. */
function withoutDivs(text: string, language: FindContext["language"]): string {
  const isPandoc = language === "quarto" || language === "rmd";
  return isPandoc ? text.replace(/^:{3,}[^\r\n]*/gm, (line) => " ".repeat(line.length)) : text;
}

interface HtmlPiece {
  readonly span: TextSpan;
  /** Without what containers put at the beginnings of its lines. */
  readonly value: string;
}

const textIn = (text: string, { start, end }: TextSpan): string => text.slice(start, end);

/**
 * The document with spaces for everything but its HTML, quote marks and indents of containers
 * included, so that a tokenizer for HTML sees only what Markdown takes for HTML, at the same offsets.
 */
function onlyHtml(text: string, pieces: readonly HtmlPiece[]): string {
  const parts: string[] = [];
  let end = 0;
  for (const { span, value } of pieces) {
    parts.push(" ".repeat(Math.max(0, span.start - end)));
    parts.push(withoutPrefixes(textIn(text, span), value));
    end = span.end;
  }
  parts.push(" ".repeat(Math.max(0, text.length - end)));
  return parts.join("");
}

/** A node's value lacks what containers put at the beginnings of its lines. */
function withoutPrefixes(source: string, value: string): string {
  const sourceLines = source.split("\n");
  const valueLines = value.split("\n");
  if (sourceLines.length !== valueLines.length) return source;
  return sourceLines
    .map((line, index) => {
      const rest = valueLines[index] ?? "";
      return line.endsWith(rest) ? " ".repeat(line.length - rest.length) + rest : line;
    })
    .join("\n");
}
