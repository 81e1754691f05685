/**
 * The only file that uses a network client: where the hub is, by which proxy it is reached, and who may
 * see the token.
 */

import { Agent, type Dispatcher, ProxyAgent, request } from "undici";
import { AppError } from "../../base/errors";
import type { Way } from "./hubFailures";

/** An answer whose body has to be read or dumped. */
export type HubResponse = Dispatcher.ResponseData;

/** What a user can say about the way to the hub. */
export interface HubSettings {
  /** @default "https://huggingface.co" */
  readonly endpoint?: string | undefined;
  /** Of an account, for repositories that ask for one. */
  readonly token?: string | undefined;
  /** Address of a proxy for everything. @default HTTPS_PROXY, HTTP_PROXY or ALL_PROXY of `env` */
  readonly proxy?: string | undefined;
  /** Hosts that are reached without it, as NO_PROXY has them. @default NO_PROXY of `env` */
  readonly noProxy?: string | undefined;
  /** @default {} */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_ENDPOINT = "https://huggingface.co";
/** For a name to be looked up and a connection to be made, in ms: longer, and nobody is there. */
const CONNECT_MS = 10_000;
/** Generous: a proxy may ask its own authority first. */
const PROXY_CONNECT_MS = 20_000;

/**
 * What is asked first of a server is small: who says nothing for so long, in ms, most likely never will,
 * and somebody waits.
 */
export const FIRST_ANSWER_MS = 6000;

export interface SendOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Longest silence, in ms. */
  readonly stallMs: number;
  readonly signal?: AbortSignal | undefined;
}

export class HubRoutes {
  readonly endpoint: URL;
  readonly #token: string | undefined;
  readonly #direct = new Agent({ connect: { timeout: CONNECT_MS } });
  readonly #proxies = new Map<string, ProxyAgent>();
  readonly #settings: HubSettings;

  /** @throws AppError `option.invalid` for an endpoint that is no address, or unfit for a token. */
  constructor(settings: HubSettings) {
    this.#settings = settings;
    this.endpoint = addressOf(textOf(settings.endpoint) ?? DEFAULT_ENDPOINT, "endpoint");
    this.#token = textOf(settings.token);
    if (this.#token !== undefined && isReadableOnTheWay(this.endpoint.href)) {
      throw new AppError(
        "option.invalid",
        `The token would be readable on the way to ${this.endpoint.origin}. Use an https endpoint, or remove the token.`,
      );
    }
    // A wrong proxy should be told before anything is planned.
    this.#proxyFor(this.endpoint);
  }

  get hasToken(): boolean {
    return this.#token !== undefined;
  }

  /** A path of the hub; an endpoint may have a path of its own. */
  urlOf(path: string): URL {
    return new URL(this.endpoint.href.replace(/\/+$/, "") + path);
  }

  /** The token, for the hub itself and nobody else. */
  #authorizationFor(url: URL): Readonly<Record<string, string>> {
    const isHub = url.origin === this.endpoint.origin;
    return this.#token === undefined || !isHub ? {} : { authorization: `Bearer ${this.#token}` };
  }

  /**
   * Sends one request, with the token where it belongs; follows no redirect.
   * @throws what the network throws.
   */
  async send(url: URL, { headers, stallMs, signal }: SendOptions): Promise<HubResponse> {
    const response = await request(url, {
      headers: { ...headers, ...this.#authorizationFor(url) },
      dispatcher: this.#dispatcherFor(url),
      headersTimeout: stallMs,
      bodyTimeout: stallMs,
      ...(signal === undefined ? {} : { signal }),
    });
    // A body that fails before it is read tells its reader then; without a listener it ends the process.
    response.body.on("error", () => undefined);
    return response;
  }

  /** Who is called for an address. */
  wayTo(url: URL): Way {
    return { host: url.host, proxy: this.#proxyFor(url)?.host };
  }

  #dispatcherFor(url: URL): Dispatcher {
    const proxy = this.#proxyFor(url);
    if (proxy === undefined) return this.#direct;
    const known = this.#proxies.get(proxy.href);
    if (known !== undefined) return known;
    const agent = new ProxyAgent({ uri: proxy.href, connect: { timeout: PROXY_CONNECT_MS } });
    this.#proxies.set(proxy.href, agent);
    return agent;
  }

  /** Ends every connection, also those in use. */
  async close(): Promise<void> {
    await Promise.all([this.#direct, ...this.#proxies.values()].map((agent) => agent.destroy()));
  }

  #proxyFor(url: URL): URL | undefined {
    const { env = {}, proxy, noProxy } = this.#settings;
    const value = (name: string): string | undefined =>
      textOf(env[name.toLowerCase()]) ?? textOf(env[name]);
    const scheme = url.protocol === "https:" ? value("HTTPS_PROXY") : value("HTTP_PROXY");
    const address = textOf(proxy) ?? scheme ?? value("ALL_PROXY");
    if (address === undefined) return undefined;
    const exceptions = textOf(noProxy) ?? value("NO_PROXY") ?? "";
    if (isException(url, exceptions)) return undefined;
    return addressOf(/^[a-z]+:\/\//i.test(address) ? address : `http://${address}`, "proxy");
  }
}

/** True for `*`, for a host of the list and for those below it; a port has to be the same. */
function isException(url: URL, list: string): boolean {
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return list.split(/[\s,]+/).some((item) => {
    if (item === "") return false;
    if (item === "*") return true;
    const [, host = item, itemPort] = /^(.+?)(?::(\d+))?$/.exec(item) ?? [];
    const bare = host.replace(/^\*?\./, "").toLowerCase();
    const isSame = url.hostname === bare || url.hostname.endsWith(`.${bare}`);
    return isSame && (itemPort === undefined || itemPort === port);
  });
}

/** @throws AppError `option.invalid`. */
function addressOf(text: string, what: "endpoint" | "proxy"): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new AppError(
    "option.invalid",
    `The ${what} "${withoutPassword(text)}" is no address. Write one that begins with https:// or http://.`,
  );
}

/** An address to show: without what stands before the host but the scheme, and without a query. */
export function withoutPassword(address: string): string {
  const [, scheme = "", rest = ""] = /^([a-z]+:\/\/)?(.*)$/i.exec(address.trim()) ?? [];
  return scheme + rest.replace(/[?#].*$/, "").replace(/^.*@/, "");
}

/** A token that is sent there can be read by those in between. */
export function isReadableOnTheWay(endpoint: string | undefined): boolean {
  const text = textOf(endpoint) ?? DEFAULT_ENDPOINT;
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "http:" && !isLoopback(hostname);
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}

function textOf(value: string | undefined): string | undefined {
  const text = value?.trim();
  return text === "" ? undefined : text;
}
