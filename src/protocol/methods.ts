/**
 * Every method of the engine's process, once: what it takes and gives, and how it is treated. Types,
 * checks, routing and time limits follow from this table; engineServer.ts does not compile without a
 * handler for each. To add one: an entry here, and its handler in src/child.
 */

import { MODEL_USES } from "../model/precision/modelAdvice";
import { auditRequest, auditResult, pairsResult } from "./auditSchemas";
import { PROFILE_NAMES } from "../model/ask/kinds";
import { SERVER_DIALECTS } from "../model/ask/remoteEndpoint";
import {
  addedModel,
  cudaPlan,
  engineInfo,
  generateRequest,
  generateResult,
  importPlan,
  kind,
  loadPlan,
  loadRequest,
  modelEntry,
  pictureRequest,
  prepareResult,
  scoreRequest,
  scoreResult,
} from "./askSchemas";
import {
  anyNumber,
  count,
  fields,
  flag,
  list,
  maybe,
  oneOf,
  picture,
  type Read,
  text,
} from "./schema";
import { LEARNING_METHODS } from "./learningMethods";
import type { Entry } from "./methodEntry";
import { SEARCH_METHODS } from "./searchMethods";
import * as v from "valibot";

const nothing = fields({});
/** A model, or a download, by its name. */
const named = fields({ name: text });
const freed = fields({ freedBytes: count });
/** The way to a feed, where the editor's settings decide it. */
const proxyFields = {
  /** Address of a proxy. @default what the environment says */
  proxy: maybe(text),
  /** Hosts that are reached without it, separated by commas. */
  noProxy: maybe(text),
};

/** The way to the hub. */
const hub = fields({
  endpoint: maybe(text),
  /** A secret: never to be logged. */
  token: maybe(text),
  ...proxyFields,
});

/** A published checkpoint; sizes in bytes, and those of a model at the larger usual precision. */
const catalogEntry = fields({
  /** What `addModel` takes. */
  name: text,
  title: text,
  kind,
  /** On the hub. */
  repository: text,
  licence: text,
  /** Pixels on each side of what the model sees. */
  imageSize: count,
  downloadBytes: count,
  diskBytes: count,
  memoryBytes: count,
  /** Of each profile, from the largest to the smallest. */
  costs: list(fields({ profile: oneOf(PROFILE_NAMES), diskBytes: count, memoryBytes: count })),
  use: oneOf(MODEL_USES),
  /** For people, in English. */
  goodAt: text,
  /** Models of the store that were made from it; of a set the one for each task. */
  models: list(text),
  /** Only of a set: which of the catalogue's models are not here. */
  missing: maybe(list(text)),
  /** What need not arrive again of the checkpoint, unfinished or kept. */
  partialBytes: count,
  /** A download is to be gone on with; also where a model of another precision is there already. */
  isUnfinished: flag,
  /** What is converted of that download already; it can only go on in this precision. */
  begunPrecision: maybe(text),
  /** True when Hugging Face's own tools have it on this disk, so that nothing need be downloaded. */
  isCached: flag,
});

export const METHODS = {
  /**
   * Loads a model; the model that was loaded before is released first. Sends `progressed` with the step
   * `load`; the demo is converted when it is first used, which sends `progressed` without a step.
   */
  load: {
    ...{ params: loadRequest, result: engineInfo },
    ...{ process: "answers", lane: "turn", silence: 15 },
  },
  /** What loading a model would take of the memory. */
  planLoad: {
    ...{ params: loadRequest, result: loadPlan },
    ...{ process: "answers", lane: "beside", silence: 1 },
  },
  /**
   * Does for a picture what does not depend on the question. Once it has begun, a cancel does not end it
   * before the picture is seen through.
   */
  prepare: {
    ...{ params: pictureRequest, result: prepareResult },
    ...{ process: "answers", lane: "turn", silence: 10, afterCancel: "waits", needs: "model" },
  },
  /** Answers a question about a picture; sends `staged` and `textEmitted`. */
  generate: {
    ...{ params: generateRequest, result: generateResult },
    ...{ process: "answers", lane: "turn", silence: 10, needs: "model" },
  },
  /** Says how well texts fit a picture. */
  score: {
    ...{ params: scoreRequest, result: scoreResult },
    ...{ process: "answers", lane: "turn", silence: 10, needs: "model" },
  },
  /** Releases the model. */
  unload: {
    ...{ params: nothing, result: nothing },
    ...{ process: "answers", lane: "turn", silence: 1 },
  },
  /** Facts about the process. */
  status: {
    params: nothing,
    result: fields({
      loaded: maybe(engineInfo),
      /** Resident memory of the process, in bytes. */
      rssBytes: count,
      pid: count,
      uptimeMs: anyNumber,
    }),
    ...{ process: "answers", lane: "beside", silence: 1 },
  },
  /** What importing a checkpoint would cost. Writes nothing. */
  planImport: {
    /** `precision` as in `convert`. @default the smallest that keeps the answers */
    params: fields({ checkpoint: text, precision: maybe(text) }),
    result: importPlan,
    ...{ process: "models", lane: "turn", silence: 5 },
  },
  /** Converts a checkpoint to a model folder; sends `progressed`. */
  convert: {
    /** Folders; `precision` as on the command line: f32, f16, int8, int4, int4:128. */
    params: fields({ checkpoint: text, out: text, precision: maybe(text) }),
    result: fields({ folder: text }),
    ...{ process: "models", lane: "turn", silence: 60 },
  },
  /** The models that there are. */
  models: {
    params: nothing,
    result: fields({
      /** The folder that holds them. */
      folder: text,
      /** Free on its disk, in bytes. */
      freeBytes: count,
      /** The demo first, then by name. */
      models: list(modelEntry),
    }),
    ...{ process: "models", lane: "beside", silence: 1 },
  },
  /** Deletes a model from the store; the demo comes back when it is next used. */
  deleteModel: {
    ...{ params: named, result: freed },
    // Windows does not delete files that are mapped into memory.
    ...{ process: "models", lane: "turn", silence: 15, frees: "model" },
  },
  /** What the store holds that Sightline put there. Deletes nothing. */
  storeContents: {
    params: nothing,
    result: fields({
      folder: text,
      /** Sizes in bytes. */
      modelBytes: count,
      downloadBytes: count,
      cudaBytes: count,
      /** What was worked out about pictures and devices. */
      cacheBytes: count,
      /** Paths of what is not Sightline's. */
      foreign: list(text),
    }),
    ...{ process: "models", lane: "beside", silence: 5 },
  },
  /** Deletes all of that; refused while an engine is at work or a process writes there. */
  emptyStore: {
    params: nothing,
    result: fields({
      freedBytes: count,
      /** Paths of what is not Sightline's, and of what another program keeps open. */
      left: list(text),
    }),
    // The process for answers holds what is deleted, and counts among the engines that must not.
    ...{ process: "models", lane: "turn", silence: 30, frees: "everything" },
  },
  /** The published checkpoints, and what is here of each. Asks no network. */
  catalog: {
    params: nothing,
    result: fields({
      /** Free on the disk of the store, in bytes. */
      freeBytes: count,
      entries: list(catalogEntry),
      /** Choices of several of them: sizes are of what is missing, or of all where nothing is. */
      sets: list(catalogEntry),
      /** Those that are published in a form that cannot be imported yet, and for people why. */
      later: list(fields({ name: text, title: text, imageSize: count, reason: text })),
    }),
    ...{ process: "models", lane: "beside", silence: 1 },
  },
  /**
   * Gets a model of the catalogue, or what is missing of a set: downloads what is missing, converts, deletes the download. Uses a
   * network; sends `progressed` with a step, and `staged`.
   */
  addModel: {
    /** `precision` as in `convert`. @default what fits the machine */
    params: fields({ name: text, precision: maybe(text), hub: maybe(hub) }),
    result: addedModel,
    // Progress counts as a sign of life; reading what has arrived of 50 GB gives none.
    ...{ process: "downloads", lane: "turn", silence: 60 },
  },
  /** Deletes what has arrived of a download that was not finished, of a model or a set. */
  deleteDownload: {
    ...{ params: named, result: freed },
    ...{ process: "models", lane: "turn", silence: 15 },
  },
  /** What is installed of ONNX Runtime's CUDA libraries, and what is missing. Asks no network. */
  cudaStatus: {
    params: nothing,
    result: fields({
      /** Folder of a provider that can be used. */
      providerFolder: maybe(text),
      /** NVIDIA's libraries that the provider asks for and nobody has, for people. */
      missing: maybe(text),
      /** Why the provider cannot be used, for people. */
      problem: maybe(text),
    }),
    ...{ process: "models", lane: "beside", silence: 1 },
  },
  /** What an installation would take; asks the feed for the size and writes nothing. */
  planCuda: {
    params: fields(proxyFields),
    /** No plan when everything is there already. */
    result: fields({ plan: maybe(cudaPlan) }),
    ...{ process: "downloads", lane: "turn", silence: 5 },
  },
  /** Does what was planned; sends `progressed` with the step `download`. */
  installCuda: {
    /** `agreed`: what the user agreed to; anything else is not done. */
    params: fields({ ...proxyFields, agreed: fields({ source: text, downloadBytes: count }) }),
    result: fields({ outcome: oneOf(["installed", "present"]) }),
    // A process that was to use it before has loaded the runtime without it.
    ...{ process: "downloads", lane: "turn", silence: 30, renews: "cuda" },
  },
  /** Deletes what was installed. */
  removeCuda: {
    ...{ params: nothing, result: freed },
    // What is loaded keeps files of it in use.
    ...{ process: "models", lane: "turn", silence: 15, frees: "cuda" },
  },
  /**
   * Which models a server has that somebody may choose: those that it names, or of one that runs graphs the models of
   * this machine whose graphs it has. Sends no picture.
   */
  serverModels: {
    params: fields({
      /** For messages. */
      name: text,
      url: text,
      dialect: oneOf(SERVER_DIALECTS),
      /** A secret: never to be logged. */
      token: maybe(text),
    }),
    result: fields({
      models: list(text),
      /** Of one that runs graphs: the models that are here and could be. */
      candidates: list(text),
    }),
    ...{ process: "remote", lane: "beside", silence: 5 },
  },
  ...SEARCH_METHODS,
  /** Looks for faults in the texts of pictures: reads documents and the names of files, and no picture. */
  auditDocuments: {
    ...{ params: auditRequest, result: auditResult },
    ...{ process: "audit", lane: "turn", silence: 5 },
  },
  /** The pictures of documents with the texts that people wrote for them, to learn from. */
  collectPairs: {
    ...{ params: auditRequest, result: pairsResult },
    ...{ process: "audit", lane: "turn", silence: 5 },
  },
  ...LEARNING_METHODS,
  /** A small copy of a picture. */
  thumbnail: {
    params: fields({
      image: picture,
      imageName: maybe(text),
      /** Pixels on the longer side of the copy; a smaller picture is not enlarged. */
      maxSide: v.pipe(
        v.number("a number"),
        v.integer("a whole number"),
        v.minValue(16, "at least 16"),
        v.maxValue(1024, "at most 1024"),
      ),
    }),
    result: fields({
      /** A WebP file. */
      image: picture,
      /** Of the original, upright, in pixels. */
      width: count,
      height: count,
    }),
    ...{ process: "pictures", lane: "few", silence: 2 },
  },
} as const satisfies Readonly<Record<string, Entry>>;

type Methods = typeof METHODS;
export type MethodName = keyof Methods;
export type Params<M extends MethodName> = Read<Methods[M]["params"]>;
export type Result<M extends MethodName> = Read<Methods[M]["result"]>;
/** Methods of the processes beside the one that answers; they need no model. */
export type HelperMethod = {
  [M in MethodName]: Methods[M]["process"] extends "answers" ? never : M;
}[MethodName];
/** Methods of a model in memory. */
export type ModelMethod = {
  [M in MethodName]: Methods[M] extends { readonly needs: "model" } ? M : never;
}[MethodName];
/** Methods of the program that audits and has no engine. */
export type AuditMethod = {
  [M in MethodName]: Methods[M]["process"] extends "audit" ? M : never;
}[MethodName];
export type CatalogEntryReply = Read<typeof catalogEntry>;
export type HubParams = Read<typeof hub>;

/** The entry of a method, without what is particular to it. */
export function entryOf(method: MethodName): Entry {
  return METHODS[method];
}

/** True for what the model in memory answers itself. */
export function isModelMethod(method: MethodName): method is ModelMethod {
  return entryOf(method).needs === "model";
}

/** True for what the program that audits answers. */
export function isAuditMethod(method: MethodName): method is AuditMethod {
  return entryOf(method).process === "audit";
}

/** Something for each method. */
export function forEachMethod<T>(
  make: (method: MethodName, entry: Entry) => T,
): Record<MethodName, T> {
  const entries = Object.entries<Entry>(METHODS) as [MethodName, Entry][];
  return Object.fromEntries(
    entries.map(([method, entry]) => [method, make(method, entry)]),
  ) as Record<MethodName, T>;
}
