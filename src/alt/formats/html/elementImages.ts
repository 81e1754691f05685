/**
 * Elements that are pictures to assistive technology without being `img`: areas of a map, objects that
 * show a picture, drawings and other elements with the role of one. They can be named, and not described.
 */

import { isHiding, isPresentational } from "../../tags/accessibleName";
import { setsAlt } from "../../tags/attributeNames";
import { shownWords } from "../../tags/linkContent";
import type { TagAttribute } from "../../tags/tagParts";
import { holdsTemplateCode } from "../../tags/templateCode";
import { isPicturePath } from "../../wording/fileNameText";
import type { ImageReference, TextSpan } from "../../imageReference";
import type { AltLanguage } from "../../languages";
import { plainImage, slotAt } from "../plainImage";

export interface HtmlElement {
  readonly name: string;
  readonly span: TextSpan;
  /** Under their plain names. */
  readonly attributes: readonly TagAttribute[];
  readonly isHidden: boolean;
  readonly hasSpread: boolean;
}

/** True for an element that may be such a picture, by its name and attributes as they are written. */
export function mayBeElement(
  name: string,
  attributes: readonly { readonly name: string }[],
): boolean {
  return (
    name === "area" ||
    name === "object" ||
    attributes.some((attribute) => attribute.name === "role")
  );
}

/** Undefined for an element that is no picture. */
export function elementImage(
  text: string,
  element: HtmlElement,
  language: AltLanguage,
): ImageReference | undefined {
  const { name, span, attributes } = element;
  const kind = kindOf(name, attributes);
  if (kind === undefined) return undefined;
  const isHidden = element.isHidden || isHiding(attributes) || isPresentational(attributes);
  const alt = kind === "area" ? attributes.find((each) => each.name === "alt") : undefined;
  const value = alt?.value.kind === "text" ? alt.value : undefined;
  const isText = alt !== undefined && (alt.value.kind === "none" || value !== undefined);
  const isComputed =
    element.hasSpread ||
    attributes.some(setsAlt) ||
    alt?.value.kind === "expression" ||
    (value !== undefined && holdsTemplateCode(text.slice(value.content.start, value.content.end)));
  const isNamed = !isText && isNamedOtherwise(text, element, kind);
  const source = attributes.find((each) => each.name === "data")?.value;
  const state = isComputed ? "dynamic" : isNamed ? "named" : undefined;
  return plainImage({
    language,
    syntax: "html",
    span,
    target:
      kind === "object" && source?.kind === "text"
        ? { kind: "url", value: source.text.trim() }
        : { kind: "dynamic", value: "" },
    alt: isText ? { text: value?.text ?? "", span: value?.content ?? alt.span } : null,
    ...(state === undefined ? {} : { state }),
    slot:
      kind === "area" && state === undefined && alt?.value.kind !== "none"
        ? value === undefined
          ? slotAt({ start: span.start + 5, end: span.start + 5 }, "html", { prefix: " alt=" })
          : slotAt(value.literal, "html", {
              quote: text.charAt(value.literal.start) === "'" ? "'" : '"',
            })
        : "place",
    decorative: { form: "none", obstacle: "language" },
    isDecorative: isHidden,
    isHidden,
    // An area is a link; an empty text leaves it without a name.
    around: kind === "area" ? { names: "link" } : {},
  });
}

type Kind = "area" | "object" | "drawing" | "role";

function kindOf(name: string, attributes: readonly TagAttribute[]): Kind | undefined {
  const textOf = (wanted: string): string | undefined => {
    const value = attributes.find((each) => each.name === wanted)?.value;
    return value?.kind === "text" ? value.text.trim() : undefined;
  };
  if (name === "area") return textOf("href") === undefined ? undefined : "area";
  if (name === "object") {
    const data = textOf("data") ?? "";
    const isPicture =
      /^image\//i.test(textOf("type") ?? "") || isPicturePath(data.split("?")[0] ?? "");
    return data !== "" && isPicture ? "object" : undefined;
  }
  const role = textOf("role")?.toLowerCase().split(/\s+/)[0];
  if ((role !== "img" && role !== "image") || name === "img") return undefined;
  return name === "svg" ? "drawing" : "role";
}

/** Longer elements are searched for their name this far. */
const MAX_UNITS = 20_000;

function isNamedOtherwise(
  text: string,
  { attributes, span, name }: HtmlElement,
  kind: Kind,
): boolean {
  const isLabelled = attributes.some(
    (each) =>
      /^(?:aria-label|aria-labelledby|title)$/.test(each.name) &&
      !(
        each.value.kind === "none" ||
        (each.value.kind === "text" && each.value.text.trim() === "")
      ),
  );
  if (isLabelled || (kind !== "object" && kind !== "drawing")) return isLabelled;
  const rest = text.slice(span.end, span.end + MAX_UNITS);
  const end = rest.search(new RegExp(`</${name}\\s*>`, "i"));
  const content = end < 0 ? rest : rest.slice(0, end);
  if (kind === "drawing") return /<title\b[^<>]*>\s*[^\s<]/i.test(content);
  return /\balt\s*=\s*["']?[^\s"'>]/i.test(content) || shownWords(content) !== "";
}
