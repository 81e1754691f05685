/** Pictures in HTML, by the standard's tokenizer: every document has tokens, and in linear time. */

import { Token, Tokenizer, TokenizerMode } from "parse5";
import { isImageName, type FindContext } from "./findContext";
import type { ImageReference, TextSpan } from "./imageReference";
import { valueSpans } from "./markupAttribute";
import { Surroundings, tagContextOf, type Surrounding } from "./surroundings";
import { imageOfTag, type Tag, type TagAttribute } from "./tag";

export interface HtmlOptions {
  /** Tells whether a tag lies in a cell of a Markdown table. @default never */
  readonly isInTable?: (offset: number) => boolean;
  /** What the tokenizer reads, as long as the document. @default the document itself */
  readonly markup?: string;
}

export function findHtmlImages(context: FindContext, options: HtmlOptions = {}): ImageReference[] {
  return readTags(context, options.markup ?? context.text).flatMap((tag) => {
    const image = imageOfTag(tag, {
      text: context.text,
      language: context.language,
      dialect: "html",
      isInTable: options.isInTable?.(tag.span.start) ?? false,
    });
    return image === undefined ? [] : [image];
  });
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

interface FoundTag extends Omit<Tag, "context"> {
  readonly surrounding: Surrounding;
}

function readTags(context: FindContext, markup: string): Tag[] {
  const found: FoundTag[] = [];
  const around = new Surroundings();
  readTokens(markup, (token, tokenizer) => {
    const name = token.tagName;
    const span = spanOf(token.location);
    if (token.type === Token.TokenType.END_TAG) {
      around.endElement(name, span);
      return;
    }
    if (name === "source") around.addSourceSet(Token.getTokenAttr(token, "srcset"));
    if (isImageName(name, context)) found.push(imageTag(token, context, around.current));
    const isForeign = around.isInDrawing;
    const mode = CONTENT_MODES.get(name);
    // In a drawing `<style/>` is empty and `<title>` holds elements; elsewhere the slash means nothing.
    if (!(token.selfClosing && (isForeign || name === "svg" || name === "math"))) {
      around.startElement(name, span);
    }
    if (mode !== undefined && !isForeign) tokenizer.state = mode;
  });
  return found.map(({ surrounding, ...tag }) => ({
    ...tag,
    context: tagContextOf(surrounding, tag.span),
  }));
}

function readTokens(
  markup: string,
  onTag: (token: Token.TagToken, tokenizer: Tokenizer) => void,
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
      onComment: ignore,
      onDoctype: ignore,
      onEof: ignore,
      onCharacter: ignore,
      onNullCharacter: ignore,
      onWhitespaceCharacter: ignore,
    },
  );
  tokenizer.write(markup, true);
}

function imageTag(token: Token.TagToken, context: FindContext, surrounding: Surrounding): FoundTag {
  const span = spanOf(token.location);
  return {
    name: token.tagName,
    span,
    nameEnd: span.start + 1 + token.tagName.length,
    attributes: attributesOf(token, context.text),
    hasSpread: false,
    surrounding,
  };
}

function attributesOf(token: Token.TagToken, text: string): TagAttribute[] {
  return token.attrs.flatMap(({ name, value }) => {
    const location = token.location?.attrs?.[name];
    if (location === undefined) return [];
    const span = spanOf(location);
    const spans = valueSpans(text, span);
    const read: TagAttribute["value"] =
      spans === undefined ? { kind: "none" } : { kind: "text", text: value, ...spans };
    return [{ name, span, value: read, isBound: false }];
  });
}

function spanOf(location: Token.Location | null): TextSpan {
  return { start: location?.startOffset ?? 0, end: location?.endOffset ?? 0 };
}
