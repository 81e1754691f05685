/** A NuGet feed on this machine with one package, which fails in the ways that a test orders. */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";

/** What goes wrong with one answer about the package's bytes. */
export type NugetFault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** `rangeless` sends a part without saying which. */
  | { readonly kind: "wrong" | "rangeless" };

/** Long enough for a reader to take what was sent. */
const CUT_MS = 50;

export class NugetServer {
  /** Address of the service index. */
  index = "";
  /** The ranges that were asked of the package, "" for all of it. */
  readonly ranges: string[] = [];
  /** Paths of all requests. */
  readonly paths: string[] = [];
  /** Changes what the catalogue says of the package. */
  entry: Readonly<Record<string, unknown>> = {};
  /** Whether the registration holds the entry itself, as private feeds have it, or its address. */
  isEntryInside = false;
  /** Whether the registration is compressed, as the public feed's newer ones are. */
  isPacked = false;
  /** What the index says instead. */
  indexText: string | undefined;
  readonly #package: Buffer;
  readonly #faults: NugetFault[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(bytes: Buffer) {
    this.#package = bytes;
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
    });
  }

  static async start(bytes: Buffer): Promise<NugetServer> {
    const server = new NugetServer(bytes);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    server.index = `${server.#url()}/v3/index.json`;
    return server;
  }

  fail(...faults: NugetFault[]): void {
    this.#faults.push(...faults);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? "", this.#url());
    this.paths.push(pathname);
    if (pathname === "/v3/index.json") {
      response.end(this.indexText ?? this.#index());
    } else if (pathname === "/registration/made.up/1.2.3.json") {
      const entry = this.isEntryInside ? this.#entry() : `${this.#url()}/catalog/made.up.json`;
      const text = JSON.stringify({ catalogEntry: entry });
      if (this.isPacked) response.writeHead(200, { "content-encoding": "gzip" });
      response.end(this.isPacked ? gzipSync(text) : text);
    } else if (pathname === "/catalog/made.up.json") {
      response.end(JSON.stringify(this.#entry()));
    } else if (pathname === "/flat/made.up/1.2.3/made.up.1.2.3.nupkg") {
      response.writeHead(302, { location: "/storage/package" }).end();
    } else if (pathname === "/storage/package") {
      this.#send(request, response);
    } else {
      response.writeHead(404).end();
    }
  }

  #index(): string {
    return JSON.stringify({
      version: "3.0.0",
      resources: [
        { "@id": `${this.#url()}/search`, "@type": "SearchQueryService" },
        { "@id": `${this.#url()}/registration/`, "@type": "RegistrationsBaseUrl" },
        { "@id": `${this.#url()}/flat/`, "@type": "PackageBaseAddress/3.0.0" },
      ],
    });
  }

  #entry(): Readonly<Record<string, unknown>> {
    return {
      packageHash: createHash("sha512").update(this.#package).digest("base64"),
      packageHashAlgorithm: "SHA512",
      packageSize: this.#package.length,
      ...this.entry,
    };
  }

  #send(request: IncomingMessage, response: ServerResponse): void {
    const range = request.headers.range ?? "";
    this.ranges.push(range);
    const fault = this.#faults.shift();
    if (fault?.kind === "status") {
      const headers = fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter };
      response.writeHead(fault.status, headers).end();
      return;
    }
    const start = Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0);
    const body = Buffer.from(this.#package.subarray(start));
    if (fault?.kind === "wrong") body[0] = (body[0] ?? 0) ^ 1;
    const total = this.#package.length;
    const isTold = start > 0 && fault?.kind !== "rangeless";
    response.writeHead(start === 0 ? 200 : 206, {
      etag: '"one"',
      "content-length": body.length,
      ...(isTold ? { "content-range": `bytes ${start}-${total - 1}/${total}` } : {}),
    });
    if (fault?.kind !== "cut") {
      response.end(body);
      return;
    }
    response.write(body.subarray(0, fault.afterBytes), () => {
      // Bytes that come together with the end of a connection need not reach the reader.
      setTimeout(() => response.socket?.destroy(), CUT_MS);
    });
  }
}
