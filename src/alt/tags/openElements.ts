/** What is opened in HTML and never closed: it must not swallow the rest of the document. */

import type { TextSpan } from "../imageReference";
import { masked } from "./maskMarkup";

const MARKS = [
  ["<!--", /--!?>/g],
  ["<![CDATA[", /\]\]>/g],
] as const;

/** The comments of a document that never end. */
export class OpenComments {
  readonly #markup: string;
  #first: TextSpan | undefined;

  constructor(markup: string) {
    this.#markup = markup;
  }

  /** The mark that opens the first. */
  get first(): TextSpan | undefined {
    return this.#first;
  }

  /** @param span a comment as a tokenizer sees it. */
  add({ start }: TextSpan): void {
    if (this.#first !== undefined) return;
    for (const [opening, closing] of MARKS) {
      if (!this.#markup.startsWith(opening, start)) continue;
      // `<!-->` is a whole comment.
      closing.lastIndex = start + 2;
      if (!closing.test(this.#markup)) this.#first = { start, end: start + opening.length };
    }
  }

  /** The document with spaces for the mark that opens the first; offsets stay. */
  withoutFirst(): string {
    return this.#first === undefined ? this.#markup : masked(this.#markup, [this.#first]);
  }
}

/** Where elements end whose content is text, asked from the beginning of a document to its end. */
export class EndTags {
  readonly #markup: string;
  readonly #known = new Map<string, { readonly from: number; readonly start: number }>();

  constructor(markup: string) {
    this.#markup = markup;
  }

  /** Where the next end tag of a name begins; infinity when there is none. @param name a word. */
  next(name: string, from: number): number {
    const known = this.#known.get(name);
    if (known !== undefined && known.from <= from && from <= known.start) return known.start;
    const pattern = new RegExp(`</${name}(?=[\\s/>])`, "gi");
    pattern.lastIndex = from;
    const start = pattern.exec(this.#markup)?.index ?? Infinity;
    this.#known.set(name, { from, start });
    return start;
  }
}
