/** The way to a Qdrant server through its own client, with failures in our words. */

import { AppError } from "../../base/errors";
import { isSafeUrl } from "../../model/ask/remoteEndpoint";
import type { QdrantClient } from "@qdrant/js-client-rest";

/** The environment variable that holds the server's key. */
export const TOKEN_VARIABLE = "SIGHTLINE_QDRANT_KEY";

/** A full comparison of a million pictures takes a server seconds, in ms. */
const TIMEOUT_MS = 120_000;

export interface QdrantAddress {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Behind a proxy, such as "/vectors"; often empty. */
  readonly prefix: string;
}

/**
 * Reads what `--index` names, such as "qdrant:https://vectors.example:6333".
 * @throws AppError `option.invalid`; vectors and a key go there, so the way is encrypted or ends on this machine.
 */
export function qdrantAddress(index: string): QdrantAddress {
  const [, text = ""] = /^qdrant:(.+)$/.exec(index) ?? [];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && isSafeUrl(url) && url.search === "" && url.hash === "") {
    return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, "") };
  }
  throw new AppError(
    "option.invalid",
    `--index is like qdrant:https://HOST:6333, or qdrant:http://localhost:6333 for a server on this machine, without a password. The key goes into the variable ${TOKEN_VARIABLE}.`,
    { detail: { option: "index" } },
  );
}

export class QdrantServer {
  readonly #client: QdrantClient;
  readonly #origin: string;

  private constructor(client: QdrantClient, origin: string) {
    this.#client = client;
    this.#origin = origin;
  }

  /** Connects to nothing yet. */
  static async at(
    { origin, prefix }: QdrantAddress,
    token: string | undefined,
  ): Promise<QdrantServer> {
    const { QdrantClient: Client } = await import("@qdrant/js-client-rest");
    const client = new Client({
      ...{ url: origin, prefix, timeout: TIMEOUT_MS },
      // Without one, the port is the scheme's; the client would take 6333.
      port: null,
      // It would print to the terminal.
      checkCompatibility: false,
      // Not as an "api-key", which would be sent along when a server leads elsewhere.
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    });
    return new QdrantServer(client, origin);
  }

  /** @throws AppError `remote.denied`, `remote.failed`, and what is our own. */
  async ask<T>(what: (client: QdrantClient) => Promise<T>): Promise<T> {
    try {
      return await what(this.#client);
    } catch (thrown) {
      throw this.#failure(thrown);
    }
  }

  #failure(thrown: unknown): AppError {
    if (thrown instanceof AppError) return thrown;
    const { status, message } = thrown as { readonly status?: number; readonly message?: string };
    const said = saidBy(thrown) ?? message ?? String(thrown);
    const detail = { host: this.#origin };
    if (status === 401 || status === 403) {
      const text = `${this.#origin} wants a key, or another one: set ${TOKEN_VARIABLE}.`;
      return new AppError("remote.denied", text, { cause: thrown, detail });
    }
    const text = `The Qdrant server at ${this.#origin} failed: ${said.slice(0, 300)}. What it has been given before stays. Try again, or leave --index out.`;
    return new AppError("remote.failed", text, { cause: thrown, detail });
  }
}

/** What a server wrote, or why none was reached. */
function saidBy(thrown: unknown): string | undefined {
  const { data, cause } = thrown as {
    readonly data?: { readonly status?: { readonly error?: unknown } };
    readonly cause?: { readonly code?: unknown; readonly message?: unknown };
  };
  const said = data?.status?.error ?? cause?.message ?? cause?.code;
  return typeof said === "string" ? said : undefined;
}
