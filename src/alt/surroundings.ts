/** The figures and pictures around a tag, while a document is read from its beginning to its end. */

import type { TextSpan } from "./imageReference";
import type { TagContext } from "./tag";

/** What is followed; drawings matter because their elements have rules of their own. */
const FOLLOWED = ["figure", "figcaption", "picture", "svg", "math"];

/** Nobody nests figures this deep; searching the open elements must stay cheap for hostile documents. */
const MAX_OPEN = 256;

interface OpenElement {
  readonly name: string;
  readonly start: number;
  readonly contentStart: number;
  /** The end tag; null while or when there is none. */
  close: TextSpan | null;
  caption: OpenElement | null;
  sourceSet: string | null;
}

/** What was around a tag; it is complete only when the whole document was read. */
export interface Surrounding {
  readonly figure: OpenElement | undefined;
  readonly picture: OpenElement | undefined;
}

export class Surroundings {
  readonly #open: OpenElement[] = [];

  get isInDrawing(): boolean {
    return this.#innermost("svg") !== undefined || this.#innermost("math") !== undefined;
  }

  /** What is around the place that was reached. */
  get current(): Surrounding {
    return { figure: this.#innermost("figure"), picture: this.#innermost("picture") };
  }

  /** @param span the opening tag. */
  startElement(name: string, span: TextSpan): void {
    if (!FOLLOWED.includes(name) || this.#open.length >= MAX_OPEN) return;
    const place = { name, start: span.start, contentStart: span.end };
    const element: OpenElement = { ...place, close: null, caption: null, sourceSet: null };
    const figure = this.#innermost("figure");
    if (name === "figcaption" && figure !== undefined) figure.caption ??= element;
    this.#open.push(element);
  }

  /** @param span the end tag. */
  endElement(name: string, span: TextSpan): void {
    if (!FOLLOWED.includes(name)) return;
    const index = this.#open.findLastIndex((element) => element.name === name);
    const element = this.#open[index];
    if (element === undefined) return;
    element.close = span;
    this.#open.length = index;
  }

  /** A `<source>` gives the picture around it an address. */
  addSourceSet(sourceSet: string | null): void {
    const picture = this.#innermost("picture");
    if (picture !== undefined) picture.sourceSet ??= sourceSet;
  }

  #innermost(name: string): OpenElement | undefined {
    return this.#open.findLast((element) => element.name === name);
  }
}

/** @param element the picture's own element. */
export function tagContextOf({ figure, picture }: Surrounding, element: TextSpan): TagContext {
  const caption = figure?.caption ?? null;
  return {
    element,
    picture:
      picture === undefined
        ? null
        : {
            element: { start: picture.start, end: picture.close?.end ?? element.end },
            sourceSet: picture.sourceSet,
          },
    // A figure without an end tag gives no place for a caption.
    figure:
      figure === undefined || figure.close === null
        ? null
        : {
            end: figure.close.start,
            caption:
              caption === null || caption.close === null
                ? null
                : { start: caption.contentStart, end: caption.close.start },
          },
  };
}
