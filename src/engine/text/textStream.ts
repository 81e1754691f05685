/** Token ids to pieces of text that will not change any more; knows no tokenizer. */

export type DecodeIds = (ids: readonly number[]) => string;

export interface TextStreamOptions {
  /** Leave out white space before the first character, as `stripText` does. @default false */
  readonly trimStart?: boolean;
  /** The text ends before the first of these that is completed, none of them empty. @default [] */
  readonly stopStrings?: readonly string[];
  /**
   * UTF-16 units at the end of the text of some ids that later ids may change, beside a character that is
   * not complete: the tokenizer's `openUnits`. @default none
   */
  readonly holdBack?: (ids: readonly number[]) => number;
}

/** What a byte-level tokenizer gives for the bytes of a character that is not complete yet. */
const INCOMPLETE = "\ufffd";

/** Ids that are decoded together, at most, unless they have next to no text. */
const MAX_WINDOW = 32;

/** Ids that remain when the window is moved on: the next ids need neighbours to their left. */
const KEPT_IDS = 16;

/**
 * UTF-16 units of text that the moved window must have in common with the one before it. The first
 * id of a window may read otherwise than in the middle of a text (a space or "##" less or more), and
 * so may up to three bytes of a character that was cut; clean-up looks at four units.
 */
const COMMON_UNITS = 12;

/**
 * A text in the making. The pieces, joined, are `decode(all ids)` up to the first stop string.
 * Each id is decoded in a window of recent ids, so that time grows with the length of the text.
 */
export class TextStream {
  readonly #decode: DecodeIds;
  readonly #holdBack: (ids: readonly number[]) => number;
  readonly #stops: StopMatcher;
  #window: number[] = [];
  /** The text of the window. */
  #text = "";
  /** Units of the window's text that went on to the stop matcher. */
  #taken = 0;
  #trims: boolean;

  constructor(decode: DecodeIds, options: TextStreamOptions = {}) {
    this.#decode = decode;
    this.#holdBack = options.holdBack ?? (() => 0);
    this.#stops = new StopMatcher(options.stopStrings ?? []);
    this.#trims = options.trimStart ?? false;
  }

  /** True when a stop string was completed; later ids give no text. */
  get isStopped(): boolean {
    return this.#stops.isStopped;
  }

  /** Adds an id and returns the text that is certain by it, often none. */
  push(id: number): string {
    if (this.isStopped) return "";
    this.#window.push(id);
    const text = this.#decode(this.#window);
    if (this.#isWithoutText(text)) {
      this.#window.pop();
      return "";
    }
    this.#text = text;
    const piece = this.#take(this.#certainLength());
    this.#moveWindow();
    return piece;
  }

  /** The rest of the text; the stream takes no ids after it. */
  end(): string {
    const piece = this.#take(this.#text.length);
    const rest = piece + this.#trimmed(this.#stops.end());
    this.#window = [];
    this.#text = "";
    this.#taken = 0;
    return rest;
  }

  /** True when the newest id gives nothing in any place, such as a special token. */
  #isWithoutText(text: string): boolean {
    // A byte more may leave U+FFFD as it is, clean-up may take a character away for another, and
    // the first id of all may be a space that is not shown.
    const isPlain = this.#holdBack(this.#window) === 0 && text !== "" && !text.endsWith(INCOMPLETE);
    return isPlain && text === this.#text;
  }

  #certainLength(): number {
    let length = this.#text.length;
    // Bytes that may still become a character are one U+FFFD, whatever their number.
    if (this.#text.endsWith(INCOMPLETE)) length -= 1;
    length -= this.#holdBack(this.#window);
    // Never between the halves of a surrogate pair.
    const code = this.#text.charCodeAt(length - 1);
    return code >= 0xd800 && code < 0xdc00 ? length - 1 : length;
  }

  #take(end: number): string {
    if (end <= this.#taken) return "";
    const text = this.#text.slice(this.#taken, end);
    this.#taken = end;
    return this.#trimmed(this.#stops.push(text));
  }

  #trimmed(text: string): string {
    if (!this.#trims) return text;
    const trimmed = text.slice(leadingSpaces(text));
    if (trimmed !== "") this.#trims = false;
    return trimmed;
  }

  /** Forgets old ids once the recent ones alone give the same end of the text. */
  #moveWindow(): void {
    if (this.#window.length < MAX_WINDOW) return;
    const recent = this.#window.slice(-KEPT_IDS);
    const text = this.#decode(recent);
    const open = this.#text.length - this.#taken;
    const common = this.#text.slice(-(open + COMMON_UNITS));
    if (common.length < open + COMMON_UNITS || !text.endsWith(common)) return;
    this.#window = recent;
    this.#text = text;
    this.#taken = text.length - open;
  }
}

/** `text` up to the first stop string that is completed in it. */
export function cutAtStopString(text: string, stopStrings: readonly string[]): string {
  const stops = new StopMatcher(stopStrings);
  return stops.push(text) + stops.end();
}

/** `text` without white space around it, as Python's `strip()`, which transformers' users apply. */
export function stripText(text: string): string {
  let end = text.length;
  while (end > 0 && isPythonSpace(text.charAt(end - 1))) end -= 1;
  return text.slice(Math.min(leadingSpaces(text), end), end);
}

/** Python's `str.isspace()`; unlike `trim()` it knows U+001C to U+001F and U+0085, and not U+FEFF. */
function isPythonSpace(unit: string): boolean {
  return /\p{White_Space}/u.test(unit) || (unit >= "\u001c" && unit <= "\u001f");
}

function leadingSpaces(text: string): number {
  let start = 0;
  while (start < text.length && isPythonSpace(text.charAt(start))) start += 1;
  return start;
}

/** Lets text through except for what may begin a stop string (Knuth, Morris and Pratt's search). */
class StopMatcher {
  readonly #stops: readonly StopState[];
  /** Units that went in and are still held. */
  #held = "";
  isStopped = false;

  constructor(stopStrings: readonly string[]) {
    this.#stops = stopStrings.map((text) => ({ text, borders: bordersOf(text), matched: 0 }));
  }

  push(text: string): string {
    if (this.isStopped) return "";
    const all = this.#held + text;
    for (let i = this.#held.length; i < all.length; i += 1) {
      const completed = this.#advance(all.charAt(i));
      if (completed === 0) continue;
      this.isStopped = true;
      this.#held = "";
      return all.slice(0, i + 1 - completed);
    }
    const nHeld = Math.max(0, ...this.#stops.map((stop) => stop.matched));
    this.#held = all.slice(all.length - nHeld);
    return all.slice(0, all.length - nHeld);
  }

  /** What was held for a stop string that did not come. */
  end(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }

  /** Length of the longest stop string that ends with this unit, or 0. */
  #advance(unit: string): number {
    let completed = 0;
    for (const stop of this.#stops) {
      while (stop.matched > 0 && stop.text.charAt(stop.matched) !== unit) {
        stop.matched = stop.borders[stop.matched - 1] ?? 0;
      }
      if (stop.text.charAt(stop.matched) === unit) stop.matched += 1;
      if (stop.matched === stop.text.length) completed = Math.max(completed, stop.matched);
    }
    return completed;
  }
}

interface StopState {
  readonly text: string;
  /** Per prefix: the length of its longest proper part that is both its beginning and its end. */
  readonly borders: Uint32Array;
  /** Units of `text` that the end of the stream matches. */
  matched: number;
}

function bordersOf(text: string): Uint32Array {
  const borders = new Uint32Array(text.length);
  let length = 0;
  for (let i = 1; i < text.length; i += 1) {
    while (length > 0 && text.charAt(i) !== text.charAt(length)) length = borders[length - 1] ?? 0;
    if (text.charAt(i) === text.charAt(length)) length += 1;
    borders[i] = length;
  }
  return borders;
}
