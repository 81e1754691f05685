/** One request to a server, with limits for time and size. Tries nothing twice. */

import { cleanText } from "../base/cleanText";
import { AppError } from "../base/errors";
import type { Clock } from "../base/clock";

export interface ServerTarget {
  /** Without a path of the protocol. */
  readonly url: string;
  /** A secret: in no message and no log. */
  readonly token: string | undefined;
  /** Longest wait for the first byte. */
  readonly firstByteMs: number;
  readonly clock: Pick<Clock, "after">;
  /** @default the one of Node */
  readonly fetch?: typeof fetch;
}

/** Why a request has no answer, and whether it helps to send it again. */
export class ServerFailure extends Error {
  /** `overload`: later; `fault`: once more; `final`: never; `denied`: not without another token. */
  readonly kind: "overload" | "fault" | "final" | "denied";
  readonly retryAfterMs: number | undefined;
  /** Of HTTP, where that is what failed. */
  readonly status: number | undefined;

  constructor(
    kind: ServerFailure["kind"],
    message: string,
    more: { readonly retryAfterMs?: number | undefined; readonly status?: number } = {},
  ) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = more.retryAfterMs;
    this.status = more.status;
  }
}

export interface ServerRequest {
  readonly path: string;
  /** @default it is a GET */
  readonly body?: string | Uint8Array;
  /** With a body. @default that of JSON */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** An answer that has begun; whoever has it ends it. */
export interface Opened {
  readonly headers: Headers;
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly watch: Watch;
}

/** What a server that fails may say. */
const MAX_BYTES = 2 ** 20;
export const MAX_SILENCE_MS = 30_000;
const MAX_TOTAL_MS = 300_000;
const MAX_RETRY_AFTER_MS = 60_000;

/** @throws ServerFailure, AppError `request.cancelled`. */
export async function openAnswer(
  { url, token, firstByteMs, clock, fetch: ask = fetch }: ServerTarget,
  { path, body, headers = { "content-type": "application/json" }, signal }: ServerRequest,
): Promise<Opened> {
  const watch = new Watch(clock, signal);
  watch.allow(firstByteMs);
  try {
    const response = await ask(url + path, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...(body === undefined ? {} : headers),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body }),
      // Neither picture nor token goes anywhere else.
      redirect: "manual",
      signal: watch.signal,
    });
    const reader = (response.body ?? new Blob([]).stream()).getReader();
    watch.allow(MAX_SILENCE_MS);
    if (response.ok) return { headers: response.headers, reader, watch };
    const text = new TextDecoder().decode(await readAll({ reader, watch }));
    throw statusFailure(response, text);
  } catch (thrown) {
    watch.end();
    throw failureOf(thrown, signal);
  }
}

/**
 * Reads an answer, and ends it whatever happens.
 * @throws ServerFailure, AppError `request.cancelled`.
 */
export async function ending<T>(
  { reader, watch }: Opened,
  signal: AbortSignal,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    throw failureOf(thrown, signal);
  } finally {
    watch.end();
    // A stream that is not read to its end is closed, so that the server stops.
    await reader.cancel().catch(() => undefined);
  }
}

/** @throws ServerFailure where it is longer, and what the stream throws. */
export async function readAll(
  { reader, watch }: Pick<Opened, "reader" | "watch">,
  maxBytes = MAX_BYTES,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let nBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    watch.allow(MAX_SILENCE_MS);
    nBytes += value.length;
    if (nBytes > maxBytes) throw tooLong(maxBytes);
    chunks.push(value);
  }
}

export function tooLong(maxBytes = MAX_BYTES): ServerFailure {
  const size = maxBytes === MAX_BYTES ? "1 MB" : `the ${maxBytes} bytes that it may have`;
  return new ServerFailure("final", `Its answer is longer than ${size}.`);
}

/** Ends a request that is silent for too long, that takes too long, or that nobody waits for. */
export class Watch {
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

function statusFailure({ status, headers }: Response, text: string): ServerFailure {
  const said = cleanText(text, 200);
  const message = `It answered with ${status}${said === "" ? "" : `: ${said}`}.`;
  if (status === 401 || status === 403) return new ServerFailure("denied", message, { status });
  if ([429, 502, 503, 504].includes(status)) {
    const seconds = Number(headers.get("retry-after") ?? NaN);
    const retryAfterMs = seconds >= 0 ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : undefined;
    return new ServerFailure("overload", message, { retryAfterMs, status });
  }
  if (status >= 300 && status < 400) {
    const text = "It sends on to another address, which is not followed.";
    return new ServerFailure("final", text, { status });
  }
  return new ServerFailure(status >= 500 ? "fault" : "final", message, { status });
}

/** What `fetch` throws, a time limit among it, is a way that failed and may work later. */
function failureOf(thrown: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return new AppError("request.cancelled", "The request was cancelled.");
  if (thrown instanceof ServerFailure) return thrown;
  const { name, cause } = recordOf(thrown);
  const { code: given } = recordOf(cause);
  const isTime = name === "AbortError";
  if (!isTime && !(thrown instanceof TypeError)) return thrown;
  const code = isTime ? "no answer in time" : (textOf(given) ?? "connection lost");
  return new ServerFailure("overload", `It was not reached: ${code}.`);
}

type Fields = Readonly<Record<string, unknown>>;

/** @throws ServerFailure where it is no JSON. */
export function parsed(text: string): Fields {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    throw new ServerFailure("final", "Its answer is no JSON.");
  }
}

export function recordOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
