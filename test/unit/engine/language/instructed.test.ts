import assert from "node:assert/strict";
import { instructionIds } from "../../../../src/engine/picture/queryStage";
import {
  closeEngines,
  COUNTED_DEVICES,
  equals,
  openKit,
  QUERIES,
  request,
  SQUARES,
} from "../../../helpers/countedEngine";
import { kitPicture, recordedCase } from "../../../helpers/kitCases";

const DESCRIBE = "Write a short description for the image.";
const LLAMA = "instructblip-llama";

describe("an engine for a Q-Former that reads the instruction", () => {
  afterEach(closeEngines);

  for (const kit of ["instructblip-t5", LLAMA]) {
    it(`runs the Q-Former anew for another question and keeps the picture (${kit})`, async () => {
      const { engine, factory } = await openKit(kit);
      const first = await engine.generate(request(kit, { text: DESCRIBE }));
      equals(first, { kit, image: "wide.png", text: DESCRIBE });
      assert.ok(first.timings.qformer > 0);
      factory.runs.splice(0);
      const second = await engine.generate(request(kit, { text: SQUARES }));
      equals(second, { kit, image: "wide.png", text: SQUARES });
      assert.deepEqual(second.cached, { imageFeatures: "memory", prefixTokens: 0 });
      assert.equal(factory.count("vision_encoder"), 0);
      assert.equal(factory.count("qformer"), 1);
    });
  }

  for (const device of COUNTED_DEVICES) {
    it(`goes on from a question that is asked again (${device})`, async () => {
      const { engine, factory } = await openKit(LLAMA, { device });
      await engine.generate(request(LLAMA, { text: DESCRIBE }));
      factory.runs.splice(0);
      const again = await engine.generate(request(LLAMA, { text: DESCRIBE }));
      equals(again, { kit: LLAMA, image: "wide.png", text: DESCRIBE });
      const { text_ids: ids } = recordedCase(LLAMA, "wide.png", DESCRIBE);
      assert.equal(again.cached.prefixTokens, QUERIES + ids.length - 1);
      assert.equal(factory.count("qformer"), 0);
    });
  }

  it("looks at a picture ahead, and leaves the question to the question", async () => {
    const { engine, factory } = await openKit(LLAMA);
    await engine.prepare({ image: kitPicture(LLAMA, "tall.png"), alpha: "drop" });
    assert.equal(factory.count("vision_encoder"), 1);
    assert.equal(factory.count("qformer") + factory.count("decoder"), 0);
    const options = request(LLAMA, { image: "tall.png", text: DESCRIBE });
    equals(await engine.generate(options), { kit: LLAMA, image: "tall.png", text: DESCRIBE });
    assert.equal(factory.count("vision_encoder"), 1);
  });
});

describe("the instruction of a Q-Former", () => {
  const tokenizer = {
    nPrefix: 1,
    encode: (text: string) => [2, ...text.split(" ").map(Number), 3],
  };

  it("keeps its end where it is longer than the table", () => {
    const of = (text: string, maxPositions: number): readonly number[] =>
      instructionIds(tokenizer, text, { maxPositions, vocabSize: 100 });
    assert.deepEqual(of("10 11 12", 5), [2, 10, 11, 12, 3]);
    assert.deepEqual(of("10 11 12 13", 5), [2, 11, 12, 13, 3]);
  });

  it("leaves out tokens that have no row", () => {
    const limits = { maxPositions: 9, vocabSize: 11 };
    assert.deepEqual(instructionIds(tokenizer, "10 11", limits), [2, 10, 3]);
  });
});
