/**
 * Texts, and files from an offset, of a server that is asked through its routes: follows redirects, takes
 * the bytes of a body as they come, and tells failures that may pass from those that will not. Each call
 * is one try; trying again is the caller's business. Knows neither the hub nor the feed.
 */

import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { AppError, throwIfAborted } from "../../base/errors";
import {
  bodyFailure,
  connectFailure,
  PROXY_REFUSAL,
  proxyRefusal,
  TransientFailure,
} from "./hubFailures";
import {
  FIRST_ANSWER_MS,
  type HubResponse,
  HubRoutes,
  type HubSettings,
  type SendOptions,
} from "./hubRoutes";

export interface RangeRequest {
  /** Bytes that are there already. */
  readonly offset: number;
  /** Bytes from there that are wanted; a server may send more. @default all */
  readonly length?: number;
  /** Of the body that these bytes came from; a body with another one is sent from its start. */
  readonly etag?: string | undefined;
}

/** The bytes of a file; read or destroy them. */
export interface RangeBody {
  /** Offset of the first byte; 0 when the server sends all of it in spite of the request. */
  readonly offset: number;
  /** Only a strong one. */
  readonly etag: string | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface GetOptions {
  readonly signal: AbortSignal | undefined;
  /** What a status means that will be the same at the next try; undefined for others. */
  readonly refusalOf: (status: number, url: URL) => Error | undefined;
}

export interface TextOptions extends GetOptions {
  readonly maxBytes: number;
  /** What the server should be, such as "a NuGet feed". */
  readonly server: string;
  /** What is thrown for a text that is longer, or packed and damaged. */
  readonly unreadable: () => Error;
}

/** Without a byte for this long a connection counts as dead, in ms. */
const DEFAULT_STALL_MS = 30_000;
const MAX_REDIRECTS = 5;

export class RangeClient {
  readonly routes: HubRoutes;
  readonly #stallMs: number;

  /**
   * Connects to nothing yet.
   * @throws AppError `option.invalid` for an endpoint or a proxy that is no address.
   */
  constructor(settings: HubSettings, stallMs: number | undefined) {
    this.routes = new HubRoutes(settings);
    this.#stallMs = stallMs ?? DEFAULT_STALL_MS;
  }

  /**
   * A text of a page or an interface, unpacked where the server packs it unasked.
   * @throws AppError `hub.failed` for a web page, `request.cancelled`, and as the options say;
   * TransientFailure.
   */
  async text(url: URL, options: TextOptions): Promise<string> {
    const { signal, maxBytes, unreadable, server } = options;
    const stallMs = Math.min(FIRST_ANSWER_MS, this.#stallMs);
    const headers = { accept: "application/json", "accept-encoding": "identity" };
    const { body, headers: answered } = await this.#get(url, { headers, stallMs, signal }, options);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of guarded(body, signal, url.host)) {
      size += chunk.length;
      if (size > maxBytes) throw unreadable();
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    const isPacked = answered["content-encoding"] === "gzip";
    const text = isPacked ? await unpacked(bytes, options) : bytes.toString("utf8");
    if (isWebPage(text)) throw webPage(url, server);
    return text;
  }

  /**
   * Opens a file.
   * @throws AppError `request.cancelled`, and as the options say; TransientFailure, also while the bytes
   * are read.
   */
  async open(url: URL, wanted: RangeRequest, options: GetOptions): Promise<RangeBody> {
    const { offset, length, etag } = wanted;
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (offset > 0 || length !== undefined) {
      headers["range"] = `bytes=${offset}-${length === undefined ? "" : offset + length - 1}`;
      if (etag !== undefined) headers["if-range"] = etag;
    }
    const { signal } = options;
    const response = await this.#get(url, { headers, stallMs: this.#stallMs, signal }, options);
    const given = response.headers["etag"];
    const isStrong = typeof given === "string" && !given.startsWith("W/");
    return {
      offset: response.statusCode === 206 ? await rangeStart(response) : 0,
      etag: isStrong ? given : undefined,
      bytes: guarded(response.body, signal),
    };
  }

  /** Follows redirects by hand: another host must not be shown the token. */
  async #get(from: URL, sent: SendOptions, { refusalOf }: GetOptions): Promise<HubResponse> {
    let url = from;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.#send(url, sent);
      const { statusCode, headers } = response;
      if (statusCode === 200 || statusCode === 206) return response;
      await response.body.dump().catch(() => undefined);
      const { location } = headers;
      if (statusCode >= 300 && statusCode < 400 && typeof location === "string") {
        url = redirected(url, location);
        continue;
      }
      if (statusCode === PROXY_REFUSAL) throw proxyRefusal(url.host);
      const refusal = refusalOf(statusCode, url);
      if (refusal !== undefined) throw refusal;
      // Storage refuses an address that has expired; the hub then gives another one.
      throw new TransientFailure(`${url.host} answered with status ${statusCode}`, {
        retryAfterMs: retryAfterMs(headers["retry-after"]),
      });
    }
    throw new TransientFailure(`${url.host} redirects without end`);
  }

  async #send(url: URL, options: SendOptions): Promise<HubResponse> {
    const { signal } = options;
    throwIfAborted(signal);
    try {
      return await this.routes.send(url, options);
    } catch (cause) {
      throwIfAborted(signal);
      throw connectFailure(cause, this.routes.wayTo(url));
    }
  }
}

async function unpacked(bytes: Uint8Array, { maxBytes, unreadable }: TextOptions): Promise<string> {
  try {
    const text = await promisify(gunzip)(bytes, { maxOutputLength: maxBytes });
    return text.toString("utf8");
  } catch {
    throw unreadable();
  }
}

/** How networks answer whose conditions nobody has agreed to yet, and proxies that have something to say. */
function isWebPage(text: string): boolean {
  return /^\s*(<!doctype\b|<html\b|<\?xml\b)/i.test(text);
}

function webPage({ host }: URL, server: string): AppError {
  return new AppError(
    "hub.failed",
    `A web page came in the place of ${host}'s answer. The network may want you to sign in: open any page in a browser, then try again. If it does not, check that the endpoint is ${server}.`,
    { detail: { host } },
  );
}

/** The bytes of a body, whose failures are those of the network. */
async function* guarded(
  body: AsyncIterable<unknown>,
  signal: AbortSignal | undefined,
  host?: string,
): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk as Uint8Array;
  } catch (cause) {
    throwIfAborted(signal);
    throw bodyFailure(cause, host);
  }
}

/** @throws TransientFailure for a range that says nothing; its body is not read. */
async function rangeStart({ headers, body }: HubResponse): Promise<number> {
  const range = headers["content-range"];
  const start = typeof range === "string" ? /^bytes (\d+)-\d+\//.exec(range)?.[1] : undefined;
  if (start !== undefined) return Number(start);
  await body.dump().catch(() => undefined);
  throw new TransientFailure("a part was sent without saying which");
}

/** The address, if it is one and gives up no encryption that there was. */
export function safeAddress(from: URL, address: string): URL | undefined {
  const to = URL.canParse(address, from.href) ? new URL(address, from) : undefined;
  const isSafe =
    to?.protocol === "https:" || (to?.protocol === "http:" && from.protocol === "http:");
  return isSafe ? to : undefined;
}

/**
 * Where a redirect leads.
 * @throws TransientFailure for an address that is none, or that gives up encryption.
 */
export function redirected(from: URL, location: string): URL {
  const to = safeAddress(from, location);
  if (to !== undefined) return to;
  throw new TransientFailure(`${from.host} redirects to an address that cannot be used`);
}

/** Seconds or a date (RFC 9110 section 10.2.3), in ms from now. */
function retryAfterMs(value: string | string[] | undefined): number | undefined {
  if (typeof value !== "string") return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
