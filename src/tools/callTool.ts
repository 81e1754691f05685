/** A call of a tool from its arrival to an answer that can be sent: checked, in turn, cleaned. */

import { cleanText } from "../base/cleanText";
import { AppError, isCancelled, throwIfAborted } from "../base/errors";
import { cleanAnswer } from "./cleanAnswer";
import type { Tool, ToolContext } from "./tool";
import { readInput } from "./toolInput";
import { ToolQueue } from "./toolQueue";
import { toolNamed } from "./toolTable";

/** What an agent gets: the answer of the tool, or a sentence that says what to change. */
export type ToolAnswer =
  | { readonly isError: false; readonly answer: object }
  | { readonly isError: true; readonly text: string };

export type ToolPorts = Omit<ToolContext, "signal" | "onProgress">;

/** How one call is stopped, and what it tells meanwhile. */
export type ToolRun = Pick<ToolContext, "signal" | "onProgress">;

/** One call at a time, because the model computes one thing at a time; the others wait. */
export class ToolCaller {
  readonly #ports: ToolPorts;
  readonly #queue = new ToolQueue();

  constructor(ports: ToolPorts) {
    this.#ports = ports;
  }

  /**
   * The answer to a call; a failure is an answer too.
   * @throws AppError `request.cancelled` when the signal fired: nobody waits for an answer.
   */
  async call(name: string, value: unknown, run: ToolRun): Promise<ToolAnswer> {
    try {
      return { isError: false, answer: cleanAnswer(await this.#answer(name, value, run)) };
    } catch (thrown) {
      throwIfAborted(run.signal);
      return { isError: true, text: failureText(thrown) };
    }
  }

  async #answer(name: string, value: unknown, run: ToolRun): Promise<object> {
    const tool = toolNamed(name);
    if (tool === undefined) {
      throw new AppError("request.unknown", `There is no tool ${cleanText(name, 80)}.`);
    }
    const input = readInput(tool, value);
    const { signal } = run;
    let said = "";
    const onProgress: ToolRun["onProgress"] = ({ message, ...counts }) => {
      const text = cleanText(message, 500);
      // A load tells the same percent many times.
      if (text === said) return;
      said = text;
      run.onProgress({ ...counts, message: text });
    };
    const onWait = (n: number): void => {
      onProgress({ done: 0, total: 1, message: `${n} before this one` });
    };
    const context = { ...this.#ports, signal, onProgress };
    return await this.#queue.add(() => tool.run(input, context), { signal, onWait });
  }
}

/**
 * A call by a program that is trusted to wait and to count: in no queue, and its failures are thrown.
 * @throws AppError `option.invalid` for a wrong input, and as the tool.
 */
export async function runTool<I, O extends object>(
  tool: Tool<I, O>,
  value: unknown,
  context: ToolContext,
): Promise<O> {
  return cleanAnswer(await tool.run(readInput(tool, value), context));
}

/** `code: sentence`, for a model that can then do better. */
function failureText(thrown: unknown): string {
  const { code, message } = AppError.from(thrown);
  const text = isCancelled(thrown) ? "The call was given up." : message;
  return `${code}: ${cleanText(text, 1000)}`;
}
