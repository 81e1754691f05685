/** Pictures in Astro components. */

import { scanAstro, VOID_ELEMENTS, type AstroAttribute, type AstroTag } from "./astroScanner";
import { isHiding } from "./accessibleName";
import { plainAttribute } from "./attributeNames";
import { isImageName, type FindContext } from "./findContext";
import { decodeHtmlAttribute } from "./htmlImages";
import type { ImageReference } from "./imageReference";
import { parseScript, parseSingleExpression } from "./jsParser";
import { bindingsOf, fixedText, targetOf, type Bindings } from "./jsValue";
import { Surroundings, tagContextOf, type Surrounding } from "./surroundings";
import { isNamedByContent } from "./linkContent";
import { sourceSetIn } from "./tagSource";
import { imageOfTag, type AttributeValue, type TagAttribute } from "./tag";

export function findAstroImages(context: FindContext): ImageReference[] {
  const { text, language } = context;
  const fence = frontMatter(text);
  const bindings = fence === undefined ? new Map() : frontMatterBindings(text, fence);
  const found: { readonly tag: AstroTag; readonly surrounding: Surrounding }[] = [];
  const plain: Scope = { text, bindings: new Map() };
  const around = new Surroundings();
  const ends = new Map<AstroTag, number>();
  const unclosed: AstroTag[] = [];
  for (const tag of scanAstro(text, fence?.after ?? 0)) {
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
    const isLink = isNamedByContent(tag.name, attributes);
    around.startElement(tag.name, tag.span, { isHiding: isHiding(attributes), isLink });
  }
  return found.flatMap(({ tag, surrounding }) => {
    const element = { start: tag.span.start, end: ends.get(tag) ?? tag.span.end };
    const image = imageOfTag(
      {
        name: tag.name,
        span: tag.span,
        nameEnd: tag.span.start + 1 + tag.name.length,
        attributes: attributesOf(tag, { text, bindings }),
        hasSpread: tag.attributes.some(({ isSpread }) => isSpread),
        context: tagContextOf(surrounding, element),
      },
      { text, language, dialect: "astro" },
    );
    return image === undefined ? [] : [image];
  });
}

interface FrontMatter {
  readonly start: number;
  readonly end: number;
  /** Where the markup begins. */
  readonly after: number;
}

/** The script between two lines of dashes at the beginning. */
function frontMatter(text: string): FrontMatter | undefined {
  const open = text.length - text.trimStart().length;
  if (!text.startsWith("---", open)) return undefined;
  const start = open + 3;
  const close = text.indexOf("\n---", start);
  return close < 0 ? undefined : { start, end: close, after: close + 4 };
}

function frontMatterBindings(text: string, { start, end }: FrontMatter): Bindings {
  try {
    return bindingsOf(parseScript(text.slice(start, end), "ts", start), text);
  } catch {
    // Without its script a component still shows its pictures; names are then followed nowhere.
    return new Map();
  }
}

interface Scope {
  readonly text: string;
  readonly bindings: Bindings;
}

function attributesOf(tag: AstroTag, scope: Scope): TagAttribute[] {
  return tag.attributes
    .filter(({ isSpread }) => !isSpread)
    .map((attribute) => attributeOf(attribute, scope));
}

function attributeOf(attribute: AstroAttribute, scope: Scope): TagAttribute {
  const { name, span } = attribute;
  return { name, span, value: valueOf(attribute, scope), isBound: false };
}

function valueOf({ literal }: AstroAttribute, { text, bindings }: Scope): AttributeValue {
  if (literal === null) return { kind: "none" };
  const written = text.slice(literal.start, literal.end);
  const first = written.charAt(0);
  const inner = { start: literal.start + 1, end: Math.max(literal.start + 1, literal.end - 1) };
  if (first !== "{" && first !== "`") {
    const content = first === '"' || first === "'" ? inner : literal;
    return { kind: "text", text: decodeHtmlAttribute(written), content, literal };
  }
  const source = first === "`" ? written : text.slice(inner.start, inner.end);
  const expression = parseSingleExpression(source);
  const fixed = expression === undefined ? undefined : fixedText(expression);
  if (expression === undefined || fixed === undefined) {
    const target =
      expression === undefined
        ? ({ kind: "dynamic", value: source } as const)
        : targetOf(expression, { text: source, bindings });
    return { kind: "expression", target };
  }
  const offset = first === "`" ? literal.start : inner.start;
  const content = { start: offset + expression.start + 1, end: offset + expression.end - 1 };
  return { kind: "text", text: fixed, content, literal };
}
