/** The figures, pictures, links and hidden elements around a tag, while a document is read through. */

import { VOID_ELEMENTS } from "./tagScanner";
import type { NamedElement, TextSpan } from "../imageReference";
import type { TagContext } from "./tagParts";

/** Elements that end where another of their kind begins, unless it lies in a list or table within. */
const ENDED_BY_NEXT: ReadonlyMap<string, RegExp> = new Map([
  [
    "p",
    /^(?:p|div|ul|ol|dl|table|section|article|aside|header|footer|main|nav|form|h[1-6]|pre|hr|blockquote|figure|details)$/,
  ],
  ["li", /^li$/],
  ["dt", /^d[td]$/],
  ["dd", /^d[td]$/],
  ["td", /^(?:t[dhr]|tbody|tfoot)$/],
  ["th", /^(?:t[dhr]|tbody|tfoot)$/],
  ["tr", /^(?:tr|tbody|tfoot)$/],
  ["option", /^opt/],
]);

/** Nobody nests figures this deep; searching the open elements must stay cheap for hostile documents. */
const MAX_OPEN = 256;

/** What an element's attributes mean for what it holds. */
export interface ElementTraits {
  readonly isHiding: boolean;
  /** Where its content names it. */
  readonly names: NamedElement | undefined;
}

const NO_TRAITS: ElementTraits = { isHiding: false, names: undefined };

interface OpenElement extends ElementTraits {
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
  readonly named: OpenElement | undefined;
  readonly block: OpenElement | undefined;
  readonly isHidden: boolean;
}

export class Surroundings {
  readonly #open: OpenElement[] = [];
  /** Elements beyond the limit, whose end tags are passed over. */
  #nBeyond = 0;

  get isInDrawing(): boolean {
    return this.#innermost("svg") !== undefined || this.#innermost("math") !== undefined;
  }

  /** What is around the place that was reached. */
  get current(): Surrounding {
    return {
      figure: this.#innermost("figure"),
      picture: this.#innermost("picture"),
      named: this.#open.findLast(({ names }) => names !== undefined),
      block: this.#open.findLast(({ name }) => name !== "picture"),
      isHidden: this.#open.some(({ isHiding }) => isHiding),
    };
  }

  /**
   * @param span the opening tag.
   * @param traits of an element that hides, or names by, what it holds. @default none
   */
  startElement(name: string, span: TextSpan, traits: ElementTraits = NO_TRAITS): void {
    const last = this.#open.at(-1);
    if (last !== undefined && ENDED_BY_NEXT.get(last.name)?.test(name) === true) this.#open.pop();
    if (VOID_ELEMENTS.has(name)) return;
    if (this.#open.length >= MAX_OPEN) {
      this.#nBeyond++;
      return;
    }
    const place = { name, start: span.start, contentStart: span.end };
    const element: OpenElement = {
      ...place,
      ...traits,
      close: null,
      caption: null,
      sourceSet: null,
    };
    const figure = this.#innermost("figure");
    if (name === "figcaption" && figure !== undefined) figure.caption ??= element;
    this.#open.push(element);
  }

  /** @param span the end tag. */
  endElement(name: string, span: TextSpan): void {
    if (this.#nBeyond > 0) {
      this.#nBeyond--;
      return;
    }
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
export function tagContextOf(surrounding: Surrounding, element: TextSpan): TagContext {
  const { figure, picture, named, block, isHidden } = surrounding;
  const caption = figure?.caption ?? null;
  return {
    element,
    isHidden,
    named: namedOf(named),
    block: contentOf(block),
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

function namedOf(element: OpenElement | undefined): TagContext["named"] {
  const content = contentOf(element);
  if (element?.names === undefined || content === null) return null;
  return { kind: element.names, content };
}

/** What is between an element's tags; null where it has no end tag. */
function contentOf(element: OpenElement | undefined): TextSpan | null {
  if (element === undefined || element.close === null) return null;
  return { start: element.contentStart, end: element.close.start };
}

/** Pictures in another syntax among the tags, such as Markdown's own, and what is around each. */
export class OtherPictures {
  readonly #pictures: readonly TextSpan[];
  readonly #around: Surroundings;
  readonly #found: Surrounding[] = [];

  /** @param pictures in the order of the text. */
  constructor(pictures: readonly TextSpan[], around: Surroundings) {
    this.#pictures = pictures;
    this.#around = around;
  }

  /** Everything before the offset was read. */
  reach(offset: number): void {
    const isBefore = (): boolean =>
      (this.#pictures[this.#found.length]?.start ?? Infinity) < offset;
    if (!isBefore()) return;
    const { current } = this.#around;
    while (isBefore()) this.#found.push(current);
  }

  /** When all was read. */
  contexts(): readonly TagContext[] {
    return this.#pictures.flatMap((picture, index) => {
      const surrounding = this.#found[index];
      return surrounding === undefined ? [] : [tagContextOf(surrounding, picture)];
    });
  }
}
