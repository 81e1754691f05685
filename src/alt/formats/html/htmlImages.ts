/** Pictures in HTML, by the standard's tokenizer: every document has tokens, and in linear time. */

import { Token, Tokenizer, TokenizerMode } from "parse5";
import { isImageName, type FindContext } from "../findContext";
import { elementImage, mayBeElement, type HtmlElement } from "./elementImages";
import type { ImageReference, TextSpan } from "../../imageReference";
import { valueSpans, type ValueSpans } from "../../tags/markupAttribute";
import {
  OtherPictures,
  Surroundings,
  tagContextOf,
  type ElementTraits,
  type Surrounding,
} from "../../tags/surroundings";
import { isHiding } from "../../tags/accessibleName";
import { isSpread, plainAttribute } from "../../tags/attributeNames";
import { namedByContent } from "../../tags/linkContent";
import { maskOpenQuotes, maskOpenTags } from "../../tags/openQuotes";
import { EndTags, OpenComments } from "../../tags/openElements";
import { imageOfTag } from "../../tags/tag";
import type { Tag, TagAttribute, TagContext } from "../../tags/tagParts";
import { sourceSetIn } from "../../tags/tagSource";
import {
  codeWithin,
  findTemplateCode,
  maskTemplateCode,
  type TemplateCode,
} from "../../tags/templateCode";

export interface HtmlOptions {
  /** Tells whether a tag lies in a cell of a Markdown table. @default never */
  readonly isInTable?: (offset: number) => boolean;
  /** Tells whether a tag is all that a link in Markdown's own syntax shows. @default never */
  readonly isLinkContent?: (offset: number) => boolean;
  /** What the tokenizer reads, as long as the document. @default the document itself */
  readonly markup?: string;
  /**
   * In Markdown: where the piece of HTML ends that a tag lies in. Elements whose content is text are
   * elements there only when they end within the piece; GitHub shows their tags as text (GFM 6.11).
   */
  readonly pieceEnd?: (offset: number) => number;
  /** @default "html" */
  readonly dialect?: "html" | "vue" | "razor" | "inline";
  /** Two at signs in a value are one. @default false */
  readonly keepsAtSigns?: boolean;
  /** Pictures in another syntax among the tags, in the order of the text. @default none */
  readonly others?: readonly TextSpan[];
}

export interface HtmlReading {
  readonly images: ImageReference[];
  /** What is around each of the other pictures. */
  readonly contexts: readonly TagContext[];
}

export function findHtmlImages(context: FindContext, options: HtmlOptions = {}): ImageReference[] {
  return readHtml(context, options).images;
}

export function readHtml(context: FindContext, options: HtmlOptions): HtmlReading {
  const { tags, contexts, elements } = readTags(context, options);
  const images: ImageReference[] = tags.flatMap((tag) => {
    const image = imageOfTag(tag, {
      text: context.text,
      language: context.language,
      dialect: options.dialect ?? "html",
      isInTable: options.isInTable?.(tag.span.start) ?? false,
      isLinkContent: options.isLinkContent?.(tag.span.start) ?? false,
    });
    return image === undefined ? [] : [image];
  });
  for (const element of elements) {
    const image = elementImage(context.text, element, context.language);
    if (image !== undefined) images.push(image);
  }
  return { images, contexts };
}

/** What a browser reads from an attribute's value. @param literal with its quotes. */
export function decodeHtmlAttribute(literal: string): string {
  let value = "";
  readTokens(`<i a=${literal}>`, (token) => {
    value = Token.getTokenAttr(token, "a") ?? value;
  });
  return value;
}

/** Elements whose content is text to the tokenizer (HTML standard, tree construction). */
const CONTENT_MODES: ReadonlyMap<string, Tokenizer["state"]> = new Map<string, Tokenizer["state"]>([
  ["script", TokenizerMode.SCRIPT_DATA],
  ["style", TokenizerMode.RAWTEXT],
  ["xmp", TokenizerMode.RAWTEXT],
  ["iframe", TokenizerMode.RAWTEXT],
  ["noembed", TokenizerMode.RAWTEXT],
  ["noframes", TokenizerMode.RAWTEXT],
  ["textarea", TokenizerMode.RCDATA],
  ["title", TokenizerMode.RCDATA],
  ["plaintext", TokenizerMode.PLAINTEXT],
]);

/** A document with more comments that never end is read as browsers read it. */
const MAX_READINGS = 8;

interface FoundTag extends Omit<Tag, "context"> {
  readonly surrounding: Surrounding;
}

interface Tags {
  /** Pictures by their role. */
  readonly elements: readonly HtmlElement[];
  readonly tags: Tag[];
  readonly contexts: readonly TagContext[];
}

function readTags(context: FindContext, options: HtmlOptions): Tags {
  let markup = options.markup ?? context.text;
  for (let nReadings = 1; ; nReadings++) {
    const comments = new OpenComments(markup);
    const tags = readMarkup({ ...context, markup, comments }, options);
    if (comments.first === undefined || nReadings >= MAX_READINGS) return tags;
    markup = comments.withoutFirst();
  }
}

interface Reading extends FindContext {
  readonly markup: string;
  readonly comments: OpenComments;
}

function readMarkup(context: Reading, options: HtmlOptions): Tags {
  const { markup, comments } = context;
  const endTags = new EndTags(markup);
  const found: FoundTag[] = [];
  const elements: HtmlElement[] = [];
  const around = new Surroundings();
  const others = new OtherPictures(options.others ?? [], around);
  const codes = context.codes ?? findTemplateCode(context.text);
  const source = { text: context.text, codes, keepsAtSigns: options.keepsAtSigns ?? false };
  const onComment = (token: Token.CommentToken): void => {
    comments.add(spanOf(token.location));
  };
  const onTag = (token: Token.TagToken, tokenizer: Tokenizer): void => {
    const name = token.tagName;
    const span = spanOf(token.location);
    others.reach(span.start);
    if (token.type === Token.TokenType.END_TAG) {
      around.endElement(name, span);
      return;
    }
    if (name === "source") around.addSourceSet(sourceSetIn(attributesOf(token, source)));
    // Vue's components are told by the letters that the tokenizer makes small.
    const written =
      options.dialect === "vue"
        ? context.text.slice(span.start + 1, span.start + 1 + name.length)
        : name;
    if (isImageName(name, context) || isImageName(written, context)) {
      const isInTable = options.isInTable?.(span.start) ?? false;
      found.push(imageTag(token, { ...source, isInTable }, around.current));
    } else if (mayBeElement(name, token.attrs)) {
      const attributes = attributesOf(token, source);
      const plain = attributes.map((attribute) => plainAttribute(opaque(attribute, source)));
      const { isHidden } = around.current;
      const hasSpread = attributes.some(isSpread) || outputBetween(source, span, attributes);
      elements.push({ name, span, attributes: plain, isHidden, hasSpread });
    }
    const isForeign = around.isInDrawing;
    const mode = CONTENT_MODES.get(name);
    // In a drawing `<style/>` is empty and `<title>` holds elements; elsewhere the slash means nothing.
    if (!(token.selfClosing && (isForeign || name === "svg" || name === "math"))) {
      around.startElement(name, span, traitsOf(token, source));
    }
    if (mode === undefined || isForeign) return;
    const limit = options.pieceEnd?.(span.start);
    const isWhole =
      name === "plaintext"
        ? limit === undefined
        : endTags.next(name, span.end) < (limit ?? Infinity);
    if (isWhole) tokenizer.state = mode;
  };
  const closed = maskOpenTags(maskTemplateCode(markup, codes));
  readTokens(maskOpenQuotes(closed), onTag, onComment);
  others.reach(Infinity);
  const tags = found.map(({ surrounding, ...tag }) => ({
    ...tag,
    context: tagContextOf(surrounding, tag.span),
  }));
  return { tags, contexts: others.contexts(), elements };
}

function readTokens(
  markup: string,
  onTag: (token: Token.TagToken, tokenizer: Tokenizer) => void,
  onComment: (token: Token.CommentToken) => void = () => undefined,
): void {
  const ignore = (): void => undefined;
  const visit = (token: Token.TagToken): void => {
    onTag(token, tokenizer);
  };
  const tokenizer = new Tokenizer(
    { sourceCodeLocationInfo: true },
    {
      onStartTag: visit,
      onEndTag: visit,
      onComment,
      onDoctype: ignore,
      onEof: ignore,
      onCharacter: ignore,
      onNullCharacter: ignore,
      onWhitespaceCharacter: ignore,
    },
  );
  tokenizer.write(markup, true);
}

/** A document and the template code in it. */
interface Source {
  readonly text: string;
  readonly codes: readonly TemplateCode[];
  /** Markdown takes the backslash from a bar in a cell before HTML is read. @default false */
  readonly isInTable?: boolean;
  /** @default false */
  readonly keepsAtSigns?: boolean;
}

/** Attributes without which an element means nothing for what it holds. */
const TRAITS = /^(?:aria-hidden|hidden|inert|role|.*href|to|routerlink|asp-.*)\b|[[:.]/;

function traitsOf(token: Token.TagToken, source: Source): ElementTraits | undefined {
  const isButton = token.tagName === "button";
  if (!isButton && !token.attrs.some(({ name }) => TRAITS.test(name))) return undefined;
  const attributes = attributesOf(token, source).map(plainAttribute);
  return {
    isHiding: isHiding(attributes),
    names: namedByContent(token.tagName, attributes),
  };
}

function imageTag(token: Token.TagToken, source: Source, surrounding: Surrounding): FoundTag {
  const span = spanOf(token.location);
  const attributes = attributesOf(token, source);
  const between = codeWithin(source.codes, span).filter(
    (code) => !attributes.some(({ value }) => value.kind === "text" && holds(value.literal, code)),
  );
  return {
    name: token.tagName,
    span,
    nameEnd: span.start + 1 + token.tagName.length,
    attributes: attributes.map((attribute) => conditional(opaque(attribute, source), between)),
    hasSpread: attributes.some(isSpread) || between.some(({ role }) => role === "output"),
    isPatchwork: between.length > 0,
    surrounding,
  };
}

/** Code among the attributes of a tag that puts something there. */
function outputBetween(
  { codes }: Source,
  span: TextSpan,
  attributes: readonly TagAttribute[],
): boolean {
  return codeWithin(codes, span).some(
    (code) =>
      code.role === "output" &&
      !attributes.some(({ value }) => value.kind === "text" && holds(value.literal, code)),
  );
}

const holds = (outer: TextSpan, inner: TextSpan): boolean =>
  outer.start <= inner.start && inner.end <= outer.end;

/** What only an engine's own reader tells as code is an expression. */
function opaque(attribute: TagAttribute, { text, codes }: Source): TagAttribute {
  const { value, span } = attribute;
  if (value.kind !== "text" || !codeWithin(codes, span).some(({ isOpaque }) => isOpaque === true)) {
    return attribute;
  }
  const written = text.slice(value.content.start, value.content.end);
  return {
    ...attribute,
    value: { kind: "expression", target: { kind: "dynamic", value: written } },
  };
}

/** An attribute between the ends of a condition is there only sometimes. */
function conditional(attribute: TagAttribute, codes: readonly TemplateCode[]): TagAttribute {
  let depth = 0;
  for (const { role, end } of codes) {
    if (end > attribute.span.start) break;
    if (role === "open") depth++;
    if (role === "close") depth--;
  }
  if (depth <= 0 || attribute.name !== "alt") return attribute;
  return { ...attribute, value: { kind: "expression", target: { kind: "dynamic", value: "" } } };
}

function attributesOf(
  token: Token.TagToken,
  { text, codes, isInTable = false, keepsAtSigns = false }: Source,
): TagAttribute[] {
  return token.attrs.flatMap(({ name, value }): TagAttribute[] => {
    const location = token.location?.attrs?.[name];
    if (location === undefined) return [];
    const span = spanOf(location);
    const spans = htmlValueSpans(text, span);
    if (spans === undefined) return [{ name, span, value: { kind: "none" }, isBound: false }];
    const { start, end } = spans.content;
    // Code is told as it is written; its entities are not the document's.
    const written = codeWithin(codes, span).length > 0 ? text.slice(start, end) : value;
    const unescaped = isInTable ? written.replaceAll("\\|", "|") : written;
    const read = keepsAtSigns ? unescaped.replaceAll("@@", "@") : unescaped;
    return [{ name, span, value: { kind: "text", text: read, ...spans }, isBound: false }];
  });
}

/** Braces and backquotes begin no value of their own in HTML. */
function htmlValueSpans(text: string, attribute: TextSpan): ValueSpans | undefined {
  const spans = valueSpans(text, attribute);
  if (spans === undefined) return undefined;
  const first = text.charAt(spans.literal.start);
  return first === '"' || first === "'" ? spans : { ...spans, content: spans.literal };
}

function spanOf(location: Token.Location | null): TextSpan {
  return { start: location?.startOffset ?? 0, end: location?.endOffset ?? 0 };
}
