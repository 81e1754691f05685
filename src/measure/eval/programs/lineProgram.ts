/** A program of somebody else's that reads and writes lines; ended when it is silent for too long. */

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { AppError, throwIfAborted } from "../../../base/errors";

export interface ProgramCall {
  /** What to call it in a message. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** The command is a line for the shell. @default false */
  readonly isShell?: boolean;
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
  /** The longest silence, in milliseconds. @default half an hour */
  readonly silenceMs?: number | undefined;
}

const SILENCE_MS = 30 * 60_000;
/** Of what it says on standard error, for a message. */
const MAX_ERROR_TEXT = 2000;

export class LineProgram {
  readonly #call: ProgramCall;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<number | null>;
  #errorText = "";
  #startFailure: Error | undefined;

  /** Starts it. A program that is not there shows when its first line is read. */
  constructor(call: ProgramCall) {
    const { command, args = [], isShell = false, cwd } = call;
    this.#call = call;
    this.#child = spawn(command, args, { cwd, shell: isShell, stdio: "pipe" });
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#startFailure = error;
        resolve(null);
      });
      this.#child.once("close", resolve);
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errorText = (this.#errorText + text).slice(-MAX_ERROR_TEXT);
    });
    // A program that has ended closes its input; why it did shows when its lines are read.
    this.#child.stdin.on("error", () => undefined);
    this.#child.stdout.setEncoding("utf8");
    const reader = createInterface({ input: this.#child.stdout, crlfDelay: Infinity });
    this.#lines = reader[Symbol.asyncIterator]();
  }

  /** The end of what it said on standard error. */
  get errorText(): string {
    return this.#errorText;
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  /** @throws AppError `document.unreadable` when it ends before, or says nothing; `request.cancelled`. */
  async read(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) {
      const next = await this.#inTime(this.#lines.next());
      if (next.done === true) throw await this.#failure("ended too early");
      lines.push(next.value);
    }
    return lines;
  }

  /** All lines that are left. @throws as `read`; when it fails. */
  async readAll(): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const next = await this.#inTime(this.#lines.next());
      if (next.done === true) break;
      lines.push(next.value);
    }
    const code = await this.#inTime(this.#ended);
    if (code !== 0) throw await this.#failure("failed");
    return lines;
  }

  /** Ends it, whatever it does. */
  dispose(): void {
    this.#child.kill("SIGKILL");
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    const { signal, silenceMs = SILENCE_MS } = this.#call;
    throwIfAborted(signal);
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    const stopped = new Promise<never>((_, reject) => {
      onAbort = () => {
        reject(new AppError("request.cancelled", "The request was cancelled."));
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      timer = setTimeout(() => {
        this.dispose();
        reject(this.#error(`said nothing for ${Math.round(silenceMs / 1000)} s and was ended`));
      }, silenceMs);
    });
    try {
      return await Promise.race([work, stopped]);
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
    }
  }

  async #failure(what: string): Promise<AppError> {
    const code = await this.#ended;
    if (this.#startFailure !== undefined) return this.#error("cannot be started");
    return this.#error(code === null ? what : `${what} with exit code ${code}`);
  }

  #error(what: string): AppError {
    const said = this.#errorText.trim().split("\n").slice(-3).join(" ");
    const { name, command } = this.#call;
    return new AppError(
      "document.unreadable",
      `${name} (${command}) ${what}${said === "" ? "." : `: ${said}`}`,
      { cause: this.#startFailure, detail: { program: name } },
    );
  }
}

/** Runs one call with lines in and lines out. @throws AppError as `LineProgram.readAll`. */
export async function runLines(call: ProgramCall, input: string): Promise<string[]> {
  const program = new LineProgram(call);
  try {
    program.write(input);
    program.endInput();
    return await program.readAll();
  } finally {
    program.dispose();
  }
}
