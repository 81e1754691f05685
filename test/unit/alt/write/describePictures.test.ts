import assert from "node:assert/strict";
import { type Described, PictureDescriber } from "../../../../src/alt/write/describePictures";
import type { AskModel } from "../../../../src/alt/write/describer";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import type { Doubt, GenerateResult } from "../../../../src/model/ask/request";

/** What the model says of a picture, or why there is nothing to ask. */
type Said = string | AppError | (() => GenerateResult);

const reply = (text: string, doubts?: readonly Doubt[]): GenerateResult => ({
  sequences: [{ text, tokenIds: [5, 2], finishReason: "eos" }],
  tokens: 1,
  timings: { preprocess: 0, vision: 0, qformer: 0, prefill: 0, decode: 0, total: 0 },
  cached: { imageFeatures: "computed", prefixTokens: 0 },
  droppedTurns: 0,
  ...(doubts === undefined ? {} : { doubts }),
});

const fails = (code: ErrorCode): AppError => new AppError(code, "It failed.");

describe("PictureDescriber", () => {
  const controller = (): AbortController => new AbortController();

  /** Pictures are names; what comes after a # tells two references to one picture apart. */
  function world(said: Readonly<Record<string, Said>>, { signal } = controller()) {
    const read: string[] = [];
    const begun: string[] = [];
    const keyOf = (picture: string): string => picture.replace(/#.*/, "");
    const describer = new PictureDescriber<string>({
      signal,
      keyOf,
      read: (picture) => {
        read.push(picture);
        const what = said[keyOf(picture)] ?? "a thing";
        const ask: AskModel = () => {
          if (typeof what === "function") return Promise.resolve(what());
          return what instanceof AppError ? Promise.reject(what) : Promise.resolve(reply(what));
        };
        return Promise.resolve(ask);
      },
      onBegin: (picture, index) => begun.push(`${index} ${picture}`),
    });
    return { describer, read, begun };
  }

  async function all(
    describer: PictureDescriber<string>,
    pictures: readonly string[],
    got: string[] = [],
  ): Promise<readonly string[]> {
    for await (const described of describer.describe(pictures)) got.push(wordsOf(described));
    return got;
  }

  function wordsOf(described: Described<string>): string {
    const { picture, error } = described;
    return `${picture}: ${error === undefined ? described.alt : error.code}`;
  }

  it("gives each picture its text, in turn, and tells which one it begins", async () => {
    const { describer, begun } = world({ a: "a photo of a cat", b: "a dog" });
    assert.deepEqual(await all(describer, ["a", "b"]), ["a: A cat", "b: A dog"]);
    assert.deepEqual(begun, ["0 a", "1 b"]);
  });

  it("goes on after a picture that fails, and after one that the model is silent about", async () => {
    const { describer } = world({ a: fails("image.unreadable"), b: "", c: fails("image.blank") });
    assert.deepEqual(await all(describer, ["a", "b", "c", "d"]), [
      "a: image.unreadable",
      "b: image.unreadable",
      "c: image.blank",
      "d: A thing",
    ]);
  });

  it("describes a picture once, also in another document and when it failed", async () => {
    const { describer, read } = world({ a: "a cat", b: fails("image.missing") });
    await all(describer, ["a#1", "b#1", "a#2"]);
    const later = await all(describer, ["b#2", "a#3"]);
    assert.deepEqual(later, ["b#2: image.missing", "a#3: A cat"]);
    assert.deepEqual(read, ["a#1", "b#1"]);
  });

  it("tells every reference what speaks against the text", async () => {
    const { describer } = world({ a: () => reply("a cat", ["oneColor"]) });
    const doubts: unknown[] = [];
    for await (const described of describer.describe(["a#1", "a#2", "b"])) {
      assert.equal(described.error, undefined);
      doubts.push(described.doubts);
    }
    assert.deepEqual(doubts, [["oneColor"], ["oneColor"], []]);
  });

  for (const code of ["engine.exited", "model.missing", "internal"] as const) {
    it(`ends with ${code}, after what came before it`, async () => {
      const { describer, read } = world({ b: fails(code) });
      const got: string[] = [];
      await assert.rejects(all(describer, ["a", "b", "c"], got), { code });
      assert.deepEqual(got, ["a: A thing"]);
      assert.deepEqual(read, ["a", "b"]);
    });
  }

  it("begins no picture after a cancel", async () => {
    const stop = controller();
    const { describer, read } = world({}, stop);
    const described = describer.describe(["a", "b"]);
    assert.equal((await described.next()).done, false);
    stop.abort();
    await assert.rejects(described.next(), { code: "request.cancelled" });
    assert.deepEqual(read, ["a"]);
  });

  it("tells the model of a cancel", async () => {
    const stop = controller();
    const describer = new PictureDescriber<string>({
      signal: stop.signal,
      keyOf: (picture) => picture,
      read: () =>
        Promise.resolve((_request, { signal }) => {
          stop.abort();
          assert.equal(signal?.aborted, true);
          return Promise.reject(new AppError("request.cancelled", "It was cancelled."));
        }),
    });
    await assert.rejects(all(describer, ["a"]), { code: "request.cancelled" });
  });
});
