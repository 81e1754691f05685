/** An engine without a model: the prompt says what it should do. For tests of everything around it. */

import { AppError, throwIfAborted } from "../../src/base/errors";
import type { EnginePort, LoadedModel } from "../../src/child/enginePort";
import type { RunOptions } from "../../src/engine/runOptions";
import type { GenerateRequest, GenerateResult, ScoreResult } from "../../src/model/ask/request";
import type { Result } from "../../src/protocol/methods";

/** Ten bytes, of each kind some. */
export const STORE_CONTENTS: Result<"storeContents"> = {
  folder: "/store",
  modelBytes: 4,
  downloadBytes: 3,
  cudaBytes: 2,
  cacheBytes: 1,
  foreign: ["/store/thesis"],
};

/** What `raw` prompts mean to a fake engine that some test has more wishes of. */
export type Commands = Readonly<Record<string, (run: RunOptions) => Promise<string> | string>>;

/**
 * Understands the prompts `count N` (N pieces of text), `endless` (pieces until it is cancelled),
 * `model` (the loaded folder), `stuck` (no end, not even by a cancel) and those of `commands`.
 * The folder `/missing` cannot be loaded, `demo` tells its progress, and the checkpoint `/endless` never
 * ends. A thumbnail is as wide as the picture has bytes; a picture without bytes is never done.
 */
export function createFakeEngine(commands: Commands = {}): EnginePort {
  return {
    load: async ({ model }, { signal, onProgress }) => {
      await nextTurn();
      throwIfAborted(signal);
      if (model === "/missing") throw new AppError("model.missing", `No model in ${model}.`);
      if (model === "demo") onProgress({ doneBytes: 1, totalBytes: 2 });
      return loadedEngine(model, commands);
    },
    planLoad: ({ model }) => {
      if (model === "/missing") {
        return Promise.reject(new AppError("model.missing", `No model in ${model}.`));
      }
      return Promise.resolve({ neededBytes: 3, availableBytes: 2 });
    },
    planImport: ({ checkpoint, precision = "f32" }) =>
      Promise.resolve({ ...importPlan, name: checkpoint.slice(1), precision }),
    models: () => Promise.resolve(modelsReply),
    deleteModel: async ({ name }, beforeRemoval) => {
      if (name === "/missing") throw new AppError("model.missing", `No model ${name}.`);
      await beforeRemoval(name);
      return { freedBytes: 7 };
    },
    catalog: () => Promise.resolve({ freeBytes: 100, entries: [], sets: [], later: [] }),
    addModel: ({ name }, { onProgress }) => {
      if (name === "missing") {
        return Promise.reject(new AppError("hub.missing", `The hub has no ${name}.`));
      }
      onProgress({ step: "download", doneBytes: 1, totalBytes: 2 });
      return Promise.resolve({
        name,
        folder: `/models/${name}`,
        source: "hub",
        kind: "generation",
      });
    },
    deleteDownload: () => Promise.resolve({ freedBytes: 8 }),
    storeContents: () => Promise.resolve(STORE_CONTENTS),
    emptyStore: () => Promise.resolve({ freedBytes: 10, left: ["/store/thesis"] }),
    cudaStatus: () => Promise.resolve({}),
    planCuda: () => Promise.resolve({}),
    installCuda: () => Promise.resolve({ outcome: "present" }),
    removeCuda: () => Promise.resolve({ freedBytes: 9 }),
    serverModels: () => Promise.resolve({ models: ["blip2"], candidates: [] }),
    useGraphServer: () => Promise.resolve({}),
    listPictures: ({ folders }) =>
      Promise.resolve({ files: folders.map((one) => `${one}/a.png`), skipped: [] }),
    indexPictures: ({ files }) => Promise.resolve({ nFiles: files.length, skipped: [] }),
    knownPictures: ({ files }) =>
      Promise.resolve({ fresh: [...files], skipped: [], bytesEach: 100 }),
    findPictures: ({ words }) =>
      Promise.resolve({
        model: "demo-itm",
        matches: [{ file: `/${words}.png`, similarity: 0.5, isLikely: true }],
      }),
    similarPictures: ({ file }) =>
      Promise.resolve({ matches: [{ file, similarity: 0.9, isLikely: true }] }),
    findDuplicates: () => Promise.resolve({ groups: [] }),
    findMismatches: () =>
      Promise.resolve({ model: "itm", isKnown: true, nTested: 0, mismatches: [] }),
    comparingModel: () => Promise.resolve({ model: "itm", isChosen: false }),
    compareWithTexts: ({ texts }) =>
      Promise.resolve({
        model: "itm",
        result: {
          scores: texts.map((text) => ({ text, itm: 0.9, itc: 0.3 })),
          timings: { preprocess: 0, vision: 0, qformer: 0, prefill: 0, decode: 0, total: 0 },
          cached: { imageFeatures: "computed" },
        },
      }),
    samePictures: () => Promise.resolve({ files: [] }),
    planLearning: () =>
      Promise.resolve({ plans: [], refusals: [], freeMemoryBytes: 0, freeDiskBytes: 0 }),
    learn: () =>
      Promise.resolve({ nTrain: 8, nHeldOut: 2, steps: 1, before: [], after: [], unusable: [] }),
    forgetLearning: () => Promise.resolve({}),
    ...{ indexSize: () => Promise.resolve({ bytes: 10 }) },
    deleteIndex: () => Promise.resolve({ freedBytes: 10 }),
    thumbnail: async ({ image }) => {
      if (image.length === 0) return await new Promise<never>(() => undefined);
      await nextTurn();
      return { image: image.slice(0, 1), width: image.length, height: 1 };
    },
    convert: async ({ checkpoint, out }, { signal, onProgress }) => {
      for (let step = 1; checkpoint === "/endless" || step <= 3; step++) {
        await nextTurn();
        throwIfAborted(signal);
        onProgress({ doneBytes: step, totalBytes: Math.max(3, step) });
      }
      return { folder: out };
    },
  };
}

const importPlan = {
  out: "/models/c",
  kind: "generation",
  architecture: "BLIP-2 OPT",
  sourceBytes: 4,
  modelBytes: 2,
  freeBytes: 100,
} as const;

const modelsReply = {
  folder: "/models",
  freeBytes: 100,
  models: [{ name: "demo", bytes: 0 }],
} as const;

/** A millisecond, so that messages get in between two pieces of text. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1);
  });
}

function loadedEngine(folder: string, commands: Commands): LoadedModel {
  const engine: LoadedModel["engine"] = {
    info: {
      name: folder,
      device: "cpu",
      deviceReason: { code: "asked", device: "cpu" },
      kind: "generation",
    },
    prepare: async ({ image }, { signal } = {}) => {
      await nextTurn();
      throwIfAborted(signal);
      const { length } = image instanceof Uint8Array ? image : await image.read();
      if (length === 0) throw new AppError("image.unreadable", "An empty picture.");
      return { cached: { imageFeatures: "computed" } };
    },
    generate: async (request, run = {}) =>
      answerOf(await runCommand(request, { run, folder, commands })),
    score: (request) => Promise.resolve(scoresOf(request.texts)),
    release: () => Promise.resolve(),
  };
  return { engine, folder };
}

interface Running {
  readonly run: RunOptions;
  readonly folder: string;
  readonly commands: Commands;
}

async function runCommand(request: GenerateRequest, running: Running): Promise<string> {
  const { run, folder, commands } = running;
  const [word = "", argument] = request.prompt.kind === "raw" ? request.prompt.text.split(" ") : [];
  const command = commands[word];
  if (command !== undefined) return await command(run);
  switch (word) {
    case "count":
      return await emit(Number(argument), run);
    case "endless":
      return await emit(Infinity, run);
    case "model":
      return folder;
    case "stuck":
      return await new Promise<never>(() => undefined);
    default:
      throw new AppError("option.invalid", `The fake engine does not know "${word}".`);
  }
}

async function emit(nPieces: number, { signal, onText }: RunOptions): Promise<string> {
  let text = "";
  for (let piece = 0; piece < nPieces; piece++) {
    await nextTurn();
    throwIfAborted(signal);
    onText?.(`${piece} `);
    text += `${piece} `;
  }
  return text;
}

const timings = { preprocess: 1, vision: 2, qformer: 3, prefill: 4, decode: 5, total: 15 };

function answerOf(text: string): GenerateResult {
  return {
    sequences: [{ text, tokenIds: [1, 2], finishReason: "eos" }],
    tokens: 2,
    timings,
    cached: { imageFeatures: "computed", prefixTokens: 0 },
    droppedTurns: 0,
  };
}

function scoresOf(texts: readonly string[]): ScoreResult {
  return {
    scores: texts.map((text) => ({ text, itc: 0.25, itm: 0.75 })),
    timings,
    cached: { imageFeatures: "memory" },
  };
}
