/**
 * A hub on this machine: lists a repository, redirects weights to a storage server on another port,
 * understands Range, If-Range and ETag, and fails in the ways that a test orders.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import path from "node:path";

/**
 * What goes wrong with one answer. `cut` ends the connection after some bytes, `short` ends the body
 * properly but too early, `stall` sends no more but stays, `wrong` changes a byte, `whole` sends
 * everything in spite of a range, `surplus` sends a byte too many, `silence` does not even send headers,
 * `rangeless` sends a part without saying which, `misplaced` another part than was asked for.
 */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: "cut" | "short" | "stall"; readonly afterBytes: number }
  | { readonly kind: "wrong" | "whole" | "surplus" | "silence" | "rangeless" | "misplaced" }
  | { readonly kind: "redirect"; readonly location: string };

/** One request as it came in. */
export interface SeenRequest {
  readonly server: "hub" | "storage";
  readonly file: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** Long enough for a reader to take what was sent. */
const CUT_MS = 50;

/** Where the listing is concerned and not a file. */
export const LISTING = "listing";

/** Where a part of a file is concerned, such as its first bytes, asked for by itself. */
export const headerOf = (file: string): string => `${file}#header`;

export class HubServer {
  /** The endpoint; also the address of a proxy. */
  url = "";
  readonly files = new Map<string, Buffer>();
  readonly requests: SeenRequest[] = [];
  /** Sent instead of the first bytes of a file when these are asked for by themselves. */
  readonly forgedHeaders = new Map<string, Buffer>();
  /** Called when a request has come in, before it is answered. */
  onRequest: (seen: SeenRequest) => void = () => undefined;
  commit = "1".repeat(40);
  /** Token without which nothing is handed out. */
  requiredToken: string | undefined;
  /** Whether entity tags are those of a server that promises no more than a similar content. */
  hasWeakTags = false;
  /** The status with which the proxy refuses every tunnel. */
  proxyStatus: number | undefined;
  /** Whether the listing says what the bytes should be. */
  hasDigests = true;
  /** What the listing says instead. */
  listingText: string | undefined;
  readonly #faults = new Map<string, Fault[]>();
  readonly #hub: Server;
  readonly #storage: Server;
  readonly #sockets = new Set<Socket>();
  /** Tunnels that the proxy opened. */
  readonly tunnels: string[] = [];

  private constructor() {
    this.#hub = createServer((request, response) => {
      this.#answerHub(request, response);
    });
    this.#storage = createServer((request, response) => {
      this.#answerStorage(request, response);
    });
    this.#hub.on("connect", (request, client: Socket) => {
      this.#tunnel(request.url ?? "", client);
    });
    for (const server of [this.#hub, this.#storage]) {
      server.on("connection", (socket) => {
        this.#sockets.add(socket);
        socket.on("close", () => this.#sockets.delete(socket));
      });
    }
  }

  /** Starts with the files of a folder. */
  static async start(folder: string): Promise<HubServer> {
    const server = new HubServer();
    for (const name of readdirSync(folder)) {
      server.files.set(name, readFileSync(path.join(folder, name)));
    }
    for (const part of [server.#hub, server.#storage]) {
      await new Promise<void>((resolve) => part.listen(0, "127.0.0.1", resolve));
    }
    server.url = urlOf(server.#hub);
    return server;
  }

  /** Orders the failures of the next answers about a file, one for each. */
  fail(file: string, ...faults: Fault[]): void {
    this.#faults.set(file, [...(this.#faults.get(file) ?? []), ...faults]);
  }

  /** The ranges that were asked of a file where its bytes are, "" for all of it. */
  rangesOf(file: string): readonly string[] {
    return this.requests
      .filter((seen) => seen.file === file && !(seen.server === "hub" && isLarge(file)))
      .map(({ range }) => range ?? "");
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const part of [this.#hub, this.#storage]) {
      await new Promise((resolve) => part.close(resolve));
    }
  }

  #answerHub(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? "", this.url);
    const isListing = pathname.startsWith("/api/models/");
    const file = isListing ? LISTING : fileIn(pathname, "resolve/[^/]+");
    this.#note("hub", subjectOf(file, request), request);
    const token = request.headers.authorization;
    if (this.requiredToken !== undefined && token !== `Bearer ${this.requiredToken}`) {
      response.writeHead(token === undefined ? 401 : 403).end();
      return;
    }
    if (isListing) {
      if (this.#refuses(LISTING, response)) return;
      const text = this.listingText ?? this.#listing();
      response.writeHead(200, { "content-type": "application/json" }).end(text);
    } else if (!this.files.has(file)) {
      response.writeHead(404).end();
    } else if (isLarge(file)) {
      const target = `${urlOf(this.#storage)}/signed/${file}?signature=1`;
      response.writeHead(302, { location: target }).end("Found");
    } else {
      this.#send(file, request, response);
    }
  }

  #answerStorage(request: IncomingMessage, response: ServerResponse): void {
    const file = fileIn(new URL(request.url ?? "", "http://storage").pathname, "signed");
    this.#note("storage", subjectOf(file, request), request);
    this.#send(file, request, response);
  }

  #refuses(file: string, response: ServerResponse): boolean {
    const fault = this.#faults.get(file)?.[0];
    if (fault?.kind !== "status") return false;
    this.#faults.get(file)?.shift();
    const headers = fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter };
    response.writeHead(fault.status, headers).end();
    return true;
  }

  #send(file: string, request: IncomingMessage, response: ServerResponse): void {
    const subject = subjectOf(file, request);
    if (this.#refuses(subject, response)) return;
    const fault = this.#faults.get(subject)?.shift();
    if (fault?.kind === "silence") return;
    if (fault?.kind === "redirect") {
      response.writeHead(302, { location: fault.location }).end();
      return;
    }
    const forged = subject === file ? undefined : this.forgedHeaders.get(file);
    const all = forged ?? this.files.get(file) ?? Buffer.alloc(0);
    const etag = `${this.hasWeakTags ? "W/" : ""}"${sha256(all).slice(0, 16)}"`;
    const [, wanted, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const condition = request.headers["if-range"];
    const isPart =
      wanted !== undefined &&
      fault?.kind !== "whole" &&
      (condition === undefined || condition === etag);
    const moved = fault?.kind === "misplaced" ? 1 : 0;
    const start = isPart ? Number(wanted) + moved : 0;
    const end = isPart && last !== "" ? Math.min(Number(last), all.length - 1) : all.length - 1;
    let body = Buffer.from(all.subarray(start, end + 1));
    if (fault?.kind === "wrong") body[0] = (body[0] ?? 0) ^ 1;
    if (fault?.kind === "surplus") body = Buffer.concat([body, Buffer.alloc(1)]);
    // Without a length the end of the body is whatever the server says.
    const length = fault?.kind === "short" ? {} : { "content-length": body.length };
    const isTold = isPart && fault?.kind !== "rangeless";
    const range = isTold ? { "content-range": `bytes ${start}-${end}/${all.length}` } : {};
    response.writeHead(isPart ? 206 : 200, { etag, ...length, ...range });
    if (fault === undefined || !("afterBytes" in fault)) {
      response.end(body);
      return;
    }
    const part = body.subarray(0, fault.afterBytes);
    if (fault.kind === "short") response.end(part);
    else {
      response.write(part, () => {
        // Bytes that come together with the end of a connection need not reach the reader.
        if (fault.kind === "cut") setTimeout(() => response.socket?.destroy(), CUT_MS);
      });
    }
  }

  #tunnel(address: string, client: Socket): void {
    this.tunnels.push(address);
    if (this.proxyStatus !== undefined) {
      client.end(`HTTP/1.1 ${this.proxyStatus} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const [host = "", port = ""] = address.split(":");
    const server = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      server.pipe(client).pipe(server);
    });
    this.#sockets.add(server);
    server.on("error", () => client.destroy());
    client.on("error", () => server.destroy());
  }

  #note(server: SeenRequest["server"], file: string, { headers }: IncomingMessage): void {
    const { range, authorization } = headers;
    this.requests.push({ server, file, range, authorization });
    this.onRequest({ server, file, range, authorization });
  }

  #listing(): string {
    const siblings = [...this.files].map(([rfilename, bytes]) => {
      const size = bytes.length;
      if (!this.hasDigests) return { rfilename, size };
      return isLarge(rfilename)
        ? { rfilename, size, blobId: "0".repeat(40), lfs: { sha256: sha256(bytes), size } }
        : { rfilename, size, blobId: gitHash(bytes) };
    });
    return JSON.stringify({ sha: this.commit, siblings });
  }
}

/** What a fault is ordered for: a file, or parts of it that are asked for by themselves. */
function subjectOf(file: string, { headers }: IncomingMessage): string {
  return /^bytes=\d+-\d+$/.test(headers.range ?? "") ? headerOf(file) : file;
}

function isLarge(file: string): boolean {
  return /\.(?:safetensors|bin|pth)$/.test(file);
}

/** What follows in a path, as the repository names it: a file may lie in a folder. */
function fileIn(pathname: string, before: string): string {
  const name = new RegExp(`/${before}/(.+)$`).exec(pathname)?.[1];
  return name === undefined ? path.posix.basename(pathname) : decodeURIComponent(name);
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** As `git hash-object` prints it. */
function gitHash(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
