/**
 * The run-time check of everything that enters a process: unknown in, typed out, and nothing of what
 * the other side sent is passed on except the fields that were looked at. Ranges of options are the
 * engine's business. Every function throws AppError `protocol.violation` unless it says otherwise.
 */

import { AppError, isErrorCode, type WireError } from "../base/errors";
import type { JsonObject } from "../base/json";
import { WORLDS } from "../base/world";
import { DEVICES, readDeviceReason } from "../model/ask/device";
import type { GenerationOptions } from "../model/ask/generationOptions";
import { MODEL_KINDS } from "../model/ask/kinds";
import type { EngineInfo, LoadPlan, LoadRequest, ModelEntry } from "../model/ask/models";
import { PROGRESS_STEPS } from "../model/ask/progress";
import {
  ALPHA_MODES,
  type GeneratedSequence,
  type GenerateRequest,
  type GenerateResult,
  type PictureRequest,
  type PrepareResult,
  type Prompt,
  type Timings,
} from "../model/ask/request";
import { readAddModelParams, readCatalogReply } from "./catalogGuards";
import { CUDA_PARAMS, CUDA_RESULTS } from "./cudaMessages";
import { readDoubts } from "./doubts";
import {
  type Empty,
  type FromChild,
  LOG_LEVELS,
  type MethodName,
  type Params,
  type Result,
  type ToChild,
} from "./engineMessages";
import {
  anyNumber,
  bytes,
  child,
  clip,
  count,
  flag,
  oneOf,
  optional,
  readId,
  record,
  records,
  text,
  texts,
} from "./messageFields";
import { readStage } from "./stages";

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
    case "staged":
      return { type, id: readId(message), ...readStage(message) };
    case "progressed":
      return {
        type,
        id: readId(message),
        doneBytes: count(message, "doneBytes"),
        totalBytes: count(message, "totalBytes"),
        ...optional(
          "step",
          message.has("step") ? oneOf(message, "step", PROGRESS_STEPS) : undefined,
        ),
        ...optional(
          "convertedBytes",
          message.has("convertedBytes") ? count(message, "convertedBytes") : undefined,
        ),
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

const PICTURE = "the bytes of a picture";
const FROM_CHILD = [
  "ready",
  "reply",
  "failure",
  "textEmitted",
  "progressed",
  "staged",
  "logged",
] as const;

const PARAMS: { readonly [M in MethodName]: (params: JsonObject) => Params<M> } = {
  load: readLoadParams,
  planLoad: readLoadParams,
  prepare: readPicture,
  generate: readGenerateParams,
  score: (params) => ({
    ...readPicture(params),
    texts: texts(params, "texts"),
  }),
  planImport: (params) => ({
    checkpoint: params.string("checkpoint"),
    ...optional("precision", text(params, "precision")),
  }),
  convert: (params) => ({
    checkpoint: params.string("checkpoint"),
    out: params.string("out"),
    ...optional("precision", text(params, "precision")),
  }),
  models: readEmpty,
  deleteModel: (params) => ({ name: params.string("name") }),
  catalog: readEmpty,
  addModel: readAddModelParams,
  deleteDownload: (params) => ({ name: params.string("name") }),
  storeContents: readEmpty,
  emptyStore: readEmpty,
  thumbnail: (params) => ({
    image: bytes(params, "image", PICTURE),
    ...optional("imageName", text(params, "imageName")),
    maxSide: params.integer("maxSide", { min: 16, max: 1024 }),
  }),
  unload: readEmpty,
  status: readEmpty,
  ...CUDA_PARAMS,
};

const RESULTS: { readonly [M in MethodName]: (result: JsonObject) => Result<M> } = {
  load: readModelInfo,
  planLoad: readLoadPlan,
  prepare: (result) => ({ cached: readCached(child(result, "cached")) }),
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
  planImport: (result) => ({
    name: result.string("name"),
    out: result.string("out"),
    precision: result.string("precision"),
    kind: oneOf(result, "kind", MODEL_KINDS),
    architecture: result.string("architecture"),
    sourceBytes: count(result, "sourceBytes"),
    modelBytes: count(result, "modelBytes"),
    freeBytes: count(result, "freeBytes"),
  }),
  convert: (result) => ({ folder: result.string("folder") }),
  models: (result) => ({
    folder: result.string("folder"),
    freeBytes: count(result, "freeBytes"),
    models: records(result, "models").map(readStoredModel),
  }),
  deleteModel: (result) => ({ freedBytes: count(result, "freedBytes") }),
  catalog: readCatalogReply,
  addModel: (result) => ({
    name: result.string("name"),
    folder: result.string("folder"),
    source: oneOf(result, "source", ["hub", "cache", "store"]),
    kind: oneOf(result, "kind", MODEL_KINDS),
  }),
  deleteDownload: (result) => ({ freedBytes: count(result, "freedBytes") }),
  storeContents: (result) => ({
    folder: result.string("folder"),
    modelBytes: count(result, "modelBytes"),
    downloadBytes: count(result, "downloadBytes"),
    cudaBytes: count(result, "cudaBytes"),
    cacheBytes: count(result, "cacheBytes"),
    foreign: texts(result, "foreign"),
  }),
  emptyStore: (result) => ({
    freedBytes: count(result, "freedBytes"),
    left: texts(result, "left"),
  }),
  thumbnail: (result) => ({
    image: bytes(result, "image", PICTURE),
    width: count(result, "width"),
    height: count(result, "height"),
  }),
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
  ...CUDA_RESULTS,
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

function readLoadParams(params: JsonObject): LoadRequest {
  return {
    model: params.string("model"),
    device: oneOf(params, "device", ["auto", ...DEVICES]),
  };
}

function readModelInfo(info: JsonObject): EngineInfo {
  return {
    name: info.string("name"),
    device: oneOf(info, "device", DEVICES),
    deviceReason: readDeviceReason(child(info, "deviceReason")),
    kind: oneOf(info, "kind", MODEL_KINDS),
    ...optional("precision", text(info, "precision")),
    ...optional("world", info.has("world") ? oneOf(info, "world", WORLDS) : undefined),
  };
}

function readLoadPlan(plan: JsonObject): LoadPlan {
  return {
    neededBytes: count(plan, "neededBytes"),
    availableBytes: count(plan, "availableBytes"),
    ...optional("isOnAdapter", flag(plan, "isOnAdapter")),
    ...optional("smaller", plan.has("smaller") ? readSmaller(child(plan, "smaller")) : undefined),
  };
}

function readSmaller(model: JsonObject): Required<LoadPlan>["smaller"] {
  return { name: model.string("name"), neededBytes: count(model, "neededBytes") };
}

function readPicture(params: JsonObject): PictureRequest {
  return {
    image: bytes(params, "image", PICTURE),
    ...optional("imageName", text(params, "imageName")),
    ...optional("alpha", params.has("alpha") ? oneOf(params, "alpha", ALPHA_MODES) : undefined),
  };
}

function readGenerateParams(params: JsonObject): GenerateRequest {
  return {
    ...readPicture(params),
    prompt: readPrompt(child(params, "prompt")),
    ...optional(
      "options",
      params.has("options") ? readGeneration(child(params, "options")) : undefined,
    ),
  };
}

function readPrompt(prompt: JsonObject): Prompt {
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
] as const satisfies readonly (keyof Partial<GenerationOptions>)[];

function readGeneration(options: JsonObject): Partial<GenerationOptions> {
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

function readGenerateReply(result: JsonObject): GenerateResult {
  const cached = child(result, "cached");
  return {
    sequences: records(result, "sequences").map(readSequence),
    tokens: count(result, "tokens"),
    timings: readTimings(result),
    cached: { ...readCached(cached), prefixTokens: count(cached, "prefixTokens") },
    droppedTurns: count(result, "droppedTurns"),
    ...optional("doubts", result.has("doubts") ? readDoubts(result) : undefined),
  };
}

function readStoredModel(model: JsonObject): ModelEntry {
  return {
    name: model.string("name"),
    ...optional("folder", text(model, "folder")),
    ...optional("bytes", model.has("bytes") ? count(model, "bytes") : undefined),
    ...optional("kind", model.has("kind") ? oneOf(model, "kind", MODEL_KINDS) : undefined),
    ...optional("architecture", text(model, "architecture")),
    ...optional("precision", text(model, "precision")),
    ...optional("problem", text(model, "problem")),
  };
}

function readSequence(sequence: JsonObject): GeneratedSequence {
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

function readTimings(result: JsonObject): Timings {
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

function readCached(cached: JsonObject): PrepareResult["cached"] {
  return { imageFeatures: oneOf(cached, "imageFeatures", ["computed", "memory", "disk"]) };
}
