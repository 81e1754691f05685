/** Requests to a server of chat completions, and its answers. Tries nothing twice. */

import type { ChatBody } from "./chatRequest";
import {
  ending,
  listOf,
  MAX_SILENCE_MS,
  type Opened,
  openAnswer,
  parsed,
  readAll,
  recordOf,
  ServerFailure,
  type ServerTarget,
  textOf,
  tooLong,
} from "./serverRequest";

export interface ChatAnswer {
  readonly text: string;
  /** As the server says it: `stop`, `length`. */
  readonly finishReason: string | undefined;
  readonly tokens: number;
  /** What the server made of the words, where it was asked to say so. */
  readonly prompt?: { readonly text: string | undefined; readonly tokenIds: readonly unknown[] };
}

/** Answers are a few words; more is a fault or an attack. */
const MAX_BYTES = 2 ** 20;

/**
 * Asks once.
 * @throws ServerFailure, AppError `request.cancelled`.
 */
export async function askOnce(
  target: ServerTarget,
  body: ChatBody,
  { signal }: { readonly signal: AbortSignal },
): Promise<ChatAnswer> {
  const request = { path: "/v1/chat/completions", body: JSON.stringify(body), signal };
  const opened = await openAnswer(target, request);
  return await ending(opened, signal, async () =>
    body.stream === true
      ? await streamedAnswer(opened)
      : wholeAnswer(new TextDecoder().decode(await readAll(opened))),
  );
}

/** Asks whether the server is there. @throws ServerFailure, AppError `request.cancelled`. */
export async function checkHealth(target: ServerTarget, signal: AbortSignal): Promise<void> {
  const opened = await openAnswer(target, { path: "/health", signal });
  await ending(opened, signal, () => Promise.resolve());
}

/**
 * Names of the models that the server says it has. What it does not say may be there all the same:
 * `transformers serve` lists what is in its cache, and may fail over it.
 * @throws ServerFailure `overload` or `denied`, AppError `request.cancelled`.
 */
export async function listModels(
  target: ServerTarget,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const opened = await openAnswer(target, { path: "/v1/models", signal });
    return await ending(opened, signal, async () => {
      const { data } = parsed(new TextDecoder().decode(await readAll(opened)));
      return listOf(data).flatMap(({ id }) => (typeof id === "string" ? [id] : []));
    });
  } catch (thrown) {
    const isWithout =
      thrown instanceof ServerFailure && (thrown.kind === "fault" || thrown.kind === "final");
    if (isWithout) return [];
    throw thrown;
  }
}

function wholeAnswer(text: string): ChatAnswer {
  const answer = parsed(text);
  const [choice] = listOf(answer["choices"]);
  const { content } = recordOf(choice?.["message"]);
  if (typeof content !== "string") throw new ServerFailure("final", "Its answer has no text.");
  const { prompt_token_ids: tokenIds, prompt_text: words } = answer;
  return {
    text: content,
    finishReason: textOf(choice?.["finish_reason"]),
    tokens: tokensOf(answer),
    ...(Array.isArray(tokenIds) ? { prompt: { tokenIds, text: textOf(words) } } : {}),
  };
}

/** Server-sent events, one JSON object each; a failure comes as an event after status 200. */
async function streamedAnswer({ reader, watch }: Opened): Promise<ChatAnswer> {
  const decoder = new TextDecoder();
  let [text, rest, nBytes, tokens] = ["", "", 0, 0];
  let finishReason: string | undefined;
  for (;;) {
    const { done, value } = await reader.read();
    watch.allow(MAX_SILENCE_MS);
    nBytes += value?.length ?? 0;
    if (nBytes > MAX_BYTES) throw tooLong();
    const lines = (rest + decoder.decode(value, { stream: !done })).split(/\r?\n/);
    rest = done ? "" : (lines.pop() ?? "");
    for (const line of lines) {
      const data = /^data:\s?(.*)$/.exec(line)?.[1];
      if (data === undefined || data === "[DONE]") continue;
      const event = parsed(data);
      if (event["error"] !== undefined) throw new ServerFailure("fault", "It failed on the way.");
      const [choice] = listOf(event["choices"]);
      const { content } = recordOf(choice?.["delta"]);
      if (typeof content === "string") text += content;
      finishReason = textOf(choice?.["finish_reason"]) ?? finishReason;
      tokens = Math.max(tokens, tokensOf(event));
    }
    if (!done) continue;
    // A stream that ends without a reason was cut.
    if (finishReason === undefined) throw new ServerFailure("overload", "It ended in the middle.");
    return { text, finishReason, tokens };
  }
}

function tokensOf(answer: Readonly<Record<string, unknown>>): number {
  const { completion_tokens: tokens } = recordOf(answer["usage"]);
  return typeof tokens === "number" && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : 0;
}
