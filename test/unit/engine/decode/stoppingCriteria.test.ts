import assert from "node:assert/strict";
import { finishReasonOf, type StoppingRules } from "../../../../src/engine/decode/stoppingCriteria";

const RULES: StoppingRules = {
  maxNewTokens: 5,
  stopStrings: [],
  eosTokenIds: [0, 9],
  decode: (ids) => ids.map((id) => "·abcdefgh·"[id]).join(""),
};

describe("finishReasonOf", () => {
  it("goes on before the first token and while nothing ends the text", () => {
    assert.equal(finishReasonOf([], RULES), undefined);
    assert.equal(finishReasonOf([1, 2, 3, 4], RULES), undefined);
  });

  it("ends at any of the end-of-sequence ids, but only in the last place", () => {
    assert.equal(finishReasonOf([1, 0], RULES), "eos");
    assert.equal(finishReasonOf([9], RULES), "eos");
    assert.equal(finishReasonOf([0, 1], RULES), undefined);
  });

  it("ends at the limit of new tokens", () => {
    assert.equal(finishReasonOf([1, 1, 1, 1, 1], RULES), "length");
  });

  it("ends when a stop string is complete, across tokens and inside of one", () => {
    const rules = { ...RULES, stopStrings: ["zz", "bc"] };
    assert.equal(finishReasonOf([1, 2], rules), undefined);
    assert.equal(finishReasonOf([1, 2, 3], rules), "stop");
    const wide = { ...rules, decode: () => "xbcx" };
    assert.equal(finishReasonOf([7], wide), "stop");
  });

  it("prefers the end of the sequence to a stop string, and that to the limit", () => {
    const rules = { ...RULES, stopStrings: ["a"] };
    assert.equal(finishReasonOf([1, 0], rules), "eos");
    assert.equal(finishReasonOf([2, 2, 2, 2, 1], rules), "stop");
    assert.equal(finishReasonOf([2, 2, 2, 2, 0], rules), "eos");
  });

  it("decodes nothing when there are no stop strings", () => {
    const rules = {
      ...RULES,
      decode: (): string => {
        throw new Error("must not be called");
      },
    };
    assert.equal(finishReasonOf([1], rules), undefined);
  });
});
