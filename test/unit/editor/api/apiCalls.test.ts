import { AppError } from "../../../../src/base/errors";
import type { SightlineApi } from "../../../../src/editor/api/api";
import { createApi } from "../../../../src/editor/api/apiCalls";
import type { EngineApi } from "../../../../src/host/service/engine";
import type { GenerateRequest, GenerateResult } from "../../../../src/model/ask/request";
import assert from "node:assert/strict";
import type * as vscode from "vscode";
import { FakeUri } from "../../../helpers/editor/values";

const CAR = FakeUri.file("/car.png") as unknown as vscode.Uri;
const bytes = Uint8Array.of(1, 2, 3);
const timings = { preprocess: 0, vision: 0, qformer: 0, prefill: 0, decode: 0, total: 0 };

describe("the interface for other extensions", () => {
  it("says which version it is", () => {
    assert.equal(create().api.apiVersion, 1);
  });

  it("asks about a picture and gives the answer without blanks around it", async () => {
    const { api, asked } = create(" red\n");
    assert.equal(await api.ask(CAR, "  What color is it? "), "red");
    assert.deepEqual(asked, [
      {
        image: bytes,
        imageName: "car.png",
        prompt: { kind: "chat", turns: [], question: "what color is it?" },
      },
    ]);
  });

  it("describes a picture in the length that is asked for", async () => {
    const { api, asked } = create("a photo of a red car");
    assert.equal(await api.describe(CAR), "A red car");
    assert.equal(await api.describe(CAR, { length: "long" }), "A red car");
    assert.deepEqual([...new Set(asked.map(({ prompt }) => prompt.kind))], ["caption"]);
    assert.ok((asked.at(-1)?.options?.minNewTokens ?? 0) > (asked[0]?.options?.minNewTokens ?? 0));
  });

  it("gives an empty answer, and no description, when the model says nothing", async () => {
    const { api } = create("");
    assert.equal(await api.ask(CAR, "What is it?"), "");
    await assert.rejects(api.describe(CAR), { code: "image.unreadable" });
  });

  it("chooses among answers, and knows what was said before", async () => {
    const { api, asked } = create("yes");
    const earlier = [{ question: "what is it?", answer: "a car" }];
    assert.equal(await api.ask(CAR, "is it red?", { answers: ["yes", "no"], earlier }), "yes");
    assert.deepEqual(asked[0]?.answers, ["yes", "no"]);
    assert.deepEqual(asked[0].prompt, { kind: "chat", turns: earlier, question: "is it red?" });
    // What asks for a description as a question is a question where answers are given.
    await api.ask(CAR, "Describe this image.", { answers: ["yes", "no"] });
    assert.equal(asked[1]?.prompt.kind, "chat");
  });

  it("compares a picture with texts, the best first", async () => {
    const { api } = create();
    assert.deepEqual(await api.score(CAR, ["a", "b"]), [
      { text: "b", match: 0.1, similarity: 0.5 },
      { text: "a", match: 0, similarity: 0.5 },
    ]);
  });

  it("finds pictures in a folder, whatever time that takes", async () => {
    const { api, calls } = create();
    const folder = FakeUri.file("/w/pictures") as unknown as vscode.Uri;
    const [found] = await api.find("a red car", { folder, limit: 3 });
    assert.equal(found?.picture.fsPath, "/w/pictures/car.png");
    assert.deepEqual([found.similarity, found.match, found.isLikely], [0.5, 0.9, true]);
    assert.deepEqual(calls.at(-1), { words: "a red car", k: 3, rerank: 4, below: ["/w/pictures"] });
  });

  it("gives no characters on that nobody sees", async () => {
    const { api } = create("a \u001b[31mred\u202e car");
    assert.equal(await api.ask(CAR, "What is it?"), "a [31mred car");
  });

  it("refuses what is no picture's address, no question and no length", async () => {
    const { api, asked } = create();
    const loose = api as unknown as Record<
      "ask" | "describe" | "score" | "find",
      (...args: unknown[]) => Promise<unknown>
    >;
    const calls = [
      () => loose.ask("/car.png", "What is it?"),
      () => loose.ask(undefined, "What is it?"),
      () => loose.ask(CAR),
      () => loose.ask(CAR, "  "),
      () => loose.ask(CAR, "x".repeat(501)),
      () => loose.ask(CAR, "What is it?", { answers: ["only one"] }),
      () => loose.ask(CAR, "What is it?", { temperature: 1 }),
      () => loose.describe(CAR, { focus: "" }),
      () => loose.score(CAR, []),
      () => loose.score(CAR, "a car"),
      () => loose.find(""),
      () => loose.find("a car", { folder: "/w" }),
      () => loose.find("a car", { limit: 51 }),
      () => loose.describe(CAR, { length: "longer" }),
      () => loose.describe({ fsPath: "/car.png" }),
    ];
    for (const call of calls) await assert.rejects(call(), { code: "option.invalid" });
    assert.deepEqual(asked, []);
  });

  it("ends a call when its token fires, and one whose token has fired before", async () => {
    const { api } = create("never", { hangs: true });
    const token = new FakeToken();
    const call = api.ask(CAR, "What is it?", { token });
    token.fire();
    await assert.rejects(call, { code: "request.cancelled" });
    const late = api.describe(CAR, { token });
    await assert.rejects(late, { code: "request.cancelled" });
    assert.equal(token.nListeners, 0);
  });
});

interface Ended {
  dispose(): unknown;
}

class FakeToken {
  isCancellationRequested = false;
  readonly #listeners = new Set<(event: unknown) => unknown>();

  get nListeners(): number {
    return this.#listeners.size;
  }

  readonly onCancellationRequested = (listener: (event: unknown) => unknown): Ended => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  fire(): void {
    this.isCancellationRequested = true;
    for (const listener of this.#listeners) listener(undefined);
  }
}

function create(
  text = "a car",
  { hangs = false } = {},
): {
  readonly api: SightlineApi;
  readonly asked: GenerateRequest[];
  readonly calls: unknown[];
} {
  const asked: GenerateRequest[] = [];
  const calls: unknown[] = [];
  const generate: EngineApi["generate"] = (params, options = {}) => {
    asked.push(params);
    if (!hangs) return Promise.resolve(replyOf(text));
    return new Promise((_, reject) => {
      const end = (): void => {
        reject(new AppError("request.cancelled", "The request was cancelled."));
      };
      if (options.signal?.aborted === true) end();
      else options.signal?.addEventListener("abort", end);
    });
  };
  const pictures = { read: () => Promise.resolve({ name: "car.png", bytes }) };
  const engine = {
    ...{ generate, status: { model: "blip2", world: "everyday" } },
    warmUp: () => Promise.resolve(),
    score: ({ texts }: { readonly texts: readonly string[] }) =>
      Promise.resolve({ scores: texts.map((each, i) => ({ text: each, itm: i / 10, itc: 0.5 })) }),
    call: (method: string, params: unknown) => {
      if (method === "comparingModel") return Promise.resolve({ model: "blip2", isChosen: true });
      calls.push(params);
      const files = ["/w/pictures/car.png"];
      const matches = files.map((file) => ({ file, similarity: 0.5, isLikely: true, match: 0.9 }));
      const looked = { files, fresh: files, skipped: [], bytesEach: 1 };
      return Promise.resolve({ ...looked, model: "itm", matches });
    },
  };
  const settings = { model: "blip2" };
  const services = { engine, pictures, settings } as unknown as Parameters<typeof createApi>[0];
  return { api: createApi(services), asked, calls };
}

function replyOf(text: string): GenerateResult {
  return {
    sequences: [{ text, tokenIds: [1, 2, 3], finishReason: "eos" }],
    tokens: 3,
    timings,
    cached: { imageFeatures: "computed", prefixTokens: 0 },
    droppedTurns: 0,
  };
}
