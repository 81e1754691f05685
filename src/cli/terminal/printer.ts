/** Where a command writes: results to stdout, everything else to stderr. */

import type { Logger } from "../../base/logger";
import { ProgressLine } from "./progressLine";
import { oneLine, printable } from "../../base/cleanText";
import type { TextSink } from "./text";
import { WorkLine } from "./workLine";

export interface PrinterOptions {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Print objects for programs and no text for people on stdout. */
  readonly isJson: boolean;
  /** No notes, warnings and progress; failures are still told. */
  readonly isQuiet: boolean;
}

export class Printer {
  readonly isJson: boolean;
  readonly #options: PrinterOptions;
  #line: WorkLine | undefined;

  constructor(options: PrinterOptions) {
    this.isJson = options.isJson;
    this.#options = options;
  }

  /** The same for programs. */
  inJson(): Printer {
    return new Printer({ ...this.#options, isJson: true });
  }

  /**
   * Text for people, as it is. A terminal gets no control characters, because the text may come from
   * a model or a stranger's file; a pipe gets every character.
   */
  text(text: string): void {
    const { stdout } = this.#options;
    this.#beside(() => stdout.write(stdout.isTTY === true ? printable(text) : text));
  }

  /** One object on one line. */
  json(value: unknown): void {
    this.#beside(() => this.#options.stdout.write(`${JSON.stringify(value)}\n`));
  }

  /** One line for people on stderr. */
  note(line: string): void {
    if (!this.#options.isQuiet) this.failure(`sightline: ${line}`);
  }

  /** One line on stderr that `--quiet` does not hide. */
  failure(line: string): void {
    this.#beside(() => this.#options.stderr.write(`${oneLine(line)}\n`));
  }

  /** Progress of one piece of work; silent with `--quiet`. */
  progress(label: string): ProgressLine {
    const { stderr, isQuiet } = this.#options;
    return new ProgressLine(label, isQuiet ? { write: () => undefined } : stderr);
  }

  /** How far work on many pictures is; silent with `--quiet`. What is printed stands above it. */
  workLine(): WorkLine {
    const { stderr, isQuiet } = this.#options;
    this.#line = new WorkLine(isQuiet ? { write: () => undefined } : stderr);
    return this.#line;
  }

  /** Warnings become notes; the rest is for logs, which a command line does not keep. */
  logger(): Logger {
    const ignore = (): void => undefined;
    const note = (message: string): void => {
      this.note(message);
    };
    return { debug: ignore, info: ignore, warn: note, error: note };
  }

  /** Both streams are often the same terminal. */
  #beside(write: () => void): void {
    this.#line?.hide();
    write();
    this.#line?.redraw();
  }
}
