import assert from "node:assert/strict";
import { AppError } from "../../../src/base/errors";
import {
  peekId,
  readFromChild,
  readParams,
  readResult,
  readToChild,
} from "../../../src/protocol/messages";
import type { MethodName } from "../../../src/protocol/methods";
import { AUDIT_REQUEST, AUDIT_RESULT } from "../../helpers/auditMessages";
import { LEARNING_PARAMS, LEARNING_RESULTS } from "../../helpers/learningMessages";
import { SEARCH_PARAMS, SEARCH_RESULTS } from "../../helpers/searchCalls";
import { REMOTE_TARGET } from "../../helpers/remoteTarget";

const timings = { preprocess: 0, vision: 1, qformer: 2, prefill: 3, decode: 4, total: 10.5 };
const cached = { imageFeatures: "disk", prefixTokens: 3 };
const image = new Uint8Array([1, 2, 3]);
const info = {
  name: "opt",
  device: "cpu",
  deviceReason: { code: "absent", device: "webgpu", gflops: { device: 1.5, cpu: 70 } },
  kind: "generation",
  precision: "balanced",
  world: "shapes",
};
const storedModel = {
  name: "opt",
  folder: "/models/opt",
  bytes: 5,
  kind: "generation",
  architecture: "BLIP-2 OPT",
  precision: "int8:128",
  problem: "It is damaged.",
};

/** Everything that a method may carry, with every optional field. */
const fullParams: Record<MethodName, Record<string, unknown>> = {
  load: { model: "remote:gpu", device: "auto", remote: REMOTE_TARGET },
  generate: {
    image,
    imageName: "cat.png",
    prompt: { kind: "chat", turns: [{ question: "a", answer: "b" }], question: "c" },
    options: {
      maxNewTokens: 1,
      minNewTokens: 2,
      numBeams: 3,
      numReturnSequences: 4,
      lengthPenalty: 5,
      earlyStopping: "never",
      doSample: true,
      temperature: 6,
      topK: 7,
      topP: 8,
      seed: 9,
      repetitionPenalty: 10,
      noRepeatNgramSize: 11,
      stopStrings: ["."],
    },
    alpha: "drop",
  },
  ...{ planLoad: { model: "opt", device: "auto" }, catalog: {} },
  prepare: { image, imageName: "cat.png", alpha: "drop" },
  score: { image, imageName: "cat.png", texts: ["a cat", "a dog"], alpha: "white" },
  planImport: { checkpoint: "/ckpt", precision: "int8:128" },
  convert: { checkpoint: "/ckpt", out: "/out", precision: "int4:128" },
  models: {},
  deleteModel: { name: "opt" },
  addModel: {
    name: "blip2-opt-2.7b",
    precision: "small",
    hub: { endpoint: "https://mirror", token: "t", proxy: "http://proxy:3128", noProxy: "a,b" },
  },
  deleteDownload: { name: "blip2-opt-2.7b" },
  ...{ storeContents: {}, emptyStore: {}, cudaStatus: {} },
  planCuda: { proxy: "http://proxy:3128", noProxy: "a" },
  installCuda: { proxy: "http://proxy:3128", agreed: { source: "feed: a 1", downloadBytes: 4 } },
  ...SEARCH_PARAMS,
  ...LEARNING_PARAMS,
  ...{ auditDocuments: AUDIT_REQUEST, thumbnail: { image, imageName: "cat.png", maxSide: 256 } },
  ...{ removeCuda: {}, unload: {}, status: {} },
};
const catalogEntry = {
  name: "blip2-opt-2.7b",
  title: "BLIP-2 OPT-2.7B",
  kind: "generation",
  repository: "Salesforce/blip2-opt-2.7b",
  licence: "MIT",
  imageSize: 224,
  downloadBytes: 1,
  diskBytes: 2,
  memoryBytes: 3,
  costs: [
    { profile: "exact", diskBytes: 5, memoryBytes: 6 },
    { profile: "small", diskBytes: 1, memoryBytes: 2 },
  ],
  use: "questions",
  goodAt: "Questions",
  models: ["opt"],
  partialBytes: 4,
  isUnfinished: true,
  begunPrecision: "small",
  isCached: false,
};
const fullResults: Record<MethodName, Record<string, unknown>> = {
  load: info,
  generate: {
    sequences: [{ text: "a cat", tokenIds: [5, 6], score: -1.5, finishReason: "stop" }],
    tokens: 2,
    timings,
    cached,
    droppedTurns: 1,
  },
  planLoad: {
    neededBytes: 5,
    availableBytes: 4,
    isOnAdapter: true,
    smaller: { name: "small", neededBytes: 3 },
  },
  prepare: { cached: { imageFeatures: "disk" } },
  score: {
    scores: [{ text: "a cat", itc: 0.5, itm: 0.25 }],
    timings,
    cached: { imageFeatures: "memory" },
  },
  planImport: {
    name: "opt",
    out: "/models/opt",
    precision: "f32",
    kind: "generation",
    architecture: "BLIP-2 OPT",
    sourceBytes: 1,
    modelBytes: 2,
    freeBytes: 3,
  },
  convert: { folder: "/out" },
  models: { folder: "/models", freeBytes: 5, models: [storedModel] },
  deleteModel: { freedBytes: 6 },
  catalog: {
    freeBytes: 7,
    entries: [catalogEntry],
    sets: [{ ...catalogEntry, missing: ["opt"] }],
    later: [{ name: "vitl", title: "ViT-L", imageSize: 224, reason: "A pickle." }],
  },
  addModel: { name: "opt", folder: "/models/opt", source: "hub", kind: "generation" },
  deleteDownload: { freedBytes: 8 },
  storeContents: {
    folder: "/store",
    modelBytes: 4,
    downloadBytes: 3,
    cudaBytes: 2,
    cacheBytes: 1,
    foreign: ["/store/thesis"],
  },
  emptyStore: { freedBytes: 10, left: ["/store/thesis"] },
  cudaStatus: { providerFolder: "/p", missing: "libcudart.so.13", problem: "It is damaged." },
  planCuda: {
    plan: { source: "feed: a 1", downloadBytes: 4, neededBytes: 9, freeBytes: 10, folder: "/c" },
  },
  installCuda: { outcome: "installed" },
  removeCuda: { freedBytes: 9 },
  ...SEARCH_RESULTS,
  ...LEARNING_RESULTS,
  ...{ auditDocuments: AUDIT_RESULT, thumbnail: { image, width: 640, height: 480 }, unload: {} },
  status: { loaded: info, rssBytes: 1, pid: 2, uptimeMs: 3.5 },
};
const methods = Object.keys(fullParams) as MethodName[];
const fromChild: Record<string, unknown>[] = [
  { type: "ready", protocolVersion: 1, pid: 42 },
  { type: "reply", id: 1, result: { any: "thing" } },
  { type: "failure", id: 1, error: { code: "model.corrupt", message: "m", detail: { file: "f" } } },
  { type: "textEmitted", id: 1, text: "a cat" },
  { type: "progressed", id: 1, doneBytes: 5, totalBytes: 10 },
  { type: "progressed", id: 1, doneBytes: 5, totalBytes: 10, step: "download" },
  { type: "progressed", id: 1, doneBytes: 5, totalBytes: 10, step: "load" },
  { ...{ type: "progressed", id: 1, doneBytes: 5, totalBytes: 10 }, convertedBytes: 3 },
  { type: "logged", level: "warn", message: "hm" },
];

describe("guards", () => {
  it("pass every field of every valid message", () => {
    for (const method of methods) {
      assert.deepEqual(readParams(method, fullParams[method]), fullParams[method]);
      assert.deepEqual(readResult(method, fullResults[method]), fullResults[method]);
      const request = { type: "request", id: 7, method, params: fullParams[method] };
      assert.deepEqual(readToChild(request), request);
    }
    for (const message of fromChild) assert.deepEqual(readFromChild(message), message);
    assert.deepEqual(readToChild({ type: "cancel", id: 7 }), { type: "cancel", id: 7 });
  });

  it("pass each kind of prompt", () => {
    const prompts = [
      { kind: "question", question: "q" },
      { kind: "caption" },
      { kind: "caption", prefix: "a photo of" },
      { kind: "raw", text: "t" },
    ];
    for (const prompt of prompts) {
      assert.deepEqual(readParams("generate", { image, prompt }), { image, prompt });
    }
  });

  it("pass a model of which only the name is known, and none whose fields are of another kind", () => {
    const reply = (model: unknown): unknown => ({ folder: "/m", freeBytes: 0, models: [model] });
    const least = { name: "demo", bytes: 0 };
    assert.deepEqual(readResult("models", reply(least)), reply(least));
    for (const key of Object.keys(storedModel)) {
      const wrong = reply({ ...storedModel, [key]: Symbol("s") });
      assertViolation(() => readResult("models", wrong), key);
    }
  });

  it("pass sizes of thumbnails from 16 to 1024 pixels", () => {
    for (const maxSide of [16, 1024]) {
      assert.deepEqual(readParams("thumbnail", { image, maxSide }), { image, maxSide });
    }
    for (const maxSide of [15, 1025, 16.5, Number.NaN, "64"]) {
      assertViolation(() => readParams("thumbnail", { image, maxSide }), "maxSide");
    }
  });

  it("drop fields that nobody looked at", () => {
    const message = { type: "cancel", id: 1, extra: "x" };
    assert.deepEqual(readToChild(message), { type: "cancel", id: 1 });
    assert.deepEqual(readParams("unload", { extra: "x" }), {});
  });

  it("refuse a message in which a field is missing or of another kind", () => {
    const optional = new Set([
      "imageName",
      "alpha",
      "options",
      "precision",
      "world",
      "hub",
      ...["endpoint", "token", "proxy", "noProxy", "step", "convertedBytes", "smaller"],
      ...["isOnAdapter", "providerFolder", "missing", "problem", "plan", "below"],
      ...["exclude", "rerank", "match", "remote", "server", "comparing", "newModel", "wantsTexts"],
    ]);
    const check = (read: (value: unknown) => unknown, whole: Record<string, unknown>): void => {
      for (const key of Object.keys(whole)) {
        if (key === "loaded" || key === "params" || key === "result") continue;
        const rest = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== key));
        if (!optional.has(key)) assertViolation(() => read(rest), key);
        assertViolation(() => read({ ...whole, [key]: Symbol("s") }), key);
        assertViolation(() => read({ ...whole, [key]: -0.5 }), key, { isNumberFine: true });
      }
    };
    for (const method of methods) {
      check((value) => readParams(method, value), fullParams[method]);
      check((value) => readResult(method, value), fullResults[method]);
    }
    for (const message of fromChild) check(readFromChild, message);
    check(readToChild, { type: "request", id: 1, method: "load", params: {} });
  });

  it("name the message and the field that is wrong", () => {
    assert.throws(
      () => readParams("generate", { image, prompt: { kind: "question", question: 5 } }),
      /The generate request: "prompt\.question" must be a text\./,
    );
    assert.throws(() => readParams("score", { image: "path", texts: [] }), /bytes of a picture/);
  });

  it("answer an unknown method with request.unknown, also when it is one of every object", () => {
    for (const method of ["explode", "constructor", "__proto__", "toString", ""]) {
      assert.throws(
        () => readToChild({ type: "request", id: 1, method, params: {} }),
        (error) => error instanceof AppError && error.code === "request.unknown",
      );
    }
  });

  it("let numbers through that only the engine can judge", () => {
    const options = { temperature: Number.NaN, topP: -1, maxNewTokens: 0.5 };
    const params = readParams("generate", { image, prompt: { kind: "caption" }, options });
    assert.deepEqual(params.options, options);
  });

  it("refuse bytes as a message without looking at one of them", () => {
    const refuse = (): never => assert.fail("It was looked through.");
    const bytes = new Proxy(new Uint8Array(10), { ownKeys: refuse });
    assertViolation(() => readToChild(bytes), "message");
  });

  it("find the id of a message that is otherwise wrong", () => {
    assert.equal(peekId({ id: 5, type: 12 }), 5);
    for (const value of [{ id: -1 }, { id: "5" }, {}, undefined, 5, null, [5]]) {
      assert.equal(peekId(value), undefined);
    }
  });

  it("never throw anything but AppError, whatever arrives, and never let a wrong type through", () => {
    const random = pseudoRandom(20_260_101);
    let nPassed = 0;
    for (let round = 0; round < 20_000; round++) {
      const method = pick(methods, random);
      const seeds = [
        {
          read: readToChild,
          value: { type: "request", id: 1, method, params: fullParams[method] },
        },
        { read: readFromChild, value: pick(fromChild, random) },
        { read: (value: unknown) => readParams(method, value), value: fullParams[method] },
        { read: (value: unknown) => readResult(method, value), value: fullResults[method] },
        { read: readFromChild, value: randomValue(random, 4) },
      ];
      const { read, value } = pick(seeds, random);
      const mutated = mutate(value, random);
      let result: unknown;
      try {
        result = read(mutated);
      } catch (error) {
        assert.ok(error instanceof AppError, String(error));
        assert.ok(["protocol.violation", "request.unknown"].includes(error.code));
        assert.ok(error.message.length < 2000);
        continue;
      }
      nPassed += 1;
      assertSameKinds(result, value, method);
    }
    assert.ok(nPassed > 100, `only ${nPassed} mutants were valid`);
  });
});

/** Each field that came through is of the kind that it has in the valid message. */
function assertSameKinds(actual: unknown, valid: unknown, where: string): void {
  // These are looked at by another guard.
  if (where.endsWith(".params") || where.endsWith(".result")) return;
  if (actual instanceof Uint8Array || valid instanceof Uint8Array) {
    assert.ok(actual instanceof Uint8Array && valid instanceof Uint8Array, where);
    return;
  }
  if (where.endsWith(".earlyStopping")) {
    assert.ok(typeof actual === "boolean" || actual === "never", where);
    return;
  }
  assert.equal(typeof actual, typeof valid, where);
  assert.equal(Array.isArray(actual), Array.isArray(valid), where);
  if (typeof actual !== "object" || actual === null || typeof valid !== "object") return;
  for (const [key, entry] of Object.entries<unknown>({ ...actual })) {
    // The detail of an error may have any key.
    if (where.endsWith(".detail")) assert.ok(["string", "number"].includes(typeof entry), where);
    else {
      const counterpart = Array.isArray(valid)
        ? (valid[0] as unknown)
        : new Map<string, unknown>(Object.entries(valid ?? {})).get(key);
      assertSameKinds(entry, counterpart, `${where}.${key}`);
    }
  }
}

function assertViolation(
  act: () => unknown,
  what: string,
  options: { readonly isNumberFine?: boolean } = {},
): void {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof AppError, `${what}: ${String(error)}`);
    assert.equal(error.code, "protocol.violation", what);
    return;
  }
  const numbers = ["itc", "itm", "uptimeMs"];
  if (options.isNumberFine === true && numbers.includes(what)) return;
  assert.fail(`${what} was let through`);
}

/** mulberry32: numbers from 0 to 1 that are the same in every run. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)]!;
}

/** A copy in which some parts are replaced by something else. */
function mutate(value: unknown, random: () => number): unknown {
  if (random() < 0.06) return randomValue(random, 2);
  if (Array.isArray(value)) return value.map((entry) => mutate(entry, random));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const entries = Object.entries(value)
    .filter(() => random() > 0.03)
    .map(([key, entry]) => [key, mutate(entry, random)]);
  return Object.fromEntries(entries) as unknown;
}

function randomValue(random: () => number, depth: number): unknown {
  const leaves: readonly unknown[] = [
    null,
    undefined,
    true,
    0,
    -1,
    1.5,
    Number.NaN,
    Infinity,
    2 ** 60,
    "",
    "reply",
    "load",
    "x".repeat(500),
    10n,
    Symbol("s"),
    new Uint8Array(3),
    new Map([["type", "reply"]]),
    new Date(0),
    /x/,
    Object.create(null),
  ];
  if (depth === 0 || random() < 0.5) return pick(leaves, random);
  const nChildren = Math.floor(random() * 4);
  const children = Array.from({ length: nChildren }, () => randomValue(random, depth - 1));
  if (random() < 0.3) return children;
  const keys = ["type", "id", "method", "params", "result", "error", "code", "__proto__", "image"];
  return Object.fromEntries(children.map((entry) => [pick(keys, random), entry]));
}
