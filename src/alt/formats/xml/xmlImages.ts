/** Pictures in DITA and DocBook, told by the names of their elements. */

import type { FindContext } from "../findContext";
import type { CaptionSlot, ImageReference, ImageTarget } from "../../imageReference";
import { at, plainImage, slotAt } from "../plainImage";
import { contentOf, wordsOf, xmlElements, xmlText, type XmlElement } from "./xmlTags";

/** `<image href="…"><alt>…</alt></image>`, of old with the attribute `alt`. */
export function findDitaImages({ text }: FindContext): ImageReference[] {
  return xmlElements(text)
    .filter(
      ({ name, attributes }) =>
        name === "image" && (attributes.has("href") || attributes.has("keyref")),
    )
    .map((image) => ditaImage(image, text));
}

function ditaImage(image: XmlElement, text: string): ImageReference {
  const href = image.attributes.get("href");
  const key = image.attributes.get("keyref");
  const child = image.children.find(({ name }) => name === "alt");
  const old = image.attributes.get("alt");
  const words = child === undefined ? old?.text : wordsOf(text, child);
  const content = child === undefined ? null : contentOf(child);
  const span = content ?? old?.span ?? child?.span ?? at(image.span.end);
  // The definition of a key may carry the text, in a map that is another document.
  const isNamed = words === undefined && key !== undefined;
  const figure = ancestor(image, "fig");
  const isLink = ancestor(image, "xref") !== undefined;
  return plainImage({
    language: "dita",
    syntax: "xml",
    span: { start: image.span.start, end: image.end },
    target: href === undefined ? { kind: "dynamic", value: key?.text ?? "" } : urlOf(href.text),
    alt: words === undefined ? null : { text: words, span },
    ...(isNamed ? { state: "named" } : {}),
    slot: isNamed ? "computed" : ditaSlot(image, child, text),
    ...captionParts(figure, text),
    ...around(figure, isLink, text),
  });
}

function ditaSlot(
  image: XmlElement,
  child: XmlElement | undefined,
  text: string,
): ReturnType<typeof slotAt> | "place" {
  const old = image.attributes.get("alt");
  if (child !== undefined) {
    const content = contentOf(child);
    if (content !== null) return slotAt(content, "xml");
    return slotAt(child.span, "xml", { prefix: "<alt>", suffix: "</alt>" });
  }
  if (old !== undefined) return "place";
  if (!image.isEmpty && image.closeStart === undefined) return "place";
  if (!image.isEmpty) {
    return slotAt(at(image.span.end), "xml", { prefix: "<alt>", suffix: "</alt>" });
  }
  // `<image …/>` opens to hold its text.
  const slash = { start: text.lastIndexOf("/", image.span.end), end: image.span.end };
  return slotAt(slash, "xml", { prefix: "><alt>", suffix: "</alt></image>" });
}

/** `<mediaobject><imageobject><imagedata fileref="…"/></imageobject><textobject><phrase>…`. */
export function findDocbookImages({ text }: FindContext): ImageReference[] {
  const seen = new Set<XmlElement>();
  return xmlElements(text)
    .filter(({ name, attributes }) => name === "imagedata" && attributes.has("fileref"))
    .flatMap((data) => {
      const object = ancestor(data, "mediaobject") ?? ancestor(data, "inlinemediaobject");
      // Several forms of one picture, for paper and for screens.
      if (object !== undefined && seen.has(object)) return [];
      if (object !== undefined) seen.add(object);
      return [docbookImage(data, object, text)];
    });
}

function docbookImage(
  data: XmlElement,
  object: XmlElement | undefined,
  text: string,
): ImageReference {
  const texts = (object?.children ?? []).filter(({ name }) => name === "textobject");
  const phrase = texts.flatMap(({ children }) => children).find(({ name }) => name === "phrase");
  const alt = object?.children.find(({ name }) => name === "alt") ?? phrase;
  const content = alt === undefined ? null : contentOf(alt);
  const span = content ?? alt?.span ?? at(data.span.end);
  // A longer description, perhaps of several paragraphs.
  const isNamed = alt === undefined && texts.length > 0;
  const figure = ancestor(data, "figure");
  const href = data.attributes.get("fileref")?.text ?? "";
  const isLink = ancestor(data, "link") !== undefined || ancestor(data, "ulink") !== undefined;
  return plainImage({
    language: "docbook",
    syntax: "xml",
    span: data.span,
    target: urlOf(href),
    alt: alt === undefined ? null : { text: wordsOf(text, alt), span },
    ...(isNamed ? { state: "named" } : {}),
    slot: isNamed ? "computed" : docbookSlot(object, alt, text),
    ...captionParts(figure, text),
    ...around(figure, isLink, text),
  });
}

function docbookSlot(
  object: XmlElement | undefined,
  alt: XmlElement | undefined,
  text: string,
): ReturnType<typeof slotAt> | "place" {
  if (alt !== undefined) {
    const content = contentOf(alt);
    const tag =
      text.slice(alt.span.start + 1, alt.span.start + 1 + 80).match(/^[\w:.-]+/)?.[0] ?? "alt";
    return content === null
      ? slotAt(alt.span, "xml", { prefix: `<${tag}>`, suffix: `</${tag}>` })
      : slotAt(content, "xml");
  }
  if (object?.closeStart === undefined) return "place";
  const prefix =
    text.slice(object.span.start + 1, object.span.start + 80).match(/^[\w.-]+:/)?.[0] ?? "";
  const open = `<${prefix}textobject><${prefix}phrase>`;
  const close = `</${prefix}phrase></${prefix}textobject>`;
  return slotAt(at(object.closeStart), "xml", { prefix: open, suffix: close });
}

function urlOf(address: string): ImageTarget {
  const isKnown = !/&\w+;|[{}$]/.test(address) && address !== "";
  return isKnown ? { kind: "url", value: address } : { kind: "dynamic", value: xmlText(address) };
}

function ancestor(element: XmlElement, name: string): XmlElement | undefined {
  for (let each = element.parent; each !== undefined; each = each.parent) {
    if (each.name === name) return each;
  }
  return undefined;
}

function titleOf(figure: XmlElement | undefined): XmlElement | undefined {
  const info = figure?.children.find(({ name }) => name === "info");
  return [...(figure?.children ?? []), ...(info?.children ?? [])].find(
    ({ name }) => name === "title",
  );
}

function captionParts(figure: XmlElement | undefined, text: string): { caption: CaptionSlot } {
  if (figure === undefined) return { caption: { form: "none" } };
  const own = { form: "own", dialect: "xml" } as const;
  const title = titleOf(figure);
  const content = title === undefined ? null : contentOf(title);
  if (content !== null && !text.slice(content.start, content.end).includes("<")) {
    return { caption: { ...own, span: content, prefix: "", suffix: "" } };
  }
  if (title !== undefined) return { caption: { form: "none" } };
  return { caption: { ...own, span: at(figure.span.end), prefix: "<title>", suffix: "</title>" } };
}

function around(
  figure: XmlElement | undefined,
  isLink: boolean,
  text: string,
): Pick<ImageReferenceParts, "around"> {
  const title = titleOf(figure);
  return {
    around: {
      ...(isLink ? { names: "link" } : {}),
      ...(title === undefined ? {} : { caption: wordsOf(text, title) }),
    },
  };
}

type ImageReferenceParts = Parameters<typeof plainImage>[0];
