import assert from "node:assert/strict";
import { AppError, isCancelled, type ErrorCode } from "../../../src/base/errors";
import { silentLogger } from "../../../src/base/logger";
import { loadEngine, type Blip2Engine } from "../../../src/engine/blip2Engine";
import { largestCosine } from "../../../src/engine/textComparer";
import { CountingFactory } from "../../helpers/countingFactory";
import { kitPicture, recordedCases } from "../../helpers/kitCases";
import { kitModel } from "../../helpers/kitModel";

describe("the score of a text for a picture", () => {
  const factory = new CountingFactory();
  let engine: Blip2Engine;

  before(async () => {
    const folder = await kitModel("itm");
    engine = await loadEngine({ folder, device: "cpu", logger: silentLogger, factory });
  });

  after(async () => {
    await engine.release();
    assert.deepEqual([factory.nLive, factory.nSessions], [0, 0]);
  });

  const fails = async (work: Promise<unknown>, code: ErrorCode): Promise<void> => {
    await assert.rejects(work, (thrown) => thrown instanceof AppError && thrown.code === code);
  };

  it("is that of transformers for every case of the kit", async () => {
    const cases = recordedCases("itm");
    assert.equal(cases.length, 32);
    for (const name of new Set(cases.map(({ image }) => image))) {
      const recorded = cases.filter(({ image }) => image === name);
      const texts = recorded.map(({ text }) => text);
      const image = kitPicture("itm", name);
      const { scores, cached, timings } = await engine.score({ image, texts, alpha: "drop" });
      assert.equal(cached.imageFeatures, "computed");
      assert.ok(timings.vision > 0 && timings.prefill > 0 && timings.decode === 0);
      assert.equal(scores.length, recorded.length);
      for (const [i, { text, itm, itc }] of scores.entries()) {
        const expected = recorded[i]!;
        assert.equal(text, expected.text);
        assert.ok(Math.abs(itm - expected.itm!) <= 1e-4, `itm ${itm} of ${expected.name}`);
        assert.ok(Math.abs(itc - expected.itc!) <= 1e-4, `itc ${itc} of ${expected.name}`);
      }
    }
  });

  it("looks at a picture once", async () => {
    const image = kitPicture("itm", "photo.png");
    const first = await engine.score({ image, texts: ["zebra!"] });
    const before = factory.count("vision_encoder");
    const again = await engine.score({ image, texts: ["zebra!"] });
    assert.equal(again.cached.imageFeatures, "memory");
    assert.deepEqual(again.scores, first.scores);
    assert.equal(factory.count("vision_encoder"), before);
  });

  it("is refused for no text, and before the picture is looked at for one that is too long", async () => {
    const image = kitPicture("itm", "flat.webp");
    const before = factory.runs.length;
    await fails(engine.score({ image, texts: [] }), "option.invalid");
    const texts = ["short", "a red circle ".repeat(100)];
    await fails(engine.score({ image, texts }), "prompt.tooLong");
    assert.equal(factory.runs.length, before);
  });

  it("may use every position of the table", async () => {
    const image = kitPicture("itm", "gray.png");
    // Two special tokens and one for each word of this kit's vocabulary.
    const texts = ["circle ".repeat(254)];
    const { scores } = await engine.score({ image, texts });
    assert.ok(Number.isFinite(scores[0]?.itm) && Number.isFinite(scores[0]?.itc));
    assert.ok(factory.sizes("qformer_text", "input_ids", 1).includes(256));
    await fails(engine.score({ image, texts: ["circle ".repeat(255)] }), "prompt.tooLong");
  });

  it("of an empty text is a number", async () => {
    const { scores } = await engine.score({ image: kitPicture("itm", "gray.png"), texts: [""] });
    assert.ok(Number.isFinite(scores[0]?.itm) && Number.isFinite(scores[0]?.itc));
  });

  it("stops between two texts when it is cancelled", async () => {
    const controller = new AbortController();
    const before = factory.count("qformer_itm");
    factory.onRun = ({ part }) => {
      if (part === "qformer_itm") controller.abort();
    };
    const image = kitPicture("itm", "gray.png");
    const score = engine.score({ image, texts: ["a", "b", "c"] }, { signal: controller.signal });
    await assert.rejects(score, isCancelled);
    factory.onRun = () => undefined;
    assert.equal(factory.count("qformer_itm") - before, 1);
  });

  it("takes the query that agrees most", () => {
    const queries = Float32Array.of(1, 0, 0, 1, -1, 0);
    assert.equal(largestCosine(queries, Float32Array.of(0.6, 0.8)), Math.fround(0.8));
    assert.equal(largestCosine(Float32Array.of(-1, 0), Float32Array.of(1, 0)), -1);
  });
});
