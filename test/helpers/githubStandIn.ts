/**
 * GitHub's comments on issues, in memory: the routes that the action asks, with pages, roles and refusals as its
 * REST description tells them. No GitHub stands behind it.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface StoredComment {
  readonly id: number;
  body: string;
  readonly user: { readonly login: string; readonly type: string };
  readonly author_association: string;
}

/** An answer in place of the right one. */
export interface Refusal {
  /** Of which requests, such as "POST". */
  readonly method: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** How often. @default always */
  times?: number;
}

export const BOT = { user: { login: "github-actions[bot]", type: "Bot" } } as const;

export class GithubStandIn {
  readonly #server: Server;
  readonly #repository: string;
  #lastId = 0;
  /** Of each pull request, the oldest first. */
  readonly comments = new Map<number, StoredComment[]>();
  /** Such as "POST /repos/a/b/issues/7/comments", oldest first. */
  readonly asked: string[] = [];
  readonly refusals: Refusal[] = [];
  readonly token = "t0ken";

  private constructor(repository: string) {
    this.#repository = repository;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(repository: string): Promise<GithubStandIn> {
    const standIn = new GithubStandIn(repository);
    await new Promise<void>((resolve) => standIn.#server.listen(0, "127.0.0.1", resolve));
    return standIn;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** What somebody wrote. @default a person from outside */
  add(
    number: number,
    body: string,
    by: Partial<Pick<StoredComment, "user" | "author_association">> = {},
  ): StoredComment {
    const comment: StoredComment = {
      ...{ id: ++this.#lastId, body },
      ...{ user: { login: "somebody", type: "User" }, author_association: "NONE" },
      ...by,
    };
    this.comments.set(number, [...(this.comments.get(number) ?? []), comment]);
    return comment;
  }

  bodiesOf(number: number): string[] {
    return (this.comments.get(number) ?? []).map(({ body }) => body);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    const { pathname, searchParams } = new URL(url, this.url);
    this.asked.push(`${method} ${pathname}${searchParams.size > 0 ? `?${searchParams}` : ""}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const sent = Buffer.concat(chunks).toString("utf8");
    const answer = (
      status: number,
      content?: unknown,
      extra: Readonly<Record<string, string>> = {},
    ): void => {
      response.writeHead(status, { "content-type": "application/json", ...extra });
      response.end(content === undefined ? "" : JSON.stringify(content));
    };
    const refusal = this.refusals.find((each) => each.method === method && each.times !== 0);
    if (refusal !== undefined) {
      if (refusal.times !== undefined) refusal.times--;
      answer(refusal.status, { message: "No." }, refusal.headers);
    } else if (headers.authorization !== `Bearer ${this.token}` || !headers["user-agent"]) {
      answer(401, { message: "Bad credentials" });
    } else {
      const [status, content] = this.#answerTo(`${method} ${pathname}`, searchParams, sent);
      answer(status, content);
    }
  }

  #answerTo(route: string, search: URLSearchParams, sent: string): [number, unknown?] {
    const base = `/repos/${this.#repository}/issues`;
    const ofIssue = /^(GET|POST) (.+)\/(\d+)\/comments$/.exec(route);
    if (ofIssue?.[2] === base) {
      const number = Number(ofIssue[3]);
      if (ofIssue[1] === "POST") return [201, this.add(number, bodyOf(sent), BOT)];
      const size = Number(search.get("per_page") ?? 30);
      const begin = (Number(search.get("page") ?? 1) - 1) * size;
      return [200, (this.comments.get(number) ?? []).slice(begin, begin + size)];
    }
    const ofComment = /^(PATCH|DELETE) (.+)\/comments\/(\d+)$/.exec(route);
    for (const [number, list] of ofComment?.[2] === base ? this.comments : []) {
      const comment = list.find(({ id }) => id === Number(ofComment?.[3]));
      if (comment === undefined) continue;
      if (ofComment?.[1] === "PATCH") {
        comment.body = bodyOf(sent);
        return [200, comment];
      }
      this.comments.set(
        number,
        list.filter((each) => each !== comment),
      );
      return [204];
    }
    return [404, { message: "Not Found" }];
  }
}

/** @throws where GitHub would say 422. */
function bodyOf(sent: string): string {
  const { body } = JSON.parse(sent) as { readonly body?: unknown };
  if (typeof body !== "string" || body.length > 65_536) throw new Error("no body for a comment");
  return body;
}
