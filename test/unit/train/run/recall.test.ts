import assert from "node:assert/strict";
import { largestCosine } from "../../../../src/engine/textComparer";
import { recalls } from "../../../../src/train/run/recall";

const vector = (...values: number[]): Float32Array => Float32Array.from(values);

describe("recall", () => {
  it("lets the best of a picture's vectors decide", () => {
    assert.equal(largestCosine(vector(1, 0, 0, 1), vector(0, 1)), 1);
  });

  it("counts who stands before the right one, and a tie against it", () => {
    const texts = [vector(1, 0), vector(0, 1), vector(0.6, 0.8)];
    const found = recalls({ pictures: texts, texts });
    assert.equal(found["text→picture R@1"], 1);
    const same = recalls({ pictures: [texts[0]!, texts[0]!, texts[2]!], texts });
    assert.equal(same["picture→text R@1"], 2 / 3);
    assert.equal(same["text→picture R@1"], 1 / 3);
    assert.equal(same["text→picture R@5"], 1);
  });
});
