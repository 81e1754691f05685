/** From offsets to lines and columns as editors count them. */

import type { TextSpan } from "./imageReference";

/** Zero-based; `character` counts UTF-16 units from the beginning of the line. */
export interface LinePosition {
  readonly line: number;
  readonly character: number;
}

export interface LineRange {
  readonly start: LinePosition;
  readonly end: LinePosition;
}

/** The lines of one text; a line ends with CR LF, LF or CR. */
export class LinePositions {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = 0; at < text.length; at++) {
      const char = text.charCodeAt(at);
      if (char === LINE_FEED || (char === RETURN && text.charCodeAt(at + 1) !== LINE_FEED)) {
        this.#starts.push(at + 1);
      }
    }
  }

  rangeOf({ start, end }: TextSpan): LineRange {
    return { start: this.#positionOf(start), end: this.#positionOf(end) };
  }

  #positionOf(offset: number): LinePosition {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? Infinity) <= offset) low = middle;
      else high = middle;
    }
    return { line: low, character: offset - (this.#starts[low] ?? 0) };
  }
}

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
