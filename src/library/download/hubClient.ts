/**
 * What is asked of the Hugging Face hub or a mirror of it: the files of a repository, and one of them
 * from an offset. Each call is one try; trying again is the caller's business.
 */

import { AppError, throwIfAborted } from "../../base/errors";
import { JsonObject } from "../../base/json";
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

/** What the hub says of a file. */
export interface HubFile {
  readonly name: string;
  readonly bytes: number;
  /** Of its content; absent when a mirror tells none. */
  readonly digest?: HubDigest;
}

/** `git` is the SHA-1 of a git blob, which the hub gives for files that are not in large file storage. */
export interface HubDigest {
  readonly kind: "sha256" | "git";
  /** Lower-case hexadecimal. */
  readonly hex: string;
}

export interface HubListing {
  /** The commit that the revision means now; files are asked for by it, so that they belong together. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

export interface HubRequest {
  readonly repository: string;
  readonly commit: string;
  readonly name: string;
  /** Bytes that are there already. */
  readonly offset: number;
  /** Bytes from there that are wanted; a server may send more. @default all */
  readonly length?: number;
  /** Of the body that these bytes came from; a body with another one is sent from its start. */
  readonly etag?: string | undefined;
}

/** The bytes of a file; read or destroy them. */
export interface HubBody {
  /** Offset of the first byte; 0 when the server sends all of it in spite of the request. */
  readonly offset: number;
  /** Only a strong one. */
  readonly etag: string | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Without a byte for this long a connection counts as dead, in ms. */
const DEFAULT_STALL_MS = 30_000;
const MAX_REDIRECTS = 5;
/** A listing with the full history of a big repository has less. */
const MAX_LISTING_BYTES = 8 << 20;
/** More than any BLIP-2 repository has, by a factor of ten. */
const MAX_FILES = 1000;
const COMMIT = /^[0-9a-f]{40}$/;

export class HubClient {
  readonly #routes: HubRoutes;
  readonly #stallMs: number;

  /**
   * Connects to nothing yet.
   * @throws AppError `option.invalid` for an endpoint or a proxy that is no address.
   */
  constructor(settings: HubSettings, { stallMs = DEFAULT_STALL_MS }: { stallMs?: number } = {}) {
    this.#routes = new HubRoutes(settings);
    this.#stallMs = stallMs;
  }

  /** Who is asked, with the port where that is not the usual one. */
  get host(): string {
    return this.#routes.endpoint.host;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await this.#routes.close();
  }

  /**
   * The files of a repository at a revision.
   * @throws AppError `hub.denied`, `hub.missing`, `hub.failed` for an answer that is no listing,
   * `request.cancelled`; TransientFailure.
   */
  async list(repository: string, revision: string, signal?: AbortSignal): Promise<HubListing> {
    const path = `/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
    const stallMs = Math.min(FIRST_ANSWER_MS, this.#stallMs);
    const { body } = await this.#get({ path, repository, headers: {}, stallMs }, signal);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.#guarded(body, signal, this.host)) {
      size += chunk.length;
      if (size > MAX_LISTING_BYTES) throw this.#notAListing(repository);
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString("utf8");
    try {
      return readListing(text, repository);
    } catch (cause) {
      throw isWebPage(text) ? this.#webPage(cause) : this.#notAListing(repository, cause);
    }
  }

  /**
   * Opens a file.
   * @throws AppError `hub.denied`, `hub.missing`, `request.cancelled`; TransientFailure, also while the
   * bytes are read.
   */
  async open(wanted: HubRequest, signal?: AbortSignal): Promise<HubBody> {
    const { repository, commit, name, offset, length, etag } = wanted;
    const path = `/${repository}/resolve/${commit}/${encodeURIComponent(name)}`;
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (offset > 0 || length !== undefined) {
      headers["range"] = `bytes=${offset}-${length === undefined ? "" : offset + length - 1}`;
      if (etag !== undefined) headers["if-range"] = etag;
    }
    const response = await this.#get({ path, repository, headers }, signal);
    const given = response.headers["etag"];
    const isStrong = typeof given === "string" && !given.startsWith("W/");
    return {
      offset: response.statusCode === 206 ? await rangeStart(response) : 0,
      etag: isStrong ? given : undefined,
      bytes: this.#guarded(response.body, signal),
    };
  }

  /** Follows redirects by hand: another host must not be shown the token. */
  async #get(wanted: GetRequest, signal?: AbortSignal): Promise<HubResponse> {
    const { headers: sent, stallMs = this.#stallMs } = wanted;
    let url = this.#routes.urlOf(wanted.path);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.#send(url, { headers: sent, stallMs, signal });
      const { statusCode, headers } = response;
      if (statusCode === 200 || statusCode === 206) return response;
      await response.body.dump().catch(() => undefined);
      const location = headers["location"];
      if (statusCode >= 300 && statusCode < 400 && typeof location === "string") {
        url = redirected(url, location);
        continue;
      }
      throw this.#failureOf(response, { url, repository: wanted.repository });
    }
    throw new TransientFailure(`${url.host} redirects without end`);
  }

  async #send(url: URL, options: SendOptions): Promise<HubResponse> {
    const { signal } = options;
    throwIfAborted(signal);
    try {
      return await this.#routes.send(url, options);
    } catch (cause) {
      throwIfAborted(signal);
      throw connectFailure(cause, this.#routes.wayTo(url));
    }
  }

  /** The bytes of a body, whose failures are those of the network. */
  async *#guarded(
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

  #failureOf(
    { statusCode, headers }: HubResponse,
    { url, repository }: { readonly url: URL; readonly repository: string },
  ): Error {
    const { endpoint, hasToken } = this.#routes;
    const page = `${endpoint.origin}/${repository}`;
    const isHub = url.origin === endpoint.origin;
    const detail = { repository, status: statusCode };
    if (statusCode === PROXY_REFUSAL) return proxyRefusal(url.host);
    if (isHub && (statusCode === 401 || statusCode === 403)) {
      const why = hasToken ? "does not accept this token for it" : "asks for a token";
      return new AppError(
        "hub.denied",
        `${repository} was not handed out: ${endpoint.host} ${why}. Look at ${page} whether its conditions have to be accepted, and set the token of an account that may read it.`,
        { detail },
      );
    }
    if (isHub && (statusCode === 404 || statusCode === 410)) {
      return new AppError(
        "hub.missing",
        `${endpoint.host} does not have what was asked for of ${repository}. Look at ${page} whether it was moved, or import the checkpoint from a folder.`,
        { detail },
      );
    }
    // Storage refuses an address that has expired; the hub then gives another one.
    return new TransientFailure(`${url.host} answered with status ${statusCode}`, {
      retryAfterMs: retryAfterMs(headers["retry-after"]),
    });
  }

  #webPage(cause: unknown): AppError {
    const { host } = this.#routes.endpoint;
    return new AppError(
      "hub.failed",
      `A web page came in the place of ${host}'s answer. The network may want you to sign in: open any page in a browser, then try again. If it does not, check that the endpoint is a Hugging Face hub or a mirror of it.`,
      { cause, detail: { host } },
    );
  }

  #notAListing(repository: string, cause?: unknown): AppError {
    const { host } = this.#routes.endpoint;
    return new AppError(
      "hub.failed",
      `${host} did not answer with the files of ${repository}. Check that the endpoint is a Hugging Face hub or a mirror of it.`,
      { cause, detail: { repository } },
    );
  }
}

/** How networks answer whose conditions nobody has agreed to yet, and proxies that have something to say. */
function isWebPage(text: string): boolean {
  return /^\s*(<!doctype\b|<html\b|<\?xml\b)/i.test(text);
}

interface GetRequest {
  readonly path: string;
  readonly repository: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As in SendOptions. @default the client's own */
  readonly stallMs?: number;
}

function readListing(text: string, repository: string): HubListing {
  const source = { file: `The listing of ${repository}`, code: "hub.failed" } as const;
  const json = JsonObject.parse(text, source);
  const commit = json.string("sha");
  if (!COMMIT.test(commit)) json.fail("sha", "a commit");
  const siblings = json.array("siblings");
  if (siblings.length > MAX_FILES) json.fail("siblings", `at most ${MAX_FILES} files`);
  return { commit, files: siblings.map((value) => readFileEntry(new JsonObject(value, source))) };
}

function readFileEntry(entry: JsonObject): HubFile {
  const lfs = entry.objectOrEmpty("lfs");
  const sha256 = lfs.string("sha256", "").toLowerCase();
  const blobId = entry.string("blobId", "").toLowerCase();
  const digest: HubDigest | undefined = /^[0-9a-f]{64}$/.test(sha256)
    ? { kind: "sha256", hex: sha256 }
    : !entry.has("lfs") && COMMIT.test(blobId)
      ? { kind: "git", hex: blobId }
      : undefined;
  return {
    name: entry.string("rfilename"),
    bytes: entry.integer("size", { min: 0, max: Number.MAX_SAFE_INTEGER }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** @throws TransientFailure for a range that says nothing; its body is not read. */
async function rangeStart({ headers, body }: HubResponse): Promise<number> {
  const range = headers["content-range"];
  const start = typeof range === "string" ? /^bytes (\d+)-\d+\//.exec(range)?.[1] : undefined;
  if (start !== undefined) return Number(start);
  await body.dump().catch(() => undefined);
  throw new TransientFailure("a part was sent without saying which");
}

/**
 * Where a redirect leads.
 * @throws TransientFailure for an address that is none, or that gives up encryption.
 */
export function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const isSafe =
    to?.protocol === "https:" || (to?.protocol === "http:" && from.protocol === "http:");
  if (to !== undefined && isSafe) return to;
  throw new TransientFailure(`${from.host} redirects to an address that cannot be used`);
}

/** Seconds or a date (RFC 9110 section 10.2.3), in ms from now. */
function retryAfterMs(value: string | string[] | undefined): number | undefined {
  if (typeof value !== "string") return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
