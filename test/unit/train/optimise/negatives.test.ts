import assert from "node:assert/strict";
import { RandomStream } from "../../../../src/engine/decode/sampling";
import { drawRows, gumbelNoise } from "../../../../src/train/optimise/negatives";

describe("gumbelNoise", () => {
  it("draws a column as often as the row's softmax says", () => {
    const weights = [0.1, 0.2, 0.7];
    const rows = 20_000;
    const noise = gumbelNoise(RandomStream.seeded(4), rows, 3);
    const counts = [0, 0, 0];
    for (let row = 0; row < rows; row++) {
      const scores = weights.map((weight, i) => Math.log(weight) + (noise[row * 3 + i] ?? 0));
      const best = scores.indexOf(Math.max(...scores));
      counts[best] = (counts[best] ?? 0) + 1;
    }
    weights.forEach((weight, i) => {
      // Four standard errors.
      const error = 4 * Math.sqrt((weight * (1 - weight)) / rows);
      assert.ok(Math.abs((counts[i] ?? 0) / rows - weight) < error, counts.join());
    });
  });

  it("goes on from a stored state", () => {
    const random = RandomStream.seeded(4);
    gumbelNoise(random, 2, 2);
    const { state } = random;
    const next = gumbelNoise(random, 3, 2);
    assert.deepEqual(gumbelNoise(new RandomStream(state), 3, 2), next);
  });
});

describe("drawRows", () => {
  const weights = Float32Array.of(0, 0.25, 0.75, 0.5, 0.5, 0);

  it("takes the first column whose running sum exceeds the number", () => {
    assert.deepEqual(drawRows(weights, [0, 0]), [1, 0]);
    assert.deepEqual(drawRows(weights, [0.25, 0.5]), [2, 1]);
    assert.deepEqual(drawRows(weights, [0.99, 0.49]), [2, 0]);
  });

  it("never takes a column without weight, even if the sum stays below the number", () => {
    assert.deepEqual(drawRows(Float32Array.of(0.3, 0.3, 0), [0.99]), [1]);
  });
});
