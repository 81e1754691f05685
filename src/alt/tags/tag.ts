/** A tag as every markup language has it, and the image reference that it makes. */

import { optional } from "../../base/optional";
import { accessibleName, isHiding, isPresentational, type AccessibleName } from "./accessibleName";
import { isNamedAfterAlt, nativeAttributes, plainAttribute } from "./attributeNames";
import type {
  AltSlot,
  AltState,
  AttributeDialect,
  CaptionSlot,
  DecorativeSlot,
  ImageReference,
  PictureAround,
  TextSpan,
} from "../imageReference";
import type { AltLanguage } from "../languages";
import { isOnlyContent, shownWords, wordsBeside } from "./linkContent";
import type { Tag, TagAttribute } from "./tagParts";
import { tagSource, type TagSource } from "./tagSource";

export interface TagOptions {
  readonly text: string;
  readonly language: AltLanguage;
  readonly dialect: AttributeDialect;
  /** A Markdown table takes a bar for the end of a cell, even inside a tag. @default false */
  readonly isInTable?: boolean;
  /** It is all that a link in Markdown's own syntax shows. @default false */
  readonly isLinkContent?: boolean;
}

/** The reference that an image's tag makes; undefined when it names no picture at all. */
export function imageOfTag(tag: Tag, options: TagOptions): ImageReference | undefined {
  const plain = tag.attributes.map(plainAttribute);
  const attributes = tag.isNative === true ? nativeAttributes(plain) : plain;
  const source = tagSource(tag, attributes);
  // Forgiving parsers also give the tag that a document breaks off in; nothing can be put into it.
  if (source === undefined || options.text.charAt(tag.span.end - 1) !== ">") return undefined;
  const isButton = tag.name === "input";
  if (isButton && !isImageInput(attributes)) return undefined;
  const { language, dialect } = options;
  const named = accessibleName(tag, attributes, options);
  const alt = named.kind === "alt" ? named.text : null;
  const isHidden = isHiddenTag(tag, attributes, named.kind);
  const around = aroundOf({ tag, attributes, options, isHidden, named });
  const isLink = around.names === "link";
  const isDecorative = alt === "" ? !isButton : isHidden && alt === null;
  return {
    language,
    syntax: dialect,
    span: tag.span,
    target: source.target,
    altState: STATES[named.kind],
    alt,
    altSpan: named.kind === "alt" ? contentSpan(named.alt) : null,
    isDecorative,
    isHidden,
    isLink,
    around,
    altSlot: altSlotOf({ tag, named, source, options, isHidden }),
    captionSlot: captionSlotOf(tag, dialect),
    decorativeSlot:
      tag.isPatchwork === true && named.kind === "none" && named.alt === undefined
        ? { form: "none", obstacle: "language" }
        : decorativeSlotOf({
            ...{ named, isHidden, isButton, isLink, isDecorative },
            isNamedTwice: attributes.some(isNamedAfterAlt),
          }),
  };
}

const STATES = {
  alt: "text",
  aria: "named",
  title: "named",
  none: "absent",
  computed: "dynamic",
} as const satisfies Record<AccessibleName["kind"], AltState>;

function isImageInput(attributes: readonly TagAttribute[]): boolean {
  const type = attributes.find(({ name }) => name === "type");
  return type?.value.kind === "text" && type.value.text.trim().toLowerCase() === "image";
}

/** A name that ARIA gives takes the effect from a role, and not from what hides the element. */
function isHiddenTag(
  tag: Tag,
  attributes: readonly TagAttribute[],
  named: AccessibleName["kind"],
): boolean {
  if (tag.context.isHidden || isHiding(attributes)) return true;
  return named !== "aria" && isPresentational(attributes);
}

interface AroundParts {
  readonly tag: Tag;
  readonly attributes: readonly TagAttribute[];
  readonly options: TagOptions;
  readonly isHidden: boolean;
  readonly named: AccessibleName;
}

function aroundOf({ tag, attributes, options, isHidden, named }: AroundParts): PictureAround {
  const { context, span } = tag;
  const { text } = options;
  const picture = context.picture?.element ?? context.element;
  const shown = { start: picture.start, end: Math.max(picture.end, span.end) };
  const isOnly = context.named !== null && isOnlyContent(text, context.named.content, shown);
  const kind = options.isLinkContent === true ? "link" : undefined;
  const names = isOnly ? context.named.kind : kind;
  const caption = context.figure?.caption;
  const isCompared = named.kind === "alt";
  const title = attributes.find(({ name }) => name === "title")?.value;
  return {
    ...optional({
      names,
      caption:
        isCompared && caption ? shownWords(text.slice(caption.start, caption.end)) : undefined,
      beside: isCompared && context.block ? wordsBeside(text, context.block, shown) : undefined,
      title: title?.kind === "text" ? title.text : undefined,
    }),
    ...(isHidden && !context.isHidden ? { isHiddenItself: true } : {}),
    ...(tag.isNative === true && names === undefined ? { isOptional: true } : {}),
  };
}

function contentSpan(alt: TagAttribute): TextSpan {
  if (alt.value.kind === "text") return alt.value.content;
  return { start: alt.span.end, end: alt.span.end };
}

interface SlotParts {
  readonly tag: Tag;
  readonly named: AccessibleName;
  readonly source: TagSource;
  readonly options: TagOptions;
  readonly isHidden: boolean;
}

function altSlotOf({ tag, named, source, options, isHidden }: SlotParts): AltSlot {
  const { text, dialect, isInTable = false } = options;
  const base = { form: "attribute", dialect, isInTable, quote: '"' } as const;
  if (named.kind === "computed") return { form: "none", obstacle: "computed" };
  if (named.kind === "aria") return { form: "none", obstacle: "named" };
  const alt = named.kind === "title" ? undefined : named.alt;
  const isSaid = alt?.value.kind === "text" && alt.value.text !== "";
  if (isHidden && !isSaid) return { form: "none", obstacle: "hidden" };
  if (alt === undefined) {
    if (tag.isPatchwork === true) return { form: "none", obstacle: "template" };
    const attribute = source.attribute?.span;
    // Readers differ on whether the slash of `src=a/>` is part of the value; nothing may follow it.
    const isOpen = attribute !== undefined && text.charAt(attribute.end - 1) !== "/";
    const after = isOpen ? attribute : { start: tag.nameEnd, end: tag.nameEnd };
    const separator = separatorBefore(text, after.start);
    const span = { start: after.end, end: after.end };
    return { ...base, span, prefix: `${separator}alt=` };
  }
  if (alt.isBound || alt.value.kind === "expression") {
    return { ...base, span: alt.span, prefix: "alt=" };
  }
  if (alt.value.kind === "none") {
    return { ...base, span: { start: alt.span.end, end: alt.span.end }, prefix: "=" };
  }
  const quote = text.charAt(alt.value.literal.start) === "'" ? "'" : '"';
  return { ...base, span: alt.value.literal, prefix: "", quote };
}

interface DecorativeParts {
  readonly named: AccessibleName;
  readonly isHidden: boolean;
  readonly isButton: boolean;
  readonly isLink: boolean;
  readonly isDecorative: boolean;
  /** Something else, such as a translation, would go on naming it. */
  readonly isNamedTwice: boolean;
}

function decorativeSlotOf(parts: DecorativeParts): DecorativeSlot {
  const { named, isHidden, isButton, isLink, isDecorative, isNamedTwice } = parts;
  if (named.kind === "computed" || isNamedTwice) return { form: "none", obstacle: "computed" };
  if (named.kind === "aria") return { form: "none", obstacle: "named" };
  if (isHidden) return { form: "none", obstacle: "hidden" };
  if (isButton) return { form: "none", obstacle: "button" };
  if (isLink && !isDecorative) return { form: "none", obstacle: "link" };
  return { form: "alt" };
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
