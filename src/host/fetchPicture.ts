/** Fetching a picture from a server, which happens only after a person said yes. */

import { formatBytes } from "../base/bytes";
import { AppError, throwIfAborted } from "../base/errors";
import type { Picture } from "./picture";

/** Pictures of pages are a hundredth of it. */
export const MAX_FETCHED_BYTES = 32 * 2 ** 20;

/** A server that says nothing for so long is not there, in ms. */
const TIMEOUT_MS = 20_000;
/** As browsers; more is a loop. */
const MAX_REDIRECTS = 5;

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

interface FetchInit {
  readonly redirect: "manual";
  readonly credentials: "omit";
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** An address as a browser would ask for it; a document that names no scheme means https. */
export function remoteUrl(target: string): URL | undefined {
  const written = target.startsWith("//") ? `https:${target}` : target;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  return url?.protocol === "https:" || url?.protocol === "http:" ? url : undefined;
}

/**
 * Fetches a picture, without cookies and with limits on time, size and redirects.
 * @throws AppError `image.missing` when the server has none, `image.tooLarge`, `image.unreadable` for
 * something that is no picture, `request.cancelled`.
 */
export async function fetchPicture(
  url: URL,
  { fetch, signal }: { readonly fetch: Fetch; readonly signal: AbortSignal },
): Promise<Picture> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const name = nameOf(url);
  try {
    const response = await follow(url, { fetch, signal: limit });
    if (!response.ok) {
      throw missing(url, `The server answered ${response.status}. Check the address.`);
    }
    const type = response.headers.get("content-type")?.toLowerCase() ?? "";
    if (!/^(?:image\/|application\/octet-stream|binary\/|$)/.test(type)) {
      throw new AppError(
        "image.unreadable",
        `${url.href} is no picture but ${type.split(";")[0] ?? ""}. Check the address.`,
      );
    }
    return { name, bytes: await boundedBytes(response, name) };
  } catch (thrown) {
    throwIfAborted(signal);
    if (thrown instanceof AppError) throw thrown;
    const reason = limit.aborted ? "The server does not answer." : "The server cannot be reached.";
    throw missing(url, `${reason} Check the address and the network.`, thrown);
  }
}

/** Each step is looked at, so that no redirect leads to another kind of address. */
async function follow(
  start: URL,
  { fetch, signal }: { readonly fetch: Fetch; readonly signal: AbortSignal },
): Promise<Response> {
  let url = start;
  for (let n = 0; n <= MAX_REDIRECTS; n++) {
    const response = await fetch(url.href, {
      redirect: "manual",
      credentials: "omit",
      headers: { accept: "image/*" },
      signal,
    });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    const next = URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
    const isAllowed =
      next?.protocol === "https:" || (next?.protocol === "http:" && url.protocol === "http:");
    if (next === undefined || !isAllowed) break;
    url = next;
  }
  throw missing(start, "The server leads elsewhere. Use the picture's final address.");
}

/** The length that a server announces may be wrong, so what arrives is counted. */
async function boundedBytes(response: Response, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let nBytes = 0;
  const body = response.body as AsyncIterable<Uint8Array> | null;
  for await (const chunk of body ?? []) {
    nBytes += chunk.length;
    if (nBytes > MAX_FETCHED_BYTES) {
      const most = formatBytes(MAX_FETCHED_BYTES);
      throw new AppError("image.tooLarge", `${name} is larger than ${most}. Use a smaller copy.`);
    }
    chunks.push(chunk);
  }
  if (nBytes === 0) throw new AppError("image.unreadable", `${name} is empty on its server.`);
  return Buffer.concat(chunks);
}

function nameOf(url: URL): string {
  return url.pathname.slice(url.pathname.lastIndexOf("/") + 1) || url.host;
}

function missing(url: URL, reason: string, cause?: unknown): AppError {
  return new AppError("image.missing", `${url.href} could not be fetched. ${reason}`, { cause });
}
