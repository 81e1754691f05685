/** Fetching a picture from a server, which happens only after a person said yes. */

import { AppError, throwIfAborted } from "../../base/errors";
import { remedy } from "../notices/noticeTable";
import type { Picture } from "./picture";
import type { FetchTexts } from "./pictureTexts";

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

export interface FetchOptions {
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
  readonly texts: FetchTexts;
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
  { fetch, signal, texts }: FetchOptions,
): Promise<Picture> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const name = nameOf(url);
  const missing = (reason: string, cause?: unknown): AppError =>
    new AppError("image.missing", texts.failed(url.href, reason), {
      cause,
      detail: remedy("again"),
    });
  try {
    const response = await follow(url, { fetch, signal: limit });
    if (response === undefined) throw missing(texts.leadsAway);
    if (!response.ok) throw missing(texts.refused(response.status));
    const type = response.headers.get("content-type")?.toLowerCase() ?? "";
    if (!/^(?:image\/|application\/octet-stream|binary\/|$)/.test(type)) {
      const text = texts.notAPicture(url.href, type.split(";")[0] ?? "");
      throw new AppError("image.unreadable", text, { detail: remedy("document") });
    }
    return { name, bytes: await boundedBytes(response, name, texts) };
  } catch (thrown) {
    throwIfAborted(signal);
    if (thrown instanceof AppError) throw thrown;
    throw missing(limit.aborted ? texts.silent : texts.unreachable, thrown);
  }
}

/**
 * Each step is looked at, so that no redirect leads to another kind of address; undefined where one
 * does, or where there is no end.
 */
async function follow(
  start: URL,
  { fetch, signal }: Pick<FetchOptions, "fetch" | "signal">,
): Promise<Response | undefined> {
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
  return undefined;
}

/** The length that a server announces may be wrong, so what arrives is counted. */
async function boundedBytes(
  response: Response,
  name: string,
  texts: Pick<FetchTexts, "tooLarge" | "empty">,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let nBytes = 0;
  const body = response.body as AsyncIterable<Uint8Array> | null;
  for await (const chunk of body ?? []) {
    nBytes += chunk.length;
    if (nBytes > MAX_FETCHED_BYTES) {
      const text = texts.tooLarge(name, MAX_FETCHED_BYTES);
      throw new AppError("image.tooLarge", text, { detail: remedy("document") });
    }
    chunks.push(chunk);
  }
  if (nBytes === 0) {
    throw new AppError("image.unreadable", texts.empty(name), { detail: remedy("document") });
  }
  return Buffer.concat(chunks);
}

function nameOf(url: URL): string {
  return url.pathname.slice(url.pathname.lastIndexOf("/") + 1) || url.host;
}
