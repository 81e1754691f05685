/** Progress in bytes on stderr: one line that is overwritten on a terminal, a few lines elsewhere. */

import { type ByteProgress, doneShare, formatBytes, formatShare } from "../../base/bytes";
import { CLEAR_LINE, type TextSink } from "./text";

/** Fast enough to look alive; a terminal over a network can follow. */
const REDRAW_MS = 100;
/** Lines in a log file: at 0, 25, 50, 75 and 100%. */
const QUARTERS = 4;

export class ProgressLine {
  readonly #label: string;
  readonly #sink: TextSink;
  readonly #nowMs: () => number;
  #drawnMs = -Infinity;
  #quarter = -1;

  /** @param nowMs a clock in milliseconds. */
  constructor(label: string, sink: TextSink, nowMs: () => number = () => performance.now()) {
    this.#label = label;
    this.#sink = sink;
    this.#nowMs = nowMs;
  }

  readonly update = (progress: ByteProgress): void => {
    if (this.#sink.isTTY === true) this.#redraw(progress);
    else this.#addLine(progress);
  };

  /** True where a line can be drawn over. */
  get isOnTerminal(): boolean {
    return this.#sink.isTTY === true;
  }

  /** Says what is done while nothing can be counted. */
  show(text: string): void {
    if (!this.isOnTerminal) {
      this.#sink.write(`${text}\n`);
      return;
    }
    this.#drawnMs = this.#nowMs();
    this.#sink.write(CLEAR_LINE + text);
  }

  /** Takes the line away; call it also after a failure. */
  end(): void {
    if (this.#drawnMs > -Infinity) this.#sink.write(CLEAR_LINE);
    this.#drawnMs = -Infinity;
  }

  #redraw(progress: ByteProgress): void {
    const now = this.#nowMs();
    if (now - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = now;
    this.#sink.write(CLEAR_LINE + this.#describe(progress));
  }

  #addLine(progress: ByteProgress): void {
    const quarter = Math.floor(doneShare(progress) * QUARTERS);
    if (quarter <= this.#quarter) return;
    this.#quarter = quarter;
    this.#sink.write(`${this.#describe(progress)}\n`);
  }

  #describe(progress: ByteProgress): string {
    const share = formatShare(doneShare(progress));
    const { doneBytes, totalBytes, note } = progress;
    const text = `${this.#label}: ${share} (${formatBytes(doneBytes)} of ${formatBytes(totalBytes)})`;
    return note === undefined ? text : `${text}, ${note}`;
  }
}
