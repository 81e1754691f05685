/** One request to a server of chat completions and its answer, with limits for time and size. Tries nothing twice. */

import { cleanText } from "../base/cleanText";
import { AppError } from "../base/errors";
import type { Clock } from "../base/clock";
import type { ChatBody } from "./chatRequest";

export interface ChatTarget {
  /** Without `/v1/…`. */
  readonly url: string;
  /** A secret: in no message and no log. */
  readonly token: string | undefined;
  /** Longest wait for the first byte. */
  readonly firstByteMs: number;
  readonly clock: Pick<Clock, "after">;
  /** @default the one of Node */
  readonly fetch?: typeof fetch;
}

export interface ChatAnswer {
  readonly text: string;
  /** As the server says it: `stop`, `length`. */
  readonly finishReason: string | undefined;
  readonly tokens: number;
}

/** Why a request has no answer, and whether it helps to send it again. */
export class ChatFailure extends Error {
  /** `overload`: later; `fault`: once more; `final`: never; `denied`: not without another token. */
  readonly kind: "overload" | "fault" | "final" | "denied";
  readonly retryAfterMs: number | undefined;

  constructor(kind: ChatFailure["kind"], message: string, retryAfterMs?: number) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Answers are a few words; more is a fault or an attack. */
const MAX_BYTES = 2 ** 20;
const MAX_SILENCE_MS = 30_000;
const MAX_TOTAL_MS = 300_000;
const MAX_RETRY_AFTER_MS = 60_000;

/**
 * Asks once.
 * @throws ChatFailure, AppError `request.cancelled`.
 */
export async function askOnce(
  target: ChatTarget,
  body: ChatBody,
  { signal, onText }: { readonly signal: AbortSignal; readonly onText?: (text: string) => void },
): Promise<ChatAnswer> {
  const response = await send(target, { path: "/v1/chat/completions", body, signal });
  const { reader, watch } = response;
  try {
    if (body.stream !== true) return wholeAnswer(await readAll(reader, watch));
    return await streamedAnswer(reader, { watch, onText });
  } catch (thrown) {
    throw failureOf(thrown, signal);
  } finally {
    watch.end();
    // A stream that is not read to its end is closed, so that the server stops.
    await reader.cancel().catch(() => undefined);
  }
}

/** Asks whether the server is there. @throws ChatFailure, AppError `request.cancelled`. */
export async function checkHealth(target: ChatTarget, signal: AbortSignal): Promise<void> {
  const { reader, watch } = await send(target, { path: "/health", signal });
  watch.end();
  await reader.cancel().catch(() => undefined);
}

interface Opened {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly watch: Watch;
}

async function send(
  { url, token, firstByteMs, clock, fetch: ask = fetch }: ChatTarget,
  { path, body, signal }: { path: string; body?: ChatBody; signal: AbortSignal },
): Promise<Opened> {
  const watch = new Watch(clock, signal);
  watch.allow(firstByteMs);
  try {
    const response = await ask(url + path, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // Neither picture nor token goes anywhere else.
      redirect: "manual",
      signal: watch.signal,
    });
    const reader = (response.body ?? new Blob([]).stream()).getReader();
    watch.allow(MAX_SILENCE_MS);
    if (response.ok) return { reader, watch };
    const text = new TextDecoder().decode(await readAll(reader, watch));
    throw statusFailure(response, text);
  } catch (thrown) {
    watch.end();
    throw failureOf(thrown, signal);
  }
}

/** Ends a request that is silent for too long, that takes too long, or that nobody waits for. */
class Watch {
  readonly #clock: Pick<Clock, "after">;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #stopTotal: () => void;
  #stopSilence: () => void = () => undefined;

  constructor(clock: Pick<Clock, "after">, outer: AbortSignal) {
    this.#clock = clock;
    this.#outer = outer;
    this.#stopTotal = clock.after(MAX_TOTAL_MS, this.#abort);
    outer.addEventListener("abort", this.#abort);
    if (outer.aborted) this.#abort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The next sign of life may take this long. */
  allow(ms: number): void {
    this.#stopSilence();
    this.#stopSilence = this.#clock.after(ms, this.#abort);
  }

  end(): void {
    this.#stopSilence();
    this.#stopTotal();
    this.#outer.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => {
    this.#controller.abort();
  };
}

async function readAll(reader: Opened["reader"], watch: Watch): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let nBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    watch.allow(MAX_SILENCE_MS);
    nBytes += value.length;
    if (nBytes > MAX_BYTES) throw new ChatFailure("final", "Its answer is longer than 1 MB.");
    chunks.push(value);
  }
}

function wholeAnswer(bytes: Uint8Array): ChatAnswer {
  const answer = parsed(new TextDecoder().decode(bytes));
  const [choice] = listOf(answer["choices"]);
  const { content } = recordOf(choice?.["message"]);
  if (typeof content !== "string") throw new ChatFailure("final", "Its answer has no text.");
  return {
    text: content,
    finishReason: textOf(choice?.["finish_reason"]),
    tokens: tokensOf(answer),
  };
}

/** Server-sent events, one JSON object each; a failure comes as an event after status 200. */
async function streamedAnswer(
  reader: Opened["reader"],
  {
    watch,
    onText,
  }: { readonly watch: Watch; readonly onText?: ((text: string) => void) | undefined },
): Promise<ChatAnswer> {
  const decoder = new TextDecoder();
  let [text, rest, nBytes, tokens] = ["", "", 0, 0];
  let finishReason: string | undefined;
  for (;;) {
    const { done, value } = await reader.read();
    watch.allow(MAX_SILENCE_MS);
    nBytes += value?.length ?? 0;
    if (nBytes > MAX_BYTES) throw new ChatFailure("final", "Its answer is longer than 1 MB.");
    const lines = (rest + decoder.decode(value, { stream: !done })).split(/\r?\n/);
    rest = done ? "" : (lines.pop() ?? "");
    for (const line of lines) {
      const data = /^data:\s?(.*)$/.exec(line)?.[1];
      if (data === undefined || data === "[DONE]") continue;
      const event = parsed(data);
      if (event["error"] !== undefined) throw new ChatFailure("fault", "It failed on the way.");
      const [choice] = listOf(event["choices"]);
      const { content } = recordOf(choice?.["delta"]);
      if (typeof content === "string" && content !== "") {
        text += content;
        onText?.(content);
      }
      finishReason = textOf(choice?.["finish_reason"]) ?? finishReason;
      tokens = Math.max(tokens, tokensOf(event));
    }
    if (!done) continue;
    // A stream that ends without a reason was cut.
    if (finishReason === undefined) throw new ChatFailure("overload", "It ended in the middle.");
    return { text, finishReason, tokens };
  }
}

function statusFailure({ status, headers }: Response, text: string): ChatFailure {
  const said = cleanText(text, 200);
  const message = `It answered with ${status}${said === "" ? "" : `: ${said}`}.`;
  if (status === 401 || status === 403) return new ChatFailure("denied", message);
  if ([429, 502, 503, 504].includes(status)) {
    const seconds = Number(headers.get("retry-after") ?? NaN);
    const waitMs = seconds >= 0 ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : undefined;
    return new ChatFailure("overload", message, waitMs);
  }
  if (status >= 300 && status < 400) {
    return new ChatFailure("final", "It sends on to another address, which is not followed.");
  }
  return new ChatFailure(status >= 500 ? "fault" : "final", message);
}

/** What `fetch` throws, a time limit among it, is a way that failed and may work later. */
function failureOf(thrown: unknown, signal: AbortSignal): Error {
  if (signal.aborted) return new AppError("request.cancelled", "The request was cancelled.");
  if (thrown instanceof ChatFailure) return thrown;
  const { name, cause } = recordOf(thrown);
  const { code: given } = recordOf(cause);
  const isTime = name === "AbortError";
  const code = isTime ? "no answer in time" : (textOf(given) ?? "connection lost");
  return new ChatFailure("overload", `It was not reached: ${code}.`);
}

type Fields = Readonly<Record<string, unknown>>;

function parsed(text: string): Fields {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    throw new ChatFailure("final", "Its answer is no JSON.");
  }
}

function recordOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function tokensOf(answer: Fields): number {
  const { completion_tokens: tokens } = recordOf(answer["usage"]);
  return typeof tokens === "number" && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : 0;
}
