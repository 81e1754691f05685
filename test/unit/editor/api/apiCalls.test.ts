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

  it("gives an empty text when the model says nothing", async () => {
    const { api } = create("");
    assert.equal(await api.ask(CAR, "What is it?"), "");
    assert.equal(await api.describe(CAR), "");
  });

  it("refuses what is no picture's address, no question and no length", async () => {
    const { api, asked } = create();
    const loose = api as unknown as Record<
      "ask" | "describe",
      (...args: unknown[]) => Promise<string>
    >;
    const calls = [
      () => loose.ask("/car.png", "What is it?"),
      () => loose.ask(undefined, "What is it?"),
      () => loose.ask(CAR),
      () => loose.ask(CAR, "  "),
      () => loose.ask(CAR, "x".repeat(4001)),
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
): { readonly api: SightlineApi; readonly asked: GenerateRequest[] } {
  const asked: GenerateRequest[] = [];
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
  return { api: createApi({ engine: { generate } as EngineApi, pictures }), asked };
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
