import assert from "node:assert/strict";
import {
  BEAMS,
  closeEngines,
  COLOUR,
  equals,
  failsWith,
  GREEDY,
  openKit,
  QUERIES,
  request,
  SQUARES,
} from "../../../helpers/countedEngine";
import { recordedCase } from "../../../helpers/kitCases";

describe("an engine for a picture and T5", () => {
  afterEach(closeEngines);

  it("runs the encoder again only for another prompt or picture", async () => {
    const { engine, factory } = await openKit("t5");
    const { text_ids } = recordedCase("t5", "wide.png", COLOUR);
    const ask = request("t5", { text: COLOUR });
    const first = await engine.generate(ask);
    assert.equal(first.cached.prefixTokens, 0);
    const again = await engine.generate(ask);
    assert.equal(again.cached.prefixTokens, QUERIES + text_ids.length);
    const beams = await engine.generate({ ...ask, options: BEAMS });
    assert.equal(beams.cached.prefixTokens, QUERIES + text_ids.length);
    assert.equal(factory.count("text_encoder"), 1);
    for (const result of [first, again]) {
      equals(result, { kit: "t5", image: "wide.png", text: COLOUR });
    }
    equals(beams, { kit: "t5", image: "wide.png", text: COLOUR, setting: "beam5" });
    const other = await engine.generate(request("t5", { image: "tall.png", text: COLOUR }));
    assert.equal(other.cached.prefixTokens, 0);
    equals(other, { kit: "t5", image: "tall.png", text: COLOUR });
    await engine.generate(request("t5", { image: "tall.png", text: SQUARES }));
    assert.equal(factory.count("text_encoder"), 3);
  });

  it("holds the keys and values of one prompt between questions", async () => {
    const { engine, factory } = await openKit("t5", { device: "webgpu" });
    for (const options of [GREEDY, BEAMS, { ...GREEDY, doSample: true, numReturnSequences: 4 }]) {
      for (const text of [COLOUR, SQUARES]) {
        await engine.generate(request("t5", { text, options }));
        // Two tensors in three layers.
        assert.equal(factory.nLive, 6);
      }
    }
  });

  it("refuses a prompt beyond what its memory allows", async () => {
    const { engine, factory } = await openKit("t5");
    const ask = request("t5", { text: "why? ".repeat(3000) });
    await failsWith(engine.generate(ask), "prompt.tooLong");
    assert.equal(factory.runs.length, 0);
  });
});
