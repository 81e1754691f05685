/** `chat`: a conversation about one picture, from a terminal or, line by line, from a pipe. */

import { requestedDescription } from "../../alt/wording/describingRequest";
import { AppError, isCancelled } from "../../base/errors";
import { answerJson, generateAnswer } from "./answer";
import { settingsOf } from "./askCommand";
import type { CliContext, StandardInput } from "../terminal/cliContext";
import { EXIT, failureJson } from "../terminal/failure";
import type { GenerationFlags, ModelFlags } from "../terminal/flags";
import { withModel } from "./openModel";
import type { RunningModel } from "./runningModel";
import { readPicture, STANDARD_INPUT } from "./pictureSource";
import type { GenerateRequest, GenerateResult, Turn } from "../../model/ask/request";
import { createInterface, type Interface } from "node:readline";

export type ChatFlags = ModelFlags & GenerationFlags;

const HELP = "/new begins a new conversation, /exit leaves. Ctrl-C stops an answer.";

/**
 * Talks until the input ends, `/exit`, or Ctrl-C while no answer is running.
 * @returns 1 when the input was no terminal and a question failed.
 * @throws AppError as `ask`; `option.invalid` for a picture from standard input.
 */
export async function chat(context: CliContext, image: string, flags: ChatFlags): Promise<number> {
  if (image === STANDARD_INPUT) {
    throw new AppError(
      "option.invalid",
      "chat reads its questions from standard input. Give the path of a picture.",
    );
  }
  const settings = settingsOf(context, flags);
  const picture = await readPicture(image, context);
  return withModel(context, flags, (model) => {
    const stdin = context.host.stdin();
    return new ChatLoop({ context, model, stdin, request: { ...picture, ...settings } }).run();
  });
}

interface ChatOptions {
  readonly context: CliContext;
  readonly model: RunningModel;
  readonly stdin: StandardInput;
  readonly request: Omit<GenerateRequest, "prompt">;
}

class ChatLoop {
  readonly #options: ChatOptions;
  readonly #lines: Interface;
  readonly #isTerminal: boolean;
  #turns: Turn[] = [];
  /** Of the answer that is running. */
  #running: AbortController | undefined;
  #exitCode: number = EXIT.ok;

  constructor(options: ChatOptions) {
    this.#options = options;
    const { stdin, context } = options;
    const stdout = context.host.stdout;
    this.#isTerminal = stdin.isTTY === true && stdout.isTTY === true && !context.printer.isJson;
    this.#lines = createInterface({
      input: stdin,
      // A terminal is a stream, which is what readline needs to edit lines and to prompt.
      ...(this.#isTerminal ? { output: stdout as unknown as NodeJS.WritableStream } : {}),
      terminal: this.#isTerminal,
      prompt: "> ",
    });
  }

  async run(): Promise<number> {
    const { host, signal, printer } = this.#options.context;
    const endIntercept = host.interrupts.intercept(() => this.#stopAnswer());
    const close = (): void => {
      this.#running?.abort();
      this.#lines.close();
    };
    signal.addEventListener("abort", close, { once: true });
    // In raw mode the terminal sends no signal; readline sees the key.
    this.#lines.on("SIGINT", () => {
      host.interrupts.interrupt("SIGINT");
    });
    if (this.#isTerminal) printer.note(HELP);
    try {
      const isToldToLeave = await this.#answerLines();
      // The shell's prompt belongs on a line of its own.
      if (this.#isTerminal && !isToldToLeave) printer.text("\n");
    } finally {
      endIntercept();
      signal.removeEventListener("abort", close);
      this.#lines.close();
      this.#options.stdin.destroy();
    }
    return host.interrupts.exitCode ?? (this.#isTerminal ? EXIT.ok : this.#exitCode);
  }

  /** @returns true when there was an answer to stop; asked again before it has stopped, leave. */
  #stopAnswer(): boolean {
    if (this.#running === undefined || this.#running.signal.aborted) return false;
    this.#running.abort();
    return true;
  }

  /** @returns true for `/exit`, false when the input ended. */
  async #answerLines(): Promise<boolean> {
    this.#prompt();
    for await (const line of this.#lines) {
      const text = line.trim();
      if (text === "/exit") return true;
      if (text === "/new") this.#turns = [];
      else if (text.startsWith("/")) this.#options.context.printer.note(HELP);
      else if (text !== "") await this.#answer(text);
      if (this.#options.context.signal.aborted) break;
      this.#prompt();
    }
    return false;
  }

  #prompt(): void {
    if (this.#isTerminal) this.#lines.prompt();
  }

  async #answer(question: string): Promise<void> {
    const { context, model } = this.#options;
    const { printer } = context;
    this.#running = new AbortController();
    try {
      const result = await this.#generate(question, this.#running.signal);
      this.#turns = [...this.#turns, { question, answer: result.sequences[0]?.text ?? "" }];
      if (printer.isJson) printer.json({ question, ...answerJson(result, model) });
      if (result.droppedTurns > 0) {
        const count = result.droppedTurns === 1 ? "turn" : `${result.droppedTurns} turns`;
        printer.note(`The oldest ${count} did not fit any more and were left out.`);
        this.#turns = this.#turns.slice(result.droppedTurns);
      }
    } catch (thrown) {
      this.#report(thrown, question);
    } finally {
      this.#running = undefined;
    }
  }

  #generate(question: string, signal: AbortSignal): Promise<GenerateResult> {
    const { context, model, request } = this.#options;
    const prompt =
      requestedDescription(question) === undefined
        ? ({ kind: "chat", turns: this.#turns, question } as const)
        : ({ kind: "caption" } as const);
    const { printer } = context;
    return generateAnswer({ model, request: { ...request, prompt }, printer, signal });
  }

  /** A failed question does not end the conversation; a model that cannot answer does. */
  #report(thrown: unknown, question: string): void {
    const { printer } = this.#options.context;
    if (isCancelled(thrown)) {
      printer.note("Stopped.");
      return;
    }
    const error = AppError.from(thrown);
    if (!["prompt.tooLong", "option.invalid"].includes(error.code)) throw error;
    this.#exitCode = EXIT.failed;
    printer.failure(`sightline: ${error.message}`);
    if (printer.isJson) printer.json({ question, ...failureJson(error) });
  }
}
