import assert from "node:assert/strict";
import { bestOf } from "../../../../src/search/scan/best";
import { SeededRandom } from "../../../helpers/random";

describe("bestOf", () => {
  it("is what sorting all would give", () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < 200; round++) {
      const scores = Float32Array.from({ length: random.int(60) }, () => random.int(12));
      const count = random.int(70);
      const sorted = [...scores.keys()].sort(
        (a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b,
      );
      assert.deepEqual(bestOf(scores, count), sorted.slice(0, count));
      const even = sorted.filter((place) => place % 2 === 0).slice(0, count);
      assert.deepEqual(
        bestOf(scores, count, (place) => place % 2 === 0),
        even,
      );
    }
  });

  it("leaves out what is no number", () => {
    assert.deepEqual(bestOf(Float32Array.of(NaN, 1, -Infinity, NaN), 9), [1, 2]);
  });
});
