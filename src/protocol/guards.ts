/**
 * The run-time check of everything that enters a process: unknown in, typed out, and nothing of what
 * the other side sent is passed on except the fields that were looked at. Ranges of options are the
 * engine's business. Every function throws AppError `protocol.violation` unless it says otherwise.
 */

import { AppError, isErrorCode, type WireError } from "../base/errors";
import { JsonObject } from "../base/json";
import {
  DEVICES,
  LOG_LEVELS,
  type CachedReply,
  type Empty,
  type FromChild,
  type GenerateParams,
  type GenerateReply,
  type GenerationParams,
  type MethodName,
  type ModelInfo,
  type Params,
  type PromptParams,
  type Result,
  type SequenceReply,
  type TimingsReply,
  type ToChild,
} from "./engineMessages";

/** Reads a message of the host. @throws AppError `request.unknown` for a method that is not there. */
export function readToChild(value: unknown): ToChild {
  const message = record(value, "The message");
  const type = oneOf(message, "type", ["request", "cancel"]);
  const id = readId(message);
  if (type === "cancel") return { type, id };
  const method = message.string("method");
  if (!isMethodName(method)) {
    throw new AppError("request.unknown", `The engine has no method "${clip(method)}".`);
  }
  return { type, id, method, params: message.raw("params") };
}

/** Reads a message of the child. */
export function readFromChild(value: unknown): FromChild {
  const message = record(value, "The message");
  const type = oneOf(message, "type", FROM_CHILD);
  switch (type) {
    case "ready":
      return {
        type,
        protocolVersion: count(message, "protocolVersion"),
        pid: count(message, "pid"),
      };
    case "logged":
      return {
        type,
        level: oneOf(message, "level", LOG_LEVELS),
        message: message.string("message"),
      };
    case "reply":
      return { type, id: readId(message), result: message.raw("result") };
    case "failure":
      return { type, id: readId(message), error: readWireError(message.raw("error")) };
    case "textEmitted":
      return { type, id: readId(message), text: message.string("text") };
    case "progressed":
      return {
        type,
        id: readId(message),
        doneBytes: count(message, "doneBytes"),
        totalBytes: count(message, "totalBytes"),
      };
  }
}

/** The id of a message that is otherwise wrong, so that its sender can be told. */
export function peekId(value: unknown): number | undefined {
  try {
    return readId(record(value, "The message"));
  } catch {
    return undefined;
  }
}

/** Reads the parameters of a request. */
export function readParams<M extends MethodName>(method: M, value: unknown): Params<M> {
  return PARAMS[method](record(value, `The ${method} request`));
}

/** Reads the result of a request. */
export function readResult<M extends MethodName>(method: M, value: unknown): Result<M> {
  return RESULTS[method](record(value, `The ${method} reply`));
}

const FROM_CHILD = ["ready", "reply", "failure", "textEmitted", "progressed", "logged"] as const;

const PARAMS: { readonly [M in MethodName]: (params: JsonObject) => Params<M> } = {
  load: (params) => ({
    model: params.string("model"),
    device: oneOf(params, "device", ["auto", ...DEVICES]),
  }),
  generate: readGenerateParams,
  score: (params) => ({
    ...readPicture(params),
    texts: texts(params, "texts"),
  }),
  convert: (params) => ({
    checkpoint: params.string("checkpoint"),
    out: params.string("out"),
    ...optional("precision", text(params, "precision")),
  }),
  unload: readEmpty,
  status: readEmpty,
};

const RESULTS: { readonly [M in MethodName]: (result: JsonObject) => Result<M> } = {
  load: readModelInfo,
  generate: readGenerateReply,
  score: (result) => ({
    scores: records(result, "scores").map((entry) => ({
      text: entry.string("text"),
      itc: anyNumber(entry, "itc"),
      itm: anyNumber(entry, "itm"),
    })),
    timings: readTimings(result),
    cached: readCached(child(result, "cached")),
  }),
  convert: (result) => ({ folder: result.string("folder") }),
  unload: readEmpty,
  status: (result) => ({
    ...optional(
      "loaded",
      result.has("loaded") ? readModelInfo(child(result, "loaded")) : undefined,
    ),
    rssBytes: count(result, "rssBytes"),
    pid: count(result, "pid"),
    uptimeMs: anyNumber(result, "uptimeMs"),
  }),
};

function isMethodName(method: string): method is MethodName {
  return Object.hasOwn(PARAMS, method);
}

function readEmpty(): Empty {
  return {};
}

function readWireError(value: unknown): WireError {
  const error: JsonObject = record(value, "The failure");
  const code = error.raw("code");
  if (!isErrorCode(code)) error.fail("code", "a known error code");
  const message = error.string("message");
  if (!error.has("detail")) return { code, message };
  const detail: JsonObject = child(error, "detail");
  const entries = detail.keys().map((key): [string, string | number] => {
    const entry = detail.raw(key);
    if (typeof entry !== "string" && typeof entry !== "number") {
      detail.fail(clip(key), "a text or a number");
    }
    return [key, entry];
  });
  return { code, message, detail: Object.fromEntries(entries) };
}

function readModelInfo(info: JsonObject): ModelInfo {
  return {
    model: info.string("model"),
    device: oneOf(info, "device", DEVICES),
    ...optional("deviceReason", text(info, "deviceReason")),
    kind: oneOf(info, "kind", ["generation", "retrieval"]),
  };
}

function readPicture(params: JsonObject): Pick<GenerateParams, "image" | "imageName" | "alpha"> {
  const image = params.raw("image");
  if (!(image instanceof Uint8Array)) params.fail("image", "the bytes of a picture");
  return {
    image,
    ...optional("imageName", text(params, "imageName")),
    ...optional(
      "alpha",
      params.has("alpha") ? oneOf(params, "alpha", ["white", "drop"]) : undefined,
    ),
  };
}

function readGenerateParams(params: JsonObject): GenerateParams {
  return {
    ...readPicture(params),
    prompt: readPrompt(child(params, "prompt")),
    ...optional(
      "options",
      params.has("options") ? readGeneration(child(params, "options")) : undefined,
    ),
  };
}

function readPrompt(prompt: JsonObject): PromptParams {
  const kind = oneOf(prompt, "kind", ["question", "caption", "raw", "chat"]);
  switch (kind) {
    case "question":
      return { kind, question: prompt.string("question") };
    case "caption":
      return { kind, ...optional("prefix", text(prompt, "prefix")) };
    case "raw":
      return { kind, text: prompt.string("text") };
    case "chat":
      return {
        kind,
        turns: records(prompt, "turns").map((turn) => ({
          question: turn.string("question"),
          answer: turn.string("answer"),
        })),
        question: prompt.string("question"),
      };
  }
}

const NUMBER_OPTIONS = [
  "maxNewTokens",
  "minNewTokens",
  "numBeams",
  "numReturnSequences",
  "lengthPenalty",
  "temperature",
  "topK",
  "topP",
  "seed",
  "repetitionPenalty",
  "noRepeatNgramSize",
] as const satisfies readonly (keyof GenerationParams)[];

function readGeneration(options: JsonObject): GenerationParams {
  const numbers: Partial<Record<(typeof NUMBER_OPTIONS)[number], number>> = {};
  for (const name of NUMBER_OPTIONS) {
    if (options.has(name)) numbers[name] = anyNumber(options, name);
  }
  const earlyStopping =
    options.raw("earlyStopping") === "never" ? "never" : flag(options, "earlyStopping");
  return {
    ...numbers,
    ...optional("earlyStopping", earlyStopping),
    ...optional("doSample", flag(options, "doSample")),
    ...optional(
      "stopStrings",
      options.has("stopStrings") ? texts(options, "stopStrings") : undefined,
    ),
  };
}

function readGenerateReply(result: JsonObject): GenerateReply {
  const cached = child(result, "cached");
  return {
    sequences: records(result, "sequences").map(readSequence),
    tokens: count(result, "tokens"),
    timings: readTimings(result),
    cached: { ...readCached(cached), prefixTokens: count(cached, "prefixTokens") },
    droppedTurns: count(result, "droppedTurns"),
  };
}

function readSequence(sequence: JsonObject): SequenceReply {
  const tokenIds = sequence.array("tokenIds");
  if (!tokenIds.every((id) => typeof id === "number")) {
    sequence.fail("tokenIds", "a list of token ids");
  }
  return {
    text: sequence.string("text"),
    tokenIds,
    ...optional("score", sequence.has("score") ? anyNumber(sequence, "score") : undefined),
    finishReason: oneOf(sequence, "finishReason", ["eos", "length", "stop"]),
  };
}

function readTimings(result: JsonObject): TimingsReply {
  const timings = child(result, "timings");
  return {
    preprocess: anyNumber(timings, "preprocess"),
    vision: anyNumber(timings, "vision"),
    qformer: anyNumber(timings, "qformer"),
    prefill: anyNumber(timings, "prefill"),
    decode: anyNumber(timings, "decode"),
    total: anyNumber(timings, "total"),
  };
}

function readCached(cached: JsonObject): CachedReply {
  return { imageFeatures: oneOf(cached, "imageFeatures", ["computed", "memory", "disk"]) };
}

/** The fields of an object. Bytes are refused first: listing each as a field would take for ever. */
function record(value: unknown, what: string): JsonObject {
  const code = "protocol.violation";
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
    throw new AppError(code, `${what} must be an object.`);
  }
  return new JsonObject(value, { file: what, code });
}

function child(parent: JsonObject, key: string): JsonObject {
  return record(parent.raw(key), `${parent.file}: "${key}"`);
}

function records(parent: JsonObject, key: string): JsonObject[] {
  return parent
    .array(key)
    .map((value, index) => record(value, `${parent.file}: "${key}[${index}]"`));
}

/** A whole number from 0, as counts, ids and byte sizes are. */
function count(message: JsonObject, key: string): number {
  return message.integer(key, { min: 0, max: Number.MAX_SAFE_INTEGER });
}

function readId(message: JsonObject): number {
  return count(message, "id");
}

/** Any number: a broken model may give NaN, and that is no fault of the protocol. */
function anyNumber(message: JsonObject, key: string): number {
  const value = message.raw(key);
  if (typeof value !== "number") message.fail(key, "a number");
  return value;
}

function text(message: JsonObject, key: string): string | undefined {
  return message.has(key) ? message.string(key) : undefined;
}

function flag(message: JsonObject, key: string): boolean | undefined {
  return message.has(key) ? message.boolean(key) : undefined;
}

function texts(message: JsonObject, key: string): readonly string[] {
  const list = message.array(key);
  if (!list.every((entry) => typeof entry === "string")) message.fail(key, "a list of texts");
  return list;
}

function oneOf<const T extends string>(message: JsonObject, key: string, known: readonly T[]): T {
  const value = message.raw(key);
  const match = known.find((name) => name === value);
  return match ?? message.fail(key, `one of ${known.join(", ")}`);
}

/** `{key: value}`, or nothing to spread when there is no value. */
function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  // TypeScript widens a computed key to `string`.
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}

/** The other side's words, short enough for an error message. */
function clip(words: string): string {
  return words.length <= 80 ? words : `${words.slice(0, 80)}…`;
}
