import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { clipFactor, GradientSum, globalNorm } from "../../../../src/train/optimise/gradients";

const one = (...values: number[]): Map<string, Float32Array> =>
  new Map([["a", Float32Array.from(values)]]);

describe("GradientSum", () => {
  it("gives sums, the factor of their mean, and begins anew", () => {
    const sum = new GradientSum();
    sum.add(one(1, 2));
    sum.add(one(3, 6));
    assert.equal(sum.count, 2);
    const { gradients, factor } = sum.take();
    assert.deepEqual([...(gradients.get("a") ?? [])], [4, 8]);
    assert.equal(factor, 0.5);
    sum.add(one(5, 5));
    assert.deepEqual([...(sum.take().gradients.get("a") ?? [])], [5, 5]);
  });

  it("takes a tensor that only one of the batches reached as it is", () => {
    const sum = new GradientSum();
    sum.add(one(1));
    sum.add(new Map([["b", Float32Array.of(7)]]));
    assert.deepEqual([...(sum.take().gradients.get("b") ?? [])], [7]);
  });

  it("refuses to take nothing, and other lengths", () => {
    const sum = new GradientSum();
    const isInternal = (error: unknown): boolean =>
      error instanceof AppError && error.code === "internal";
    assert.throws(() => sum.take(), isInternal);
    sum.add(one(1));
    assert.throws(() => {
      sum.add(one(1, 2));
    }, isInternal);
  });
});

describe("globalNorm and clipFactor", () => {
  it("measure all tensors together", () => {
    const gradients = new Map([...one(3, 4), ["b", Float32Array.of(12)]] as const);
    assert.equal(globalNorm(gradients), 13);
  });

  it("shorten what is too long and nothing else", () => {
    assert.ok(Math.abs(clipFactor(13, 1) - 1 / 13) < 1e-7);
    assert.equal(clipFactor(0.5, 1), 1);
    assert.equal(clipFactor(0, 1), 1);
  });

  it("say when a number is not finite", () => {
    assert.equal(Number.isFinite(globalNorm(one(1, NaN))), false);
    assert.equal(Number.isFinite(globalNorm(one(1, Infinity))), false);
  });
});
