/** Whether a server has the model that the settings name and reads words as it is meant to, found out before a question. */

import { AppError } from "../base/errors";
import { cleanText } from "../base/cleanText";
import { encodePng } from "../engine/picture/imageDecode";
import type { RemoteEndpoint } from "../model/ask/remoteEndpoint";
import { askOnce, listModels } from "./chatClient";
import { chatBody } from "./chatRequest";
import type { ServerCalls } from "./serverCalls";
import { ServerFailure } from "./serverRequest";

/** What is asked; the first caption of the paper. */
const WORDS = "a photo of";
/** Names that fit a message. */
const MAX_NAMES = 8;

/**
 * Asks the server's list, and where the model is not in it, one tiny question about a gray picture: some servers
 * list nothing. vLLM is asked it in any case, because it may put words of its own around ours.
 * @throws AppError `model.missing` naming the models that there are, `model.unsupported`, `remote.*`,
 * `request.cancelled`.
 */
export async function checkModel(
  calls: ServerCalls,
  endpoint: RemoteEndpoint,
  signal: AbortSignal,
): Promise<void> {
  const names = await calls.again(signal, () => listModels(calls.target, signal));
  const isListed = names.includes(endpoint.model);
  const isVllm = endpoint.dialect === "vllm";
  if (isListed && !isVllm) return;
  if (!isListed && isVllm && names.length > 0) throw unknown(calls, endpoint, { names });
  const body = await tinyQuestion(endpoint);
  const isTold = ({ status }: ServerFailure): boolean => status === 400 || status === 404;
  try {
    const ask = () => askOnce(calls.target, body, { signal });
    const { prompt } = await calls.again(signal, ask, { isTold });
    if (prompt?.text !== undefined && prompt.text.trim() !== WORDS) {
      throw framed(calls, prompt.text);
    }
  } catch (thrown) {
    if (thrown instanceof ServerFailure) {
      throw unknown(calls, endpoint, { names, said: thrown.message });
    }
    throw thrown;
  }
}

async function tinyQuestion(endpoint: RemoteEndpoint): Promise<ReturnType<typeof chatBody>> {
  const { imageSize: side } = endpoint;
  const data = new Uint8Array(3 * side * side).fill(128);
  const png = await encodePng({ width: side, height: side, data });
  const request = {
    ...{ image: png, prompt: { kind: "raw", text: WORDS } as const },
    options: { maxNewTokens: 1 },
  };
  const { stream, ...body } = chatBody(endpoint, { request, png }, () => undefined);
  if (endpoint.dialect !== "vllm") return { ...body, ...(stream === true ? { stream } : {}) };
  return { ...body, return_token_ids: true, return_prompt_text: true };
}

function unknown(
  calls: ServerCalls,
  { model }: RemoteEndpoint,
  { names, said = "" }: { readonly names: readonly string[]; readonly said?: string },
): AppError {
  const some = names.slice(0, MAX_NAMES).map((name) => `"${cleanText(name, 100)}"`);
  const has = some.length === 0 ? said : `It has ${some.join(", ")}.`;
  const text = `${calls.server} does not know the model "${model}". ${calls.withoutToken(has)} Correct "model" where the server is named.`;
  return new AppError("model.missing", text);
}

function framed(calls: ServerCalls, text: string): AppError {
  const said = calls.withoutToken(cleanText(text, 100));
  const what = `${calls.server} reads "${said}" where "${WORDS}" was sent.`;
  return new AppError(
    "model.unsupported",
    `${what} Start it with a chat template that passes words on unchanged, as docs/SERVERS.md of the project says.`,
  );
}
