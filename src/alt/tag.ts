/** A tag as every markup language has it, and the image reference that it makes. */

import type {
  AltLanguage,
  AltSlot,
  AttributeDialect,
  CaptionSlot,
  ImageReference,
  ImageTarget,
  TextSpan,
} from "./imageReference";
import { firstSrcsetUrl } from "./srcset";

/** What an attribute is set to. */
export type AttributeValue =
  /** A name alone. */
  | { readonly kind: "none" }
  /** Fixed text; `content` is without quotes or braces, `literal` with them. */
  | {
      readonly kind: "text";
      readonly text: string;
      readonly content: TextSpan;
      readonly literal: TextSpan;
    }
  | { readonly kind: "expression"; readonly target: ImageTarget };

export interface TagAttribute {
  /** In lower case where the language does not mind, without `:` or `v-bind:`. */
  readonly name: string;
  readonly span: TextSpan;
  readonly value: AttributeValue;
  /** Bound by another name than the plain one, so a fixed text needs a new attribute. */
  readonly isBound: boolean;
}

/** Where a tag stands among figures and pictures. */
export interface TagContext {
  /** The element with its end tag. */
  readonly element: TextSpan;
  /** The `<picture>` around it. */
  readonly picture: { readonly element: TextSpan; readonly sourceSet: string | null } | null;
  readonly figure: { readonly end: number; readonly caption: TextSpan | null } | null;
}

export interface Tag {
  readonly name: string;
  /** The opening tag. */
  readonly span: TextSpan;
  /** Where its name ends. */
  readonly nameEnd: number;
  readonly attributes: readonly TagAttribute[];
  /** Further attributes come from an object that only the running program knows. */
  readonly hasSpread: boolean;
  readonly context: TagContext;
}

export interface TagOptions {
  readonly text: string;
  readonly language: AltLanguage;
  readonly dialect: AttributeDialect;
  /** A Markdown table takes a bar for the end of a cell, even inside a tag. @default false */
  readonly isInTable?: boolean;
}

/** The reference that an image's tag makes; undefined when it names no picture at all. */
export function imageOfTag(tag: Tag, options: TagOptions): ImageReference | undefined {
  const source = sourceOf(tag);
  // Forgiving parsers also give the tag that a document breaks off in; nothing can be put into it.
  if (source === undefined || options.text.charAt(tag.span.end - 1) !== ">") return undefined;
  const { language, dialect } = options;
  const alt = tag.attributes.find(({ name }) => name === "alt");
  const text = fixedAlt(alt, dialect);
  const isDynamic = text === null && (alt !== undefined || tag.hasSpread);
  return {
    language,
    syntax: dialect,
    span: tag.span,
    target: source.target,
    altState: text !== null ? "text" : isDynamic ? "dynamic" : "absent",
    alt: text,
    altSpan: text === null || alt === undefined ? null : contentSpan(alt),
    isDecorative: text === "",
    altSlot: isDynamic ? { form: "none" } : altSlotOf({ tag, alt, source, options }),
    captionSlot: captionSlotOf(tag, dialect),
    decorativeSlot: isDynamic ? { form: "none", obstacle: "computed" } : { form: "alt" },
  };
}

interface Source {
  readonly target: ImageTarget;
  /** The attribute that names the picture; absent when the `<picture>` does. */
  readonly attribute: TagAttribute | undefined;
}

function sourceOf(tag: Tag): Source | undefined {
  const named = (name: string): TagAttribute | undefined =>
    tag.attributes.find((attribute) => attribute.name === name);
  const src = named("src");
  if (src?.value.kind === "expression") return { target: src.value.target, attribute: src };
  if (src?.value.kind === "text" && src.value.text.trim() !== "") {
    // The HTML standard strips white space around an address.
    return { target: { kind: "url", value: src.value.text.trim() }, attribute: src };
  }
  const set = named("srcset");
  if (set?.value.kind === "expression") return { target: set.value.target, attribute: set };
  const own = set?.value.kind === "text" ? firstSrcsetUrl(set.value.text) : undefined;
  if (own !== undefined) return { target: { kind: "url", value: own }, attribute: set };
  const outer = firstSrcsetUrl(tag.context.picture?.sourceSet ?? "");
  if (outer !== undefined) return { target: { kind: "url", value: outer }, attribute: undefined };
  if (!tag.hasSpread) return undefined;
  return { target: { kind: "dynamic", value: "" }, attribute: undefined };
}

/** `<img alt>` says the empty text in HTML, and true in JSX, which is no text. */
function fixedAlt(alt: TagAttribute | undefined, dialect: AttributeDialect): string | null {
  if (alt?.value.kind === "text") return alt.value.text;
  if (alt?.value.kind === "none" && dialect !== "jsx") return "";
  return null;
}

function contentSpan(alt: TagAttribute): TextSpan {
  if (alt.value.kind === "text") return alt.value.content;
  return { start: alt.span.end, end: alt.span.end };
}

interface SlotParts {
  readonly tag: Tag;
  readonly alt: TagAttribute | undefined;
  readonly source: Source;
  readonly options: TagOptions;
}

function altSlotOf({ tag, alt, source, options }: SlotParts): AltSlot {
  const { text, dialect, isInTable = false } = options;
  const base = { form: "attribute", dialect, isInTable } as const;
  if (alt === undefined) {
    const attribute = source.attribute?.span;
    // Readers differ on whether the slash of `src=a/>` is part of the value; nothing may follow it.
    const isOpen = attribute !== undefined && text.charAt(attribute.end - 1) !== "/";
    const after = isOpen ? attribute : { start: tag.nameEnd, end: tag.nameEnd };
    const separator = separatorBefore(text, after.start);
    const span = { start: after.end, end: after.end };
    return { ...base, span, prefix: `${separator}alt=`, quote: '"' };
  }
  if (alt.isBound) return { ...base, span: alt.span, prefix: "alt=", quote: '"' };
  if (alt.value.kind !== "text") {
    return { ...base, span: { start: alt.span.end, end: alt.span.end }, prefix: "=", quote: '"' };
  }
  const quote = text.charAt(alt.value.literal.start) === "'" ? "'" : '"';
  return { ...base, span: alt.value.literal, prefix: "", quote };
}

/** A tag with an attribute per line goes on that way; a Markdown quote's `>` is not to be copied. */
function separatorBefore(text: string, start: number): string {
  let from = start;
  while (from > 0 && " \t\r\n".includes(text.charAt(from - 1))) from--;
  const space = text.slice(from, start);
  return space.includes("\n") && text.charAt(from - 1) !== ">" ? space : " ";
}

function captionSlotOf({ context }: Tag, dialect: AttributeDialect): CaptionSlot {
  return {
    form: "figure",
    element: context.picture?.element ?? context.element,
    caption: context.figure?.caption ?? null,
    figureEnd: context.figure?.end ?? null,
    dialect,
  };
}
