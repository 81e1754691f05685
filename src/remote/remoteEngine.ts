/** A server in the place of the engine: asks it as often as that helps, and cleans what it says. */

import { cleanText } from "../base/cleanText";
import type { Logger } from "../base/logger";
import { resolveGenerationOptions } from "../model/ask/generationOptions";
import type { RemoteEndpoint } from "../model/ask/remoteEndpoint";
import type { GeneratedSequence, GenerateRequest, GenerateResult } from "../model/ask/request";
import { askOnce, type ChatAnswer, checkHealth } from "./chatClient";
import { chatBody } from "./chatRequest";
import { checkModel } from "./modelCheck";
import { remotePicture } from "./remotePicture";
import { ServerCalls, type ServerCallsOptions } from "./serverCalls";

export interface RemoteEngineOptions extends ServerCallsOptions {
  readonly endpoint: RemoteEndpoint;
  readonly logger: Logger;
}

/** Longer than any answer that a model of this kind gives. */
const MAX_CHARACTERS = 20_000;

export class RemoteEngine {
  readonly #options: RemoteEngineOptions;
  readonly #calls: ServerCalls;
  readonly #said = new Set<string>();

  constructor(options: RemoteEngineOptions) {
    this.#options = options;
    this.#calls = new ServerCalls(options);
  }

  /** How many questions are best asked at once, as far as is known by now. */
  get atOnce(): number {
    return this.#calls.atOnce;
  }

  /**
   * Asks whether the server is there, and whether it has the model.
   * @throws AppError `remote.*`, `model.missing`, `model.unsupported`, `request.cancelled`.
   */
  async connect(signal: AbortSignal): Promise<void> {
    const ask = () => checkHealth(this.#calls.target, signal);
    await this.#calls.again(signal, ask, { isHurried: true });
    await checkModel(this.#calls, this.#options.endpoint, signal);
  }

  /**
   * Asks about a picture; several calls at once keep to the window.
   * @throws AppError `image.*`, `option.invalid`, `model.unsupported`, `remote.*`, `request.cancelled`.
   */
  async generate(
    request: GenerateRequest,
    run: {
      readonly signal?: AbortSignal;
      readonly onText?: ((text: string) => void) | undefined;
    } = {},
  ): Promise<GenerateResult> {
    const { endpoint, clock } = this.#options;
    const { signal = new AbortController().signal } = run;
    const beganMs = clock.now();
    const picture = await remotePicture(request, endpoint.imageSize);
    const preprocess = clock.now() - beganMs;
    const body = chatBody(endpoint, { request, png: picture.png }, this.#sayOnce);
    const { imageName = "The picture" } = request;
    const ask = () => askOnce(this.#calls.target, body, { signal });
    const answer = await this.#calls.again(signal, ask, { imageName });
    const { stopStrings } = resolveGenerationOptions(request.options);
    const sequence = sequenceOf(answer, stopStrings);
    run.onText?.(sequence.text);
    const total = clock.now() - beganMs;
    return {
      sequences: [sequence],
      tokens: answer.tokens,
      timings: { preprocess, vision: 0, qformer: 0, prefill: 0, decode: 0, total },
      cached: { imageFeatures: "computed", prefixTokens: 0 },
      droppedTurns: 0,
      ...(picture.isOneColor ? { doubts: ["oneColor"] } : {}),
    };
  }

  readonly #sayOnce = (message: string): void => {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#options.logger.warn(message);
  };
}

/** The text as the engine here gives it; what a stop text ends, ends before it. */
function sequenceOf(
  { text, finishReason }: ChatAnswer,
  stopStrings: readonly string[],
): GeneratedSequence {
  const ends = stopStrings.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  const isStopped = ends.length > 0;
  const kept = isStopped ? text.slice(0, Math.min(...ends)) : text;
  const reason = isStopped ? "stop" : finishReason === "length" ? "length" : "eos";
  return {
    text: cleanedText(kept),
    tokenIds: [],
    finishReason: reason,
  };
}

/** One line, as a terminal may show it. */
export function cleanedText(text: string): string {
  return cleanText(text, MAX_CHARACTERS);
}
