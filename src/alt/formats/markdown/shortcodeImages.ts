/**
 * Pictures that a site's own tools put into Markdown by a name: Hugo's `{{< figure src="a.png" >}}`,
 * Jekyll's `{% include figure.html src="a.png" %}`, Hexo's `{% asset_img a.png %}`. Nothing is run; the
 * usual names of templates and parameters tell what is meant.
 */

import { optional } from "../../../base/optional";
import { isPicturePath } from "../../wording/fileNameText";
import type { FindContext } from "../findContext";
import type { AltSlot, AltState, ImageReference, TextSpan } from "../../imageReference";
import { isInside } from "../../spans";
import { findTemplateCode, holdsTemplateCode } from "../../tags/templateCode";

/** No call stands within the quotes of another; and Liquid has no escapes but these. */
const QUOTED =
  /"(?:\\.|(?!\{\{[<%]|\{%)[^"\\]){0,1000}"|'(?:(?!\{\{[<%]|\{%)[^']){0,1000}'|`(?:(?!\{\{[<%]|\{%)[^`]){0,1000}`/
    .source;
/** Longer ones are nobody's, so every character is looked at a bounded number of times. */
const BODY = `(?:${QUOTED}|(?!\\{\\{|\\{%|[>%]\\}\\}|-?%\\})[^"'\`]){0,500}?`;
const CALL = new RegExp(
  `(?<mark>\\{\\{[<%]|\\{%-?)\\s*(?:include(?:_cached|_relative)?\\s+)?(?<name>[\\w./-]+)(?<body>\\s${BODY})(?<end>\\s*/?[>%]\\}\\}|\\s*-?%\\})`,
  "g",
);
const PARAMETER = new RegExp(`(?:([\\w-]+)\\s*=\\s*)?(${QUOTED}|[^\\s"'\`=]+)`, "g");

/** What people call a template that shows one picture, whatever folder and ending it has. */
const NAME = /(?:^|[/_-])(?:figure|fig|img|image|picture|photo)(?:\.\w+)?$/i;
const ADDRESSES = ["src", "image_path", "path", "url", "file", "image", "img", "source"];

/** What begins a stretch that shows the marks of calls as they are. */
const RAW = /^\{%-?\s*(?:raw|verbatim)\b/;

/** Cheap: whether there may be one at all. */
export function mayHaveShortcodes(text: string): boolean {
  return /\{\{[<%]|\{%/.test(text);
}

/** @param isCode tells whether a place shows what it holds, as a fence does. */
export function findShortcodeImages(
  { text }: FindContext,
  isCode: (offset: number) => boolean,
): ImageReference[] {
  if (!mayHaveShortcodes(text)) return [];
  const shown = findTemplateCode(text).filter(({ start }) =>
    RAW.test(text.slice(start, start + 20)),
  );
  return Array.from(text.matchAll(CALL)).flatMap(({ 0: whole, index, groups = {} }) => {
    if (isCode(index) || isInside(shown, index)) return [];
    const { mark = "", name = "", body = "", end = "" } = groups;
    const span = { start: index, end: index + whole.length };
    const bodyStart = span.end - end.length - body.length;
    const call = {
      name,
      span,
      isHugo: mark.startsWith("{{"),
      parameters: parametersOf(body, bodyStart),
    };
    const image = call.parameters.some((each) => each.name !== "")
      ? namedImage(call)
      : placedImage(call);
    return image === undefined ? [] : [image];
  });
}

interface Parameter {
  /** Empty where its place says what it is. */
  readonly name: string;
  readonly literal: TextSpan;
  /** Nothing, or the quote. */
  readonly quote: string;
  readonly text: string;
}

interface Call {
  readonly name: string;
  readonly span: TextSpan;
  readonly isHugo: boolean;
  readonly parameters: readonly Parameter[];
}

function parametersOf(body: string, offset: number): Parameter[] {
  return Array.from(
    body.matchAll(PARAMETER),
    ({ 0: whole, index, 1: name = "", 2: value = "" }) => {
      const quote = /^["'`]/.exec(value)?.[0] ?? "";
      const inner = quote === "" ? value : value.slice(1, -1);
      const end = offset + index + whole.length;
      const literal = { start: end - value.length, end };
      return { name, literal, quote, text: quote === '"' ? inner.replaceAll('\\"', '"') : inner };
    },
  );
}

function namedImage(call: Call): ImageReference | undefined {
  const { name, isHugo, parameters } = call;
  const named = (wanted: string): Parameter | undefined =>
    parameters.find((each) => each.name.toLowerCase() === wanted);
  const alt = named("alt");
  if (!NAME.test(name) && alt === undefined) return undefined;
  const source = ADDRESSES.map(named).find(
    (each) =>
      each !== undefined &&
      (each.name === "src" || isPicturePath(each.text.split(/[?#]/)[0] ?? "")),
  );
  if (source === undefined) return undefined;
  // Without quotes it is text to Hugo, and a name of Liquid's to Jekyll.
  const isOpen = ({ text, quote }: Parameter): boolean =>
    holdsTemplateCode(text) || (!isHugo && quote === "");
  const place = alt?.literal ?? { start: source.literal.end, end: source.literal.end };
  const isComputed = alt !== undefined && isOpen(alt);
  // Hugo's own template takes the caption for a text that is missing.
  const caption = isHugo && name === "figure" ? (named("caption")?.text ?? "") : "";
  return imageOf(call, {
    address: source.text,
    isDynamic: isOpen(source),
    state: alt === undefined ? "absent" : isComputed ? "dynamic" : "text",
    ...(caption === "" ? {} : { caption }),
    alt,
    slot: isComputed
      ? undefined
      : { span: place, prefix: alt === undefined ? " alt=" : "", quote: '"' },
  });
}

/** Hexo's tags: names of classes, the file, a width and height, and `"title 'text'"`. */
function placedImage(call: Call): ImageReference | undefined {
  const isTag = !call.isHugo && /^(?:asset_img|img)$/.test(call.name);
  if (!isTag && !(call.isHugo && NAME.test(call.name))) return undefined;
  const at = call.parameters.findIndex(({ text }) => isPicturePath(text.split(/[?#]/)[0] ?? ""));
  const source = call.parameters[at];
  if (source === undefined) return undefined;
  const base = { address: source.text, isDynamic: holdsTemplateCode(source.text) };
  const words = call.parameters.slice(at + 1).filter(({ text }) => !/^\d+$/.test(text));
  const [last] = words.slice(-1);
  // What the places of a template of the site's own mean, only that template knows.
  if (!isTag) return imageOf(call, { ...base, state: "dynamic", alt: undefined, slot: undefined });
  if (last === undefined) {
    return imageOf(call, { ...base, state: "absent", alt: undefined, slot: undefined });
  }
  const nested = last.quote === '"' ? /'([^']*)'\s*$/.exec(last.text) : null;
  if (nested === null) {
    const end = last.literal.end - 1;
    const slot = { span: { start: end, end }, prefix: " ", quote: "'" } as const;
    const canAdd = last.quote === '"' && !last.text.includes("'") && words.length === 1;
    return imageOf(call, {
      ...base,
      state: "named",
      alt: undefined,
      slot: canAdd ? slot : undefined,
    });
  }
  const start = last.literal.start + 1 + nested.index;
  const literal = { start, end: start + nested[0].trimEnd().length };
  const alt = { name: "alt", literal, quote: "'", text: nested[1] ?? "" };
  return imageOf(call, {
    ...base,
    state: "text",
    alt,
    slot: { span: literal, prefix: "", quote: "'" },
  });
}

interface ImageParts {
  readonly address: string;
  /** What Hugo shows below it, and reads out where there is no text. */
  readonly caption?: string;
  /** The address is a name or code. */
  readonly isDynamic: boolean;
  readonly state: AltState;
  readonly alt: Parameter | undefined;
  readonly slot: Pick<AltSlot & { form: "attribute" }, "span" | "prefix" | "quote"> | undefined;
}

function imageOf({ span }: Call, parts: ImageParts): ImageReference {
  const { address, isDynamic, state, alt, slot } = parts;
  const isText = state === "text" && alt !== undefined;
  const inset = alt?.quote === "" ? 0 : 1;
  return {
    language: "markdown",
    syntax: "shortcode",
    span,
    target: { kind: isDynamic ? "dynamic" : "url", value: address },
    altState: state,
    alt: isText ? alt.text : null,
    altSpan: isText ? { start: alt.literal.start + inset, end: alt.literal.end - inset } : null,
    // A template passes an empty text on, as HTML takes it.
    isDecorative: isText && alt.text.trim() === "",
    isHidden: false,
    isLink: false,
    around: optional({ caption: parts.caption, fallback: parts.caption }),
    altSlot:
      slot === undefined
        ? { form: "none", obstacle: "computed" }
        : { form: "attribute", dialect: "shortcode", isInTable: false, ...slot },
    // It has a caption of its own, by another name in each template.
    captionSlot: {
      form: "markdown",
      title: null,
      titlePrefix: "",
      linePrefix: null,
      isInTable: false,
      isMdx: false,
    },
    decorativeSlot: { form: "none", obstacle: "computed" },
  };
}
