/** Pictures by the tags that the scanner sees: in Astro, and where another language's parser gives up. */

import { isHiding } from "../tags/accessibleName";
import { plainAttribute } from "../tags/attributeNames";
import { isImageName, type FindContext } from "./findContext";
import { decodeHtmlAttribute } from "./html/htmlImages";
import type { ImageReference } from "../imageReference";
import { parseSingleExpression } from "./script/jsParser";
import { fixedText, targetOf, type Bindings } from "./script/jsValue";
import { namedByContent } from "../tags/linkContent";
import { Surroundings, tagContextOf, type Surrounding } from "../tags/surroundings";
import { imageOfTag } from "../tags/tag";
import type { AttributeValue, TagAttribute } from "../tags/tagParts";
import {
  scanTags,
  VOID_ELEMENTS,
  type ScanDialect,
  type ScannedAttribute,
  type ScannedTag,
} from "../tags/tagScanner";
import { sourceSetIn } from "../tags/tagSource";

export interface ScanPlace {
  readonly dialect: ScanDialect;
  readonly bindings: Bindings;
  /** What the scanner reads, as long as the document. @default the document itself */
  readonly markup?: string;
  /** Where the markup begins. @default 0 */
  readonly start?: number;
}

/** @throws RangeError for a document nested too deeply. */
export function findScannedImages(context: FindContext, place: ScanPlace): ImageReference[] {
  const { text, language } = context;
  const { dialect, bindings } = place;
  const found: { readonly tag: ScannedTag; readonly surrounding: Surrounding }[] = [];
  const plain: Scope = { text, dialect, bindings: new Map() };
  const around = new Surroundings();
  const ends = new Map<ScannedTag, number>();
  const unclosed: ScannedTag[] = [];
  for (const tag of scanTags(place.markup ?? text, dialect, place.start)) {
    const isImage = isImageName(tag.name, context);
    if (tag.kind === "end") {
      around.endElement(tag.name, tag.span);
      const opened = isImage ? unclosed.pop() : undefined;
      if (opened !== undefined) ends.set(opened, tag.span.end);
      continue;
    }
    if (tag.name === "source") around.addSourceSet(sourceSetIn(attributesOf(tag, plain)));
    if (isImage) {
      found.push({ tag, surrounding: around.current });
      if (!tag.isSelfClosing && !VOID_ELEMENTS.has(tag.name)) unclosed.push(tag);
    }
    if (tag.isSelfClosing) continue;
    const attributes = attributesOf(tag, plain).map(plainAttribute);
    const names = namedByContent(tag.name, attributes);
    around.startElement(tag.name, tag.span, { isHiding: isHiding(attributes), names });
  }
  return found.flatMap(({ tag, surrounding }) => {
    const element = { start: tag.span.start, end: ends.get(tag) ?? tag.span.end };
    const image = imageOfTag(
      {
        name: tag.name,
        span: tag.span,
        nameEnd: tag.span.start + 1 + tag.name.length,
        attributes: attributesOf(tag, { text, dialect, bindings }),
        hasSpread: tag.attributes.some(({ isSpread }) => isSpread),
        context: tagContextOf(surrounding, element),
      },
      { text, language, dialect },
    );
    return image === undefined ? [] : [image];
  });
}

interface Scope {
  readonly text: string;
  readonly dialect: ScanDialect;
  readonly bindings: Bindings;
}

function attributesOf(tag: ScannedTag, scope: Scope): TagAttribute[] {
  return tag.attributes
    .filter(({ isSpread }) => !isSpread)
    .map((attribute) => attributeOf(attribute, scope));
}

function attributeOf(attribute: ScannedAttribute, scope: Scope): TagAttribute {
  const { span } = attribute;
  const name = attribute.name === "srcSet" ? "srcset" : attribute.name;
  return { name, span, value: valueOf(attribute, scope), isBound: false };
}

function valueOf({ literal }: ScannedAttribute, scope: Scope): AttributeValue {
  const { text, dialect, bindings } = scope;
  if (literal === null) return { kind: "none" };
  const written = text.slice(literal.start, literal.end);
  const first = written.charAt(0);
  const inner = { start: literal.start + 1, end: Math.max(literal.start + 1, literal.end - 1) };
  const isTemplate = first === "`" && dialect === "astro";
  if (first !== "{" && !isTemplate) {
    if (dialect === "svelte" && written.includes("{")) {
      return { kind: "expression", target: { kind: "dynamic", value: written } };
    }
    const content = first === '"' || first === "'" ? inner : literal;
    return { kind: "text", text: decodeHtmlAttribute(written), content, literal };
  }
  const source = isTemplate ? written : text.slice(inner.start, inner.end);
  const expression = parseSingleExpression(source);
  const fixed = expression === undefined ? undefined : fixedText(expression);
  if (expression === undefined || fixed === undefined) {
    const target =
      expression === undefined
        ? ({ kind: "dynamic", value: source } as const)
        : targetOf(expression, { text: source, bindings });
    return { kind: "expression", target };
  }
  const offset = isTemplate ? literal.start : inner.start;
  const content = { start: offset + expression.start + 1, end: offset + expression.end - 1 };
  return { kind: "text", text: fixed, content, literal };
}
