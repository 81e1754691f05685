/** What is asked of a server, in its dialect of chat completions. Sends nothing. */

import type { Logger } from "../base/logger";
import { buildPrompt } from "../engine/text/prompt";
import { type GenerationOptions, resolveGenerationOptions } from "../model/ask/generationOptions";
import { AppError } from "../base/errors";
import type { GenerateRequest } from "../model/ask/request";
import type { RemoteEndpoint } from "../model/ask/remoteEndpoint";

/** The body of a request to `/v1/chat/completions`. */
export interface ChatBody {
  readonly stream?: true;
  readonly [field: string]: unknown;
}

/** Passes the words on unchanged; the processor of BLIP-2 has no template of its own. */
export const RAW_TEMPLATE =
  "{%- for message in messages -%}{%- if message['content'] is string -%}{{- message['content'] -}}" +
  "{%- else -%}{%- for part in message['content'] -%}{%- if part['type'] == 'text' -%}" +
  "{{- part['text'] -}}{%- endif -%}{%- endfor -%}{%- endif -%}{%- endfor -%}";

/**
 * The body for a question about a picture.
 * @param png the picture as the model sees it.
 * @param onLess told once for each thing that the server cannot do and is done more simply.
 * @throws AppError `model.unsupported` for what the server cannot do at all, `option.invalid`.
 */
export function chatBody(
  endpoint: RemoteEndpoint,
  { request, png }: { readonly request: GenerateRequest; readonly png: Uint8Array },
  onLess: Logger["warn"],
): ChatBody {
  const options = resolveGenerationOptions(request.options);
  if (request.answers !== undefined) {
    throw cannot(endpoint, "choose among given answers");
  }
  if (options.numReturnSequences > 1) throw cannot(endpoint, "give several texts at once");
  const { text } = buildPrompt({
    prompt: request.prompt,
    family: endpoint.family,
    count: () => 0,
    maxTokens: Infinity,
  });
  const url = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  const content = [
    { type: "image_url", image_url: { url } },
    { type: "text", text },
  ];
  const asked = { model: endpoint.model, messages: [{ role: "user", content }] };
  return endpoint.dialect === "vllm"
    ? { ...asked, ...vllmFields(options, onLess) }
    : { ...asked, ...transformersFields(endpoint, options, onLess) };
}

/** `temperature`, `seed` and `max_tokens` have fields; all else goes as a configuration in a text. */
function transformersFields(
  { family, tokens }: RemoteEndpoint,
  options: GenerationOptions,
  onLess: Logger["warn"],
): ChatBody {
  const template = { chat_template_kwargs: { chat_template: RAW_TEMPLATE } };
  // The server cuts the beginning of T5's texts off unless it streams, and beams cannot be streamed.
  const canBeam = family !== "t5";
  if (options.numBeams > 1 && !canBeam) {
    onLess("This server writes T5's texts without beams.");
  }
  const numBeams = canBeam ? options.numBeams : 1;
  const stream = numBeams === 1 ? ({ stream: true } as const) : {};
  if (numBeams === 1 && isPlainGreedy(options)) {
    return { temperature: 0, ...template, max_tokens: options.maxNewTokens, ...stream };
  }
  const configuration = {
    ...tokens,
    do_sample: options.doSample,
    num_beams: numBeams,
    max_new_tokens: options.maxNewTokens,
    min_new_tokens: options.minNewTokens,
    length_penalty: options.lengthPenalty,
    early_stopping: options.earlyStopping,
    repetition_penalty: options.repetitionPenalty,
    no_repeat_ngram_size: options.noRepeatNgramSize,
    ...(options.doSample
      ? { temperature: options.temperature, top_k: options.topK, top_p: options.topP }
      : {}),
  };
  return {
    ...template,
    generation_config: JSON.stringify(configuration),
    ...(options.doSample ? { seed: options.seed } : {}),
    ...stream,
  };
}

/** Its beams end at another token and count the prompt, so they are not what is meant. */
function vllmFields(options: GenerationOptions, onLess: Logger["warn"]): ChatBody {
  if (options.numBeams > 1) onLess("vLLM writes these texts without beams.");
  if (options.noRepeatNgramSize > 0) onLess("vLLM does not keep words from coming twice.");
  const { doSample, minNewTokens, repetitionPenalty } = options;
  return {
    stream: true,
    ...(doSample
      ? {
          temperature: options.temperature,
          top_p: options.topP,
          top_k: options.topK === 0 ? -1 : options.topK,
          seed: options.seed,
        }
      : { temperature: 0 }),
    max_tokens: options.maxNewTokens,
    ...(minNewTokens > 0 ? { min_tokens: minNewTokens } : {}),
    ...(repetitionPenalty === 1 ? {} : { repetition_penalty: repetitionPenalty }),
    // The end of a text is a line break for OPT, which vLLM does not know.
    stop: ["\n"],
    // Without it the begin-of-text token is missing, and the words mean something else.
    add_special_tokens: true,
    add_generation_prompt: false,
  };
}

function isPlainGreedy(options: GenerationOptions): boolean {
  return (
    !options.doSample &&
    options.minNewTokens === 0 &&
    options.repetitionPenalty === 1 &&
    options.noRepeatNgramSize === 0
  );
}

function cannot({ name }: RemoteEndpoint, what: string): AppError {
  return new AppError("model.unsupported", `The server "${name}" cannot ${what}.`);
}
