/** Pictures in Typst: calls of `image`, with the figure or artifact around them. */

import type { FindContext } from "../findContext";
import type { CaptionSlot, ImageReference, TextSpan } from "../../imageReference";
import { at, plainImage, slotAt } from "../plainImage";
import { stringEnd, typstCalls, type TypstArgument, type TypstCall } from "./typstCalls";

const WANTED = new Set(["image", "figure", "pdf.artifact", "link"]);

export function findTypstImages({ text }: FindContext): ImageReference[] {
  const calls = typstCalls(text, (name) => WANTED.has(name));
  const around = calls.filter(({ name }) => name !== "image");
  return calls.flatMap((call) => {
    const before = text.slice(Math.max(0, call.span.start - 20), call.span.start);
    // A rule or a definition shows no picture.
    if (call.name !== "image" || /(?:\b(?:set|let|show)\s+|\.)$/.test(before)) return [];
    return [imageOf(call, around, text)];
  });
}

function imageOf(call: TypstCall, around: readonly TypstCall[], text: string): ImageReference {
  const outer = (name: string): TypstCall | undefined =>
    around.find((each) => each.name === name && holds(each.span, call.span));
  const figure = outer("figure");
  const isArtifact = outer("pdf.artifact") !== undefined;
  const [first] = call.args.filter(({ name }) => name === undefined);
  const path = first === undefined ? undefined : literalText(text, first.value);
  const own = argument(call, "alt");
  const outerAlt = figure === undefined ? undefined : argument(figure, "alt");
  const alt = own ?? outerAlt;
  const isNone = alt !== undefined && textAt(text, alt.value) === "none";
  const words = alt === undefined || isNone ? undefined : literalText(text, alt.value);
  const hasSpread = call.args.some(({ value }) => textAt(text, value).startsWith(".."));
  const isComputed =
    (alt !== undefined && !isNone && words === undefined) || (alt === undefined && hasSpread);
  const caption = figure === undefined ? undefined : argument(figure, "caption");
  const content = caption === undefined ? undefined : contentOf(text, caption.value);
  return plainImage({
    language: "typst",
    syntax: "typst",
    span: call.span,
    target:
      path === undefined
        ? { kind: "dynamic", value: first === undefined ? "" : textAt(text, first.value) }
        : { kind: "url", value: path },
    alt: alt === undefined || words === undefined ? null : { text: words, span: inner(alt.value) },
    ...(isComputed ? { state: "dynamic" } : {}),
    slot: isComputed ? "computed" : isArtifact ? "hidden" : slotOf(call, own ?? outerAlt, text),
    decorative: isArtifact
      ? { form: "none", obstacle: "hidden" }
      : { form: "tag", tag: `pdf.artifact(${textAt(text, call.span)})` },
    isDecorative: isArtifact,
    isHidden: isArtifact,
    caption: captionSlotOf(figure, content, text),
    around: content === undefined ? {} : { caption: plainContent(textAt(text, content)) },
  });
}

const holds = (outer: TextSpan, part: TextSpan): boolean =>
  outer.start < part.start && part.end <= outer.end;
const textAt = (text: string, { start, end }: TextSpan): string => text.slice(start, end);
const inner = ({ start, end }: TextSpan): TextSpan => ({ start: start + 1, end: end - 1 });

function argument({ args }: TypstCall, name: string): TypstArgument | undefined {
  return args.find((each) => each.name === name);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** What a string says; undefined for any other expression. */
function literalText(text: string, span: TextSpan): string | undefined {
  if (text.charAt(span.start) !== '"' || stringEnd(text, span.start) !== span.end) return undefined;
  return textAt(text, inner(span)).replace(
    /\\(?:u\{([\da-fA-F]{1,6})\}|([^]))/g,
    (_, code: string | undefined, mark: string) =>
      code === undefined ? (ESCAPES[mark] ?? mark) : pointOf(parseInt(code, 16)),
  );
}

const pointOf = (code: number): string =>
  code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : "\ufffd";

function slotOf(
  call: TypstCall,
  alt: TypstArgument | undefined,
  text: string,
): ReturnType<typeof slotAt> {
  if (alt !== undefined) return slotAt(alt.value, "typst");
  const written = textAt(text, call.inner);
  const end = call.inner.start + written.trimEnd().length;
  const isOpen = written.trim() === "" || written.trimEnd().endsWith(",");
  return slotAt(at(end), "typst", { prefix: isOpen ? " alt: " : ", alt: " });
}

/** What is between the brackets of a caption. */
function contentOf(text: string, value: TextSpan): TextSpan | undefined {
  const first = text.charAt(value.start);
  return (first === "[" && text.charAt(value.end - 1) === "]") ||
    literalText(text, value) !== undefined
    ? inner(value)
    : undefined;
}

function plainContent(content: string): string {
  return content.replace(/\\(.)/g, "$1").replace(/[*_]/g, "").trim();
}

function captionSlotOf(
  figure: TypstCall | undefined,
  content: TextSpan | undefined,
  text: string,
): CaptionSlot {
  if (figure === undefined) return { form: "none" };
  const own = { form: "own", dialect: "typst" } as const;
  const isContent = content !== undefined && text.charAt(content.start - 1) === "[";
  if (isContent) return { ...own, span: content, prefix: "", suffix: "" };
  if (argument(figure, "caption") !== undefined) return { form: "none" };
  const written = textAt(text, figure.inner);
  const end = figure.inner.start + written.trimEnd().length;
  const prefix = written.trimEnd().endsWith(",") ? " caption: [" : ", caption: [";
  return { ...own, span: at(end), prefix, suffix: "]" };
}
