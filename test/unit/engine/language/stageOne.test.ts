import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  BEAMS,
  closeEngines,
  COUNTED_DEVICES,
  failsWith,
  GREEDY,
  idsOf,
  openKit,
  request,
} from "../../../helpers/countedEngine";
import { kitPath } from "../../../helpers/fixtures";
import { kitPicture, recordedCases } from "../../../helpers/kitCases";
import { temporaryFolder } from "../../../helpers/kitModel";

const KIT = "blip2-stage1-pth";
const { temp } = JSON.parse(readFileSync(kitPath(KIT, "cases.json"), "utf8")) as { temp: number };
const captionOf = (image: string): ReturnType<typeof recordedCases>[number] => {
  const found = recordedCases(KIT).find((entry) => entry.image === image && entry.text === "");
  assert.ok(found);
  return found;
};

describe("an engine for BLIP-2's first stage", () => {
  afterEach(closeEngines);

  for (const device of COUNTED_DEVICES) {
    it(`writes captions behind the queries' keys and values (${device})`, async () => {
      const { engine, factory } = await openKit(KIT, { device });
      assert.equal(engine.info.kind, "stage1");
      for (const image of ["wide.png", "tall.png"]) {
        const { generation } = captionOf(image);
        const greedy = await engine.generate(request(KIT, { image, text: "", options: GREEDY }));
        assert.deepEqual(idsOf(greedy), generation?.["greedy"]?.ids);
        const beams = await engine.generate(request(KIT, { image, text: "", options: BEAMS }));
        assert.deepEqual(idsOf(beams), generation?.["beam5"]?.ids);
      }
      assert.equal(factory.count("qformer"), 2);
    });
  }

  it("writes the same from what was kept on disk, and goes on from a prompt", async () => {
    const featureCacheDir = await temporaryFolder();
    const first = await openKit(KIT, { featureCacheDir });
    const caption = { image: kitPicture(KIT, "wide.png"), alpha: "drop" } as const;
    const ask = {
      ...caption,
      prompt: { kind: "caption", prefix: "a red" },
      options: GREEDY,
    } as const;
    const fresh = await first.engine.generate(ask);
    await first.engine.prepare(caption);
    const again = await first.engine.generate(ask);
    assert.deepEqual(idsOf(again), idsOf(fresh));
    // Queries, [DEC] and one word; the last word's logits are needed.
    assert.equal(again.cached.prefixTokens, 8 + 2);
    const second = await openKit(KIT, { featureCacheDir });
    const kept = await second.engine.generate(ask);
    assert.equal(kept.cached.imageFeatures, "disk");
    assert.deepEqual(idsOf(kept), idsOf(fresh));
    assert.equal(second.factory.count("vision_encoder") + second.factory.count("qformer"), 0);
  });

  it("scores texts, and says how probable each is by the temperature of its training", async () => {
    const { engine } = await openKit(KIT);
    const cases = recordedCases(KIT).filter((entry) => entry.image === "wide.png" && entry.text);
    const image = kitPicture(KIT, "wide.png");
    const texts = cases.map(({ text }) => text);
    const { scores } = await engine.score({ image, texts, alpha: "drop" });
    const weights = cases.map(({ itc = 0 }) => Math.exp(itc / temp));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    for (const [i, { itc, itm, contrast = NaN }] of scores.entries()) {
      assert.ok(Math.abs(itc - (cases[i]?.itc ?? NaN)) <= 1e-4);
      assert.ok(Math.abs(itm - (cases[i]?.itm ?? NaN)) <= 1e-4);
      assert.ok(Math.abs(contrast - (weights[i] ?? NaN) / sum) <= 1e-4);
    }
    const alone = await engine.score({ image, texts: texts.slice(0, 1), alpha: "drop" });
    assert.equal(alone.scores[0]?.contrast, undefined);
  });

  it("answers no questions, and uses every position of the table but no more", async () => {
    const { engine } = await openKit(KIT);
    const image = kitPicture(KIT, "wide.png");
    const prompt = { kind: "question", question: "why?" } as const;
    await failsWith(engine.generate({ image, prompt }), "model.unsupported", "does not answer");
    // [DEC] and 255 words are the 256 positions; the queries take none.
    const options = { maxNewTokens: 1 };
    const full = request(KIT, { text: "circle ".repeat(255), options });
    assert.equal((await engine.generate(full)).tokens, 1);
    const over = request(KIT, { text: "circle ".repeat(256), options });
    await failsWith(engine.generate(over), "prompt.tooLong");
  });
});
