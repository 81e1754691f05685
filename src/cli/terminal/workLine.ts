/** How far work on many pictures is: one line on stderr that a terminal overwrites; nothing elsewhere. */

import { durationText } from "./durationText";
import { CLEAR_LINE, type TextSink } from "./text";

/** Sooner the time left would be a guess, in ms. */
const MIN_MS = 3000;

export class WorkLine {
  readonly #sink: TextSink;
  readonly #nowMs: () => number;
  #text: string | undefined;
  #isDrawn = false;
  #begunMs: number | undefined;

  /** @param nowMs a clock in milliseconds. */
  constructor(sink: TextSink, nowMs: () => number = () => performance.now()) {
    this.#sink = sink;
    this.#nowMs = nowMs;
  }

  /** Shows what is being done, until something else is or the line is ended. */
  show(text: string): void {
    this.#text = text;
    this.redraw();
  }

  /**
   * Shows how much of the work is done, and from the second piece on how long the rest will take.
   * @param counts in words, such as "12 of 200 pictures".
   */
  count(done: { readonly nDone: number; readonly nAll: number }, counts: string): void {
    this.#begunMs ??= this.#nowMs();
    const elapsedMs = this.#nowMs() - this.#begunMs;
    const { nDone, nAll } = done;
    const isKnown = nDone > 0 && elapsedMs >= MIN_MS;
    const left = isKnown ? ((elapsedMs / nDone) * (nAll - nDone)) / 1000 : undefined;
    this.show(left === undefined ? counts : `${counts}, about ${durationText(left)}`);
  }

  /** Makes room for other lines; `redraw` brings it back below them. */
  hide(): void {
    if (this.#isDrawn) this.#sink.write(CLEAR_LINE);
    this.#isDrawn = false;
  }

  redraw(): void {
    if (this.#sink.isTTY !== true || this.#text === undefined) return;
    this.#sink.write(CLEAR_LINE + this.#text);
    this.#isDrawn = true;
  }

  /** Takes the line away; call it also after a failure. */
  end(): void {
    this.hide();
    this.#text = undefined;
  }
}
