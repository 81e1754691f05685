/** A server in the place of the engine: asks it as often as that helps, and cleans what it says. */

import type { Clock } from "../base/clock";
import { cleanText } from "../base/cleanText";
import { AppError, throwIfAborted } from "../base/errors";
import type { Logger } from "../base/logger";
import { resolveGenerationOptions } from "../model/ask/generationOptions";
import type { GeneratedSequence, GenerateRequest, GenerateResult } from "../model/ask/request";
import { askOnce, type ChatAnswer, ChatFailure, type ChatTarget, checkHealth } from "./chatClient";
import { chatBody } from "./chatRequest";
import type { RemoteEndpoint } from "../model/ask/remoteEndpoint";
import { remotePicture } from "./remotePicture";
import { SendWindow } from "./sendWindow";

export interface RemoteEngineOptions {
  readonly endpoint: RemoteEndpoint;
  readonly token?: string | undefined;
  readonly logger: Logger;
  readonly clock: Pick<Clock, "after">;
  /** Milliseconds since an arbitrary start. */
  readonly now: () => number;
  /** 0 to 1. @default that of JavaScript */
  readonly random?: () => number;
  readonly fetch?: typeof fetch;
  /** For whoever is denied. @default the variable of the command line */
  readonly howToSetToken?: string;
}

/** After the first. */
const MAX_REPEATS = 5;
const FIRST_WAIT_MS = 500;
/** Longer than any answer that a model of this kind gives. */
const MAX_CHARACTERS = 20_000;
/** As many pictures that fail one after the other are no fault of the pictures. */
const MAX_FAULTS = 5;

export class RemoteEngine {
  readonly #options: RemoteEngineOptions;
  readonly #target: ChatTarget;
  readonly #said = new Set<string>();
  #nFaults = 0;

  /** How many requests are in flight; several may be asked at once. */
  readonly window: SendWindow;

  constructor(options: RemoteEngineOptions) {
    const { endpoint, token, clock } = options;
    this.#options = options;
    this.window = new SendWindow(endpoint.maxParallel);
    this.#target = {
      ...{ url: endpoint.url, token, clock },
      firstByteMs: endpoint.timeoutSeconds * 1000,
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    };
  }

  /** Asks whether the server is there. @throws AppError `remote.*`, `request.cancelled`. */
  async connect(signal: AbortSignal): Promise<void> {
    await this.#again(signal, () => checkHealth(this.#target, signal));
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
    const { endpoint, now } = this.#options;
    const { signal = new AbortController().signal } = run;
    const beganMs = now();
    const picture = await remotePicture(request, endpoint.imageSize);
    const preprocess = now() - beganMs;
    const body = chatBody(endpoint, { request, png: picture.png }, this.#sayOnce);
    const answer = await this.#again(
      signal,
      () => askOnce(this.#target, body, { signal }),
      request,
    );
    const { stopStrings } = resolveGenerationOptions(request.options);
    const sequence = sequenceOf(answer, stopStrings);
    run.onText?.(sequence.text);
    const total = now() - beganMs;
    return {
      sequences: [sequence],
      tokens: answer.tokens,
      timings: { preprocess, vision: 0, qformer: 0, prefill: 0, decode: 0, total },
      cached: { imageFeatures: "computed", prefixTokens: 0 },
      droppedTurns: 0,
      ...(picture.isOneColor ? { doubts: ["oneColor"] } : {}),
    };
  }

  /** Sends again what may succeed later; no request changes anything on the server. */
  async #again<T>(
    signal: AbortSignal,
    work: () => Promise<T>,
    { imageName = "The picture" }: Pick<GenerateRequest, "imageName"> = {},
  ): Promise<T> {
    for (let nth = 0; ; nth++) {
      throwIfAborted(signal);
      try {
        const result = await this.window.inPlace(signal, work);
        this.window.succeeded();
        this.#nFaults = 0;
        return result;
      } catch (thrown) {
        if (!(thrown instanceof ChatFailure)) throw thrown;
        if (thrown.kind === "overload") this.window.overloaded();
        const maxRepeats = { overload: MAX_REPEATS, fault: 1, final: 0, denied: 0 }[thrown.kind];
        if (nth >= maxRepeats) throw this.#failure(thrown, imageName);
        const { random = Math.random } = this.#options;
        const waitMs = FIRST_WAIT_MS * 2 ** nth * (0.5 + random());
        await this.#pause(thrown.retryAfterMs ?? waitMs, signal);
      }
    }
  }

  #failure({ kind, message: said }: ChatFailure, imageName: string): AppError {
    const { name, url } = this.#options.endpoint;
    const { token } = this.#options;
    // A server may say anything, the token too.
    const message = token === undefined ? said : said.replaceAll(token, "…");
    const server = `The server "${name}" (${new URL(url).host})`;
    if (kind === "denied") {
      const { howToSetToken = "Set SIGHTLINE_REMOTE_TOKEN" } = this.#options;
      const what = `wants another token. ${howToSetToken}`;
      return new AppError("remote.denied", `${server} ${what}. ${message}`);
    }
    this.#nFaults++;
    if (kind === "fault" && this.#nFaults < MAX_FAULTS) {
      const text = `${imageName}: ${server} failed twice. ${message} Try the picture alone, or another copy of it.`;
      return new AppError("image.unreadable", text);
    }
    return new AppError("remote.failed", `${server} did not answer. ${message} Try again later.`);
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#options.clock.after(ms, go);
      signal.addEventListener("abort", go);
      if (signal.aborted) go();
      function go(): void {
        stop();
        signal.removeEventListener("abort", go);
        resolve();
      }
    });
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
