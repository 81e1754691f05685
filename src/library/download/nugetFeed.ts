/**
 * A NuGet feed (server API, protocol 3): where a package is, how large it is, what its hash is, and its
 * bytes from an offset. Each call is one try; trying again is the caller's business.
 */

import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { AppError, throwIfAborted } from "../../base/errors";
import { JsonObject } from "../../base/json";
import type { HubBody, HubClient, HubRequest } from "./hubClient";
import { bodyFailure, connectFailure, TransientFailure } from "./hubFailures";
import {
  FIRST_ANSWER_MS,
  type HubResponse,
  HubRoutes,
  type HubSettings,
  type SendOptions,
} from "./hubRoutes";

/** A version of a package as it is published. */
export interface NugetPackage {
  readonly url: URL;
  readonly bytes: number;
  /** SHA-512 in base 64. */
  readonly sha512: string;
}

export interface FeedOptions {
  /** Address of the service index. */
  readonly index: string;
  /** For the proxy. */
  readonly env: NonNullable<HubSettings["env"]>;
  /** Without a byte for this long a connection counts as dead, in ms. @default 30_000 */
  readonly stallMs?: number;
}

const DEFAULT_STALL_MS = 30_000;
const MAX_REDIRECTS = 5;
/** Index, registration and catalogue entry of a package have a few hundred kB. */
const MAX_JSON_BYTES = 8 << 20;
/** Ten times what the package of 1.30 has; a wrong number must not reserve a disk. */
const MAX_PACKAGE_BYTES = 4e9;
/** In the order of preference; all have the same content, the later ones compressed. */
const REGISTRATIONS = ["", "/3.0.0-rc", "/3.0.0-beta", "/3.4.0", "/3.6.0", "/Versioned"];
const SHA512_BASE64 = /^[A-Za-z0-9+/]{86}==$/;

/** Also what `downloadFile` reads from. */
export class NugetFeed implements Pick<HubClient, "open"> {
  readonly #routes: HubRoutes;
  readonly #stallMs: number;
  /** What `open` opens. */
  #opened: URL | undefined;

  /**
   * Connects to nothing yet.
   * @throws AppError `option.invalid` for an address or a proxy that is none.
   */
  constructor(options: FeedOptions) {
    this.#routes = new HubRoutes({ endpoint: options.index, env: options.env });
    this.#stallMs = options.stallMs ?? DEFAULT_STALL_MS;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await this.#routes.close();
  }

  /**
   * Finds a package; `open` then opens it.
   * @throws AppError `hub.missing`, `hub.failed` for answers that are not those of a feed,
   * `request.cancelled`; TransientFailure.
   */
  async find(name: string, version: string, signal?: AbortSignal): Promise<NugetPackage> {
    const [id, number] = [name.toLowerCase(), version.toLowerCase()];
    const index = await this.#json(this.#routes.endpoint, signal);
    const contents = this.#resource(index, ["PackageBaseAddress/3.0.0"]);
    const types = REGISTRATIONS.map((suffix) => `RegistrationsBaseUrl${suffix}`);
    const registrations = this.#resource(index, types);
    const leaf = await this.#json(join(registrations, `${id}/${number}.json`), signal);
    // A feed gives the entry itself or its address.
    const given = leaf.raw("catalogEntry");
    const entry =
      typeof given === "string"
        ? await this.#json(this.#address(given), signal)
        : leaf.object("catalogEntry");
    if (entry.string("packageHashAlgorithm", "") !== "SHA512") {
      entry.fail("packageHashAlgorithm", "SHA512");
    }
    const sha512 = entry.string("packageHash");
    if (!SHA512_BASE64.test(sha512)) entry.fail("packageHash", "a hash");
    const bytes = entry.integer("packageSize", { min: 1, max: MAX_PACKAGE_BYTES });
    const url = join(contents, `${id}/${number}/${id}.${number}.nupkg`);
    this.#opened = url;
    return { url, bytes, sha512 };
  }

  /**
   * Opens the package that was found.
   * @throws AppError `hub.missing`, `request.cancelled`; TransientFailure, also while the bytes are read.
   */
  async open({ offset, etag }: HubRequest, signal?: AbortSignal): Promise<HubBody> {
    if (this.#opened === undefined) throw new AppError("internal", "No package was looked for.");
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (offset > 0) {
      headers["range"] = `bytes=${offset}-`;
      if (etag !== undefined) headers["if-range"] = etag;
    }
    const response = await this.#get(this.#opened, {
      ...{ headers, signal, stallMs: this.#stallMs },
    });
    const range = response.headers["content-range"];
    const start = typeof range === "string" ? /^bytes (\d+)-/.exec(range)?.[1] : undefined;
    const given = response.headers["etag"];
    const isStrong = typeof given === "string" && !given.startsWith("W/");
    return {
      offset: response.statusCode === 206 ? Number(start) : 0,
      etag: isStrong ? given : undefined,
      bytes: guarded(response.body, signal),
    };
  }

  /** The address of the first type that the index has. */
  #resource(index: JsonObject, types: readonly string[]): URL {
    const source = { file: index.file, code: index.code, path: "resources" };
    const resources = index.array("resources").map((value) => new JsonObject(value, source));
    for (const type of types) {
      const found = resources.find((resource) => resource.raw("@type") === type);
      if (found !== undefined) return this.#address(found.string("@id"));
    }
    return index.fail("resources", `of the type ${types[0] ?? ""}`);
  }

  /** @throws AppError `hub.failed` for an address that is none, or that gives up encryption. */
  #address(text: string): URL {
    const { endpoint } = this.#routes;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isSafe =
      url?.protocol === "https:" || (url?.protocol === "http:" && endpoint.protocol === "http:");
    if (url !== undefined && isSafe) return url;
    throw new AppError(
      "hub.failed",
      `${endpoint.host} names an address that cannot be used. Check that it is a NuGet feed.`,
    );
  }

  async #json(url: URL, signal: AbortSignal | undefined): Promise<JsonObject> {
    const headers = { accept: "application/json", "accept-encoding": "identity" };
    const stallMs = Math.min(FIRST_ANSWER_MS, this.#stallMs);
    const { body, headers: answered } = await this.#get(url, { headers, stallMs, signal });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of guarded(body, signal, url.host)) {
      size += chunk.length;
      if (size > MAX_JSON_BYTES) throw tooLong(url);
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    const isPacked = answered["content-encoding"] === "gzip";
    const text = isPacked ? await unpacked(bytes, url) : bytes.toString("utf8");
    return JsonObject.parse(text, { file: url.href, code: "hub.failed" });
  }

  async #get(from: URL, options: SendOptions): Promise<HubResponse> {
    let url = from;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.#send(url, options);
      const { statusCode } = response;
      if (statusCode === 200 || statusCode === 206) return response;
      await response.body.dump().catch(() => undefined);
      const { location } = response.headers;
      if (statusCode >= 300 && statusCode < 400 && typeof location === "string") {
        url = this.#address(URL.canParse(location, url.href) ? new URL(location, url).href : "");
        continue;
      }
      throw failureOf(response, url);
    }
    throw new TransientFailure(`${from.host} redirects without end`);
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
}

/** A base with or without the slash at its end. */
const join = (base: URL, path: string): URL => new URL(`${base.href.replace(/\/+$/, "")}/${path}`);

async function unpacked(bytes: Buffer, url: URL): Promise<string> {
  try {
    const text = await promisify(gunzip)(bytes, { maxOutputLength: MAX_JSON_BYTES });
    return text.toString("utf8");
  } catch {
    throw tooLong(url);
  }
}

function tooLong(url: URL): AppError {
  return new AppError(
    "hub.failed",
    `${url.host} did not answer as a NuGet feed does. Check the address of the feed.`,
    { detail: { url: url.href } },
  );
}

function failureOf({ statusCode, headers }: HubResponse, url: URL): Error {
  if (statusCode === 404 || statusCode === 410) {
    return new AppError(
      "hub.missing",
      `${url.host} does not have ${url.pathname}. Put the CUDA libraries of ONNX Runtime into a folder yourself and name it with --from.`,
      { detail: { url: url.href, status: statusCode } },
    );
  }
  const wait = headers["retry-after"];
  return new TransientFailure(`${url.host} answered with status ${statusCode}`, {
    retryAfterMs: typeof wait === "string" && /^\d+$/.test(wait) ? Number(wait) * 1000 : undefined,
  });
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
