/** Pictures of MyST's directives and of Microsoft Learn's `:::image … :::`. */

import { attributeLiteral } from "../../edit/escape";
import type { AltSlot, ImageReference, TextSpan } from "../../imageReference";
import type { AltLanguage } from "../../languages";
import { decodeHtmlAttribute } from "../html/htmlImages";
import { lineBreakOf } from "../lines/textLines";
import { at, plainImage, slotAt, withEndings } from "../plainImage";
import type { PictureDirective } from "./directives";

/** Endings that Sphinx and MyST choose from for `.*`. */
const ENDINGS = [".svg", ".png", ".gif", ".jpg", ".jpeg", ".webp", ".pdf"];

export function imageOfDirective(
  directive: PictureDirective,
  { text, language }: { readonly text: string; readonly language: AltLanguage },
): ImageReference {
  const { argument, options, span, optionAt, optionPrefix, isYaml, caption } = directive;
  const alt = options.find(({ name }) => name === "alt");
  const dialect = isYaml ? "yaml" : "rest";
  const isOutput = argument.startsWith("#") || argument === "";
  const path = argument.endsWith(".*") ? argument.slice(0, -2) : undefined;
  const isLink = options.some(({ name, text: value }) => name === "target" && value !== "");
  return plainImage({
    language,
    syntax: dialect,
    span,
    target: isOutput
      ? { kind: "dynamic", value: argument }
      : {
          kind: "url",
          value: argument,
          ...(path === undefined ? {} : { tries: withEndings(path, ENDINGS) }),
        },
    alt: alt === undefined ? null : { text: alt.text, span: alt.value },
    // What a cell of another document draws is described there.
    ...(isOutput && alt === undefined ? { state: "named" } : {}),
    slot:
      isOutput && alt === undefined
        ? "computed"
        : alt === undefined
          ? slotAt(at(optionAt), dialect, { prefix: `${lineBreakOf(text)}${optionPrefix}` })
          : slotAt(optionSpan(text, alt.value, isYaml), dialect),
    around: {
      ...(isLink ? { names: "link" } : {}),
      ...(directive.name === "figure" && caption !== undefined ? { caption } : {}),
    },
  });
}

/** With the space behind the colons, which the value brings. */
function optionSpan(text: string, value: TextSpan, isYaml: boolean): TextSpan {
  if (isYaml) return value;
  const before = text.slice(0, value.start);
  return { start: before.replace(/[ \t]+$/, "").length, end: value.end };
}

const LEARN = /:::image\s((?:[^":']|"[^"]{0,4000}"|'[^']{0,4000}'|:(?!::)){0,8000}?):::/g;
const ATTRIBUTE = /([\w-]+)\s*=\s*("[^"]*"|'[^']*')/g;

interface Attribute {
  readonly name: string;
  readonly text: string;
  readonly span: TextSpan;
  readonly literal: TextSpan;
}

/** @param isShown tells whether a place shows what it holds, as code and comments do. */
export function learnImages(
  text: string,
  language: AltLanguage,
  isShown: (offset: number) => boolean,
): ImageReference[] {
  if (!text.includes(":::image")) return [];
  return Array.from(text.matchAll(LEARN)).flatMap(({ 0: whole, 1: list = "", index }) => {
    if (isShown(index)) return [];
    const attributes = attributesOf(list, index + whole.length - ":::".length - list.length);
    const source = attributes.find(({ name }) => name === "source");
    if (source === undefined) return [];
    return [
      learnImage({
        text,
        language,
        source,
        attributes,
        span: { start: index, end: index + whole.length },
      }),
    ];
  });
}

function attributesOf(list: string, start: number): Attribute[] {
  return Array.from(
    list.matchAll(ATTRIBUTE),
    ({ 0: whole, 1: name = "", 2: written = "", index }) => {
      const end = start + index + whole.length;
      const literal = { start: end - written.length, end };
      const span = { start: start + index, end };
      return { name: name.toLowerCase(), text: decodeHtmlAttribute(written), span, literal };
    },
  );
}

interface Learn {
  readonly text: string;
  readonly language: AltLanguage;
  readonly source: Attribute;
  readonly attributes: readonly Attribute[];
  readonly span: TextSpan;
}

function learnImage({ text, language, source, attributes, span }: Learn): ImageReference {
  const named = (name: string): Attribute | undefined =>
    attributes.find((each) => each.name === name);
  const alt = named("alt-text");
  const isIcon = named("type")?.text === "icon";
  const isLink = (named("link")?.text ?? "") !== "";
  const quote = alt !== undefined && text.charAt(alt.literal.start) === "'" ? "'" : '"';
  const slot: Extract<AltSlot, { form: "attribute" }> =
    alt === undefined
      ? slotAt(at(source.literal.end), "learn", { prefix: " alt-text=" })
      : slotAt(alt.literal, "learn", { quote });
  return plainImage({
    language,
    syntax: "learn",
    span,
    target: { kind: "url", value: source.text },
    alt:
      alt === undefined
        ? null
        : { text: alt.text, span: { start: alt.literal.start + 1, end: alt.literal.end - 1 } },
    slot: isIcon ? "hidden" : slot,
    decorative: isIcon
      ? { form: "none", obstacle: "hidden" }
      : { form: "tag", tag: asIcon(text, span, { type: named("type"), alt }) },
    // Only the type says that it is decoration; an empty text is a forgotten one.
    isDecorative: isIcon,
    isHidden: isIcon,
    around: isLink ? { names: "link" } : {},
  });
}

/** Icons are decoration by their type, and have no text. */
function asIcon(
  text: string,
  span: TextSpan,
  { type, alt }: { readonly type: Attribute | undefined; readonly alt: Attribute | undefined },
): string {
  const literal = attributeLiteral("icon", { dialect: "learn", quote: '"', isInTable: false });
  const edits = [
    ...(type === undefined
      ? [
          {
            start: span.start + ":::image".length,
            end: span.start + ":::image".length,
            newText: ` type=${literal}`,
          },
        ]
      : [{ ...type.literal, newText: literal }]),
    ...(alt === undefined ? [] : [{ start: alt.span.start - 1, end: alt.span.end, newText: "" }]),
  ].sort((a, b) => b.start - a.start);
  let tag = text.slice(span.start, span.end);
  for (const { start, end, newText } of edits) {
    tag = tag.slice(0, start - span.start) + newText + tag.slice(end - span.start);
  }
  return tag;
}
