/**
 * What goes wrong on the way to a server, in words for people, and whether it may be otherwise a moment
 * later. Asks no network.
 */

import { AppError } from "../../base/errors";

/** Where a request was going. */
export interface Way {
  /** With the port, where that is not the usual one. */
  readonly host: string;
  /** Of the proxy that the request goes through. */
  readonly proxy?: string | undefined;
}

interface TransientOptions {
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
  /** Who cannot be reached at all. */
  readonly unreachable?: string | undefined;
  /** Who takes the connection and says nothing. */
  readonly silent?: string | undefined;
}

/** A failure that another try may not meet. */
export class TransientFailure extends Error {
  /** What the server asks to wait, in ms. */
  readonly retryAfterMs: number | undefined;
  /**
   * Who did not even take the connection; before anything has come this means that there is no network,
   * and waiting does not help.
   */
  readonly unreachable: string | undefined;
  /** Who took the connection and said nothing; at the first contact waiting longer does not help. */
  readonly silent: string | undefined;

  constructor(message: string, options: TransientOptions = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
    this.unreachable = options.unreachable;
    this.silent = options.silent;
  }
}

/** Codes of Node and undici for a connection that was never made; `{0}` is who was called. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  ENOTFOUND: "{0} is not known here",
  EAI_AGAIN: "{0} cannot be looked up",
  EAI_FAIL: "{0} cannot be looked up",
  ECONNREFUSED: "{0} refuses connections",
  ENETUNREACH: "there is no network that leads to {0}",
  ENETDOWN: "the network is down",
  EHOSTUNREACH: "there is no way to {0}",
  EHOSTDOWN: "{0} is down",
  EADDRNOTAVAIL: "there is no network that leads to {0}",
  ETIMEDOUT: "{0} does not take the connection",
  UND_ERR_CONNECT_TIMEOUT: "{0} does not take the connection",
};

/** Codes of undici for a connection on which nothing comes. */
const SILENCE: ReadonlySet<string> = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

/** Codes for a connection that was there. */
const BROKEN: Readonly<Record<string, string>> = {
  UND_ERR_HEADERS_TIMEOUT: "{0} does not answer",
  UND_ERR_BODY_TIMEOUT: "{0} stopped sending",
  ECONNRESET: "{0} broke off",
  UND_ERR_SOCKET: "{0} broke off",
};

/** OpenSSL's verdicts on a certificate, under the names that Node gives them, and Node's own. */
const CERTIFICATE =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH$|INVALID_CA$)/;

/** The proxy asks who is there (RFC 9110 section 15.5.8); trying again does not tell it. */
export const PROXY_REFUSAL = 407;

/** What a request met before its answer: an AppError where trying again is in vain. */
export function connectFailure(cause: unknown, way: Way): AppError | TransientFailure {
  const code = codeOf(cause);
  const tunnel = tunnelStatus(cause);
  if (tunnel === PROXY_REFUSAL) return proxyRefusal(way.host, cause);
  if (tunnel !== undefined) {
    const at = `the proxy ${way.proxy ?? ""}`;
    const message = `${at} does not lead to ${way.host} (status ${tunnel})`;
    return new TransientFailure(message, { cause, unreachable: way.host });
  }
  if (code !== undefined && CERTIFICATE.test(code)) return untrusted(cause, way);
  // The proxy is the one who is called.
  const called = way.proxy === undefined ? way.host : `the proxy ${way.proxy}`;
  const never = code === undefined ? undefined : UNREACHABLE[code];
  if (never !== undefined) {
    return new TransientFailure(never.replace("{0}", called), { cause, unreachable: called });
  }
  return brokenFailure(cause, way.host);
}

/**
 * What a body met while it was read.
 * @param host of the server, where that is known.
 */
export function bodyFailure(cause: unknown, host?: string): TransientFailure {
  return brokenFailure(cause, host);
}

/** The proxy wants to know who asks. */
export function proxyRefusal(host: string, cause?: unknown): AppError {
  return new AppError(
    "hub.failed",
    `The proxy on the way to ${host} asks for a user and a password. Write them into its address, as in http://user:password@proxy:3128, and try again.`,
    { cause, detail: { status: PROXY_REFUSAL } },
  );
}

function untrusted(cause: unknown, { host }: Way): AppError {
  return new AppError(
    "hub.failed",
    `The certificate that ${host} showed is not trusted here (${textOf(cause)}). A proxy, a virus scanner or a network that wants you to sign in may stand between. Sign in with a browser, or set NODE_EXTRA_CA_CERTS to the file with that certificate's authority, start Sightline again and try again.`,
    { cause, detail: { certificate: codeOf(cause) ?? "" } },
  );
}

function brokenFailure(cause: unknown, host: string | undefined): TransientFailure {
  const at = host ?? "the connection";
  const code = codeOf(cause);
  const known = code === undefined ? undefined : { ...BROKEN, ...UNREACHABLE }[code];
  const message = known?.replace("{0}", at) ?? `${at} broke off (${textOf(cause)})`;
  const silent = code !== undefined && SILENCE.has(code) ? host : undefined;
  return new TransientFailure(message, { cause, silent });
}

/** The client tells the status of a tunnel that was not opened in its message and nowhere else. */
function tunnelStatus(cause: unknown): number | undefined {
  const [, status] = /^Proxy response \((\d+)\)/.exec(textOf(cause)) ?? [];
  return status === undefined ? undefined : Number(status);
}

function codeOf(cause: unknown): string | undefined {
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

function textOf(cause: unknown): string {
  return cause instanceof Error && cause.message !== "" ? cause.message : String(cause);
}
