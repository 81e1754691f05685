/** A server of chat completions in this process: answers as one was recorded, or as a test wants. */

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fixturePath } from "./fixtures";

/** A question as it arrived. */
export interface AskedChat {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: ChatFields;
  /** The picture's bytes. */
  readonly picture: Buffer;
  /** What stands after the picture. */
  readonly words: string;
}

export interface ChatFields {
  readonly model?: string;
  readonly stream?: boolean;
  readonly max_tokens?: number;
  readonly generation_config?: string;
  readonly messages?: readonly { readonly content: readonly ChatPart[] }[];
}

interface ChatPart {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
}

export interface ChatServer {
  readonly url: string;
  readonly asked: AskedChat[];
  close(): Promise<void>;
}

export type AnswerChat = (asked: AskedChat, response: ServerResponse) => void | Promise<void>;

export interface ChatServerOptions {
  /** What its list of models names; a fault where it has none. @default those that tests ask for */
  readonly models?: readonly string[] | undefined;
  /** Whoever says another one is denied. @default none is wanted */
  readonly token?: string;
}

/** @param answer to a question; health and list are answered by themselves. */
export async function startChatServer(
  answer: AnswerChat,
  options: ChatServerOptions = {},
): Promise<ChatServer> {
  const { models, token } = { models: ["blip2-tiny", "tiny"], ...options };
  const asked: AskedChat[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const question = await readQuestion(request);
      if (request.url === "/health") {
        response.end('{"status":"ok"}');
        return;
      }
      if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
        response.writeHead(401).end('{"error":"Unauthorized"}');
        return;
      }
      if (request.url === "/v1/models") {
        if (models === undefined) response.writeHead(500).end("Internal Server Error");
        else response.end(JSON.stringify({ data: models.map((id) => ({ id })) }));
        return;
      }
      asked.push(question);
      await answer(question, response);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** Answers whole, as a server does that was not asked to stream. */
export function answerWhole(response: ServerResponse, text: string): void {
  const choices = [{ finish_reason: "stop", message: { content: text } }];
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ choices, usage: { completion_tokens: 3 } }));
}

/** Answers in pieces, as events. */
export function answerStreamed(response: ServerResponse, text: string): void {
  response.setHeader("content-type", "text/event-stream");
  for (const content of text) {
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
  }
  response.write('data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
  response.end();
}

interface Recording {
  readonly records: readonly {
    readonly name: string;
    readonly request: { readonly path: string; readonly body?: ChatFields };
    readonly response: {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: object;
      readonly text?: string;
      readonly pieces?: readonly string[];
    };
  }[];
}

export function recording(name: string): Recording {
  return JSON.parse(readFileSync(fixturePath("remote", `${name}.json`), "utf8")) as Recording;
}

/** Answers as recorded to the same words and settings about `wide.png`; another question is a 599. */
export function answerRecorded(name: string): AnswerChat {
  const { records } = recording(name);
  return (asked, response) => {
    const found = records.find(({ request }) => isSame(request.body, asked));
    if (found === undefined) {
      response.writeHead(599).end("not recorded");
      return;
    }
    const { status, headers, body, text, pieces } = found.response;
    response.writeHead(status, { "content-type": headers["content-type"] ?? "text/plain" });
    for (const piece of pieces ?? [body === undefined ? text : JSON.stringify(body)]) {
      response.write(piece);
    }
    response.end();
  };
}

function isSame(recorded: ChatFields | undefined, { body, words }: AskedChat): boolean {
  const parts = recorded?.messages?.[0]?.content ?? [];
  const isPicture = parts[0]?.image_url?.url.includes("{{image:wide.png}}") === true;
  return (
    isPicture &&
    parts.length === 2 &&
    parts[1]?.text === words &&
    recorded !== undefined &&
    recorded.stream === body.stream &&
    JSON.stringify(settingsOf(recorded)) === JSON.stringify(settingsOf(body))
  );
}

/** What decides on the text, with the defaults of transformers. */
function settingsOf({ max_tokens, generation_config = "{}" }: ChatFields): unknown {
  const given = JSON.parse(generation_config) as Record<string, unknown>;
  return [
    given["max_new_tokens"] ?? max_tokens,
    given["num_beams"] ?? 1,
    given["length_penalty"] ?? 1,
    given["do_sample"] ?? false,
    given["num_return_sequences"] ?? 1,
  ];
}

async function readQuestion(request: IncomingMessage): Promise<AskedChat> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const body = text === "" ? {} : (JSON.parse(text) as ChatFields);
  const parts = body.messages?.[0]?.content ?? [];
  const url = parts.find(({ image_url }) => image_url !== undefined)?.image_url?.url ?? "";
  return {
    path: request.url ?? "",
    authorization: request.headers.authorization,
    body,
    picture: Buffer.from(url.slice(url.indexOf(",") + 1), "base64"),
    words: parts.find((part) => part.text !== undefined)?.text ?? "",
  };
}
