import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import {
  argmax,
  RandomStream,
  sampleIndex,
  TopCandidates,
} from "../../../../src/engine/decode/sampling";

describe("RandomStream", () => {
  it("gives the published outputs of xoshiro128** 1.1 from the state 1, 2, 3, 4", () => {
    const random = new RandomStream([1, 2, 3, 4]);
    const outputs = Array.from({ length: 10 }, () => random.nextUint32());
    assert.deepEqual(
      outputs,
      [
        11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
        4258142804,
      ],
    );
  });

  it("refuses the state from which only zeros come", () => {
    assert.throws(
      () => new RandomStream([0, 0, 0, 0]),
      (error) => error instanceof AppError && error.code === "internal",
    );
  });

  it("gives every seed and stream numbers of its own, and the same ones again", () => {
    const head = (seed: number, stream?: number): string => {
      const random = RandomStream.seeded(seed, stream);
      return [random.nextUint32(), random.nextUint32(), random.nextUint32()].join();
    };
    const seeds = [0, 1, 2, 3, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];
    const heads = seeds.flatMap((seed) => [0, 1, 2, 63].map((stream) => head(seed, stream)));
    assert.equal(new Set(heads).size, 28);
    assert.equal(head(5), head(5, 0));
    assert.equal(head(5, 3), head(5, 3));
  });

  it("spreads numbers evenly over [0, 1), for one seed and over the first draws of many", () => {
    const one = RandomStream.seeded(9);
    const sources = [
      (): number => one.nextUnit(),
      (i: number): number => RandomStream.seeded(i).nextUnit(),
      (i: number): number => RandomStream.seeded(0, i).nextUnit(),
    ];
    for (const source of sources) {
      const counts = new Array<number>(20).fill(0);
      for (let i = 0; i < 20_000; i++) {
        const unit = source(i);
        assert.ok(unit >= 0 && unit < 1);
        counts[Math.floor(unit * 20)]!++;
      }
      assertLikely(counts, new Array<number>(20).fill(1 / 20));
    }
  });

  it("gives Gumbel noise that is finite and has its mean and spread", () => {
    const random = RandomStream.seeded(4);
    const noise = Array.from({ length: 40_000 }, () => random.nextGumbel());
    assert.ok(noise.every(Number.isFinite));
    const mean = noise.reduce((a, b) => a + b) / noise.length;
    const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length;
    // The Euler-Mascheroni constant and pi^2 / 6.
    assert.ok(Math.abs(mean - 0.5772) < 0.02, `mean ${mean}`);
    assert.ok(Math.abs(variance - 1.6449) < 0.06, `variance ${variance}`);
  });

  it("gives finite Gumbel noise at both ends of the unit interval", () => {
    for (const unit of [0, 1 - 2 ** -53]) {
      const random = RandomStream.seeded(0);
      random.nextUnit = () => unit;
      assert.ok(Number.isFinite(random.nextGumbel()), `${unit}`);
    }
  });
});

describe("argmax", () => {
  it("takes the lowest of equals", () => {
    assert.equal(argmax(Float32Array.of(-2, 7, 3, 7)), 1);
    assert.equal(argmax(new Float32Array(3).fill(-Infinity)), 0);
    assert.equal(argmax(Float32Array.of(-Infinity, -Infinity, -1e30)), 2);
  });
});

describe("sampleIndex", () => {
  it("draws each index with its probability", () => {
    const weights = [0.5, 0.25, 0.125, 0.0625, 0.0625];
    // A common offset must not matter, even one beyond the range of exp.
    for (const offset of [0, 1000, -1000]) {
      const scores = Float32Array.from(weights, (weight) => Math.log(weight) + offset);
      const random = RandomStream.seeded(2);
      const counts = [0, 0, 0, 0, 0];
      for (let i = 0; i < 20_000; i++) counts[sampleIndex(scores, random)]!++;
      assertLikely(counts, weights);
    }
  });

  it("never draws what is forbidden, at either end of the interval", () => {
    const scores = Float32Array.of(-Infinity, 0, -Infinity, 1, -Infinity);
    const random = RandomStream.seeded(0);
    random.nextUnit = () => 0;
    assert.equal(sampleIndex(scores, random), 1);
    random.nextUnit = () => 1 - 2 ** -53;
    assert.equal(sampleIndex(scores, random), 3);
  });

  it("refuses a row in which everything is forbidden", () => {
    assert.throws(
      () => sampleIndex(new Float32Array(4).fill(-Infinity), RandomStream.seeded(0)),
      (error) => error instanceof AppError && error.code === "option.invalid",
    );
  });
});

describe("TopCandidates", () => {
  it("keeps what a full sort puts first, over many sizes and with many equals", () => {
    const random = RandomStream.seeded(3);
    for (const length of [1, 2, 9, 100, 3000]) {
      for (const capacity of [1, 2, 10, 48]) {
        for (const nLevels of [2, 30, 1e9]) {
          const scores = Float32Array.from({ length }, () =>
            Math.floor(random.nextUnit() * nLevels),
          );
          const top = new TopCandidates(capacity);
          top.offerRow(scores, -4, 0);
          const sorted = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
          const kept = top.bestFirst();
          assert.deepEqual(
            kept.map(({ index }) => index),
            sorted.slice(0, capacity),
          );
          assert.deepEqual(
            kept.map(({ key }) => key),
            kept.map(({ index }) => Math.fround(scores[index]! - 4)),
          );
          assert.equal(top.worstKey(), kept.at(-1)!.key);
        }
      }
    }
  });

  it("gives the same whatever the order of the offers", () => {
    const keys = [3, 1, 3, 2, 3, -Infinity, 0, 3];
    for (const order of [
      [0, 1, 2, 3, 4, 5, 6, 7],
      [7, 6, 5, 4, 3, 2, 1, 0],
      [4, 1, 7, 5, 0, 6, 2, 3],
    ]) {
      const top = new TopCandidates(3);
      for (const index of order) top.offer(keys[index]!, index);
      assert.deepEqual(
        top.bestFirst().map(({ index }) => index),
        [0, 2, 4],
      );
    }
  });

  it("merges rows with bases of their own and forgets them when cleared", () => {
    const top = new TopCandidates(3);
    top.offerRow(Float32Array.of(1, 2, 3), 0, 0);
    top.offerRow(Float32Array.of(1, 2, 3), 0.5, 3);
    top.offerRow(Float32Array.of(1, 2, 3), -1e9, 6);
    assert.deepEqual(top.bestFirst(), [
      { key: 3.5, index: 5 },
      { key: 3, index: 2 },
      { key: 2.5, index: 4 },
    ]);
    top.clear();
    assert.equal(top.worstKey(), -Infinity);
    top.offerRow(Float32Array.of(-Infinity, -1), 0, 0);
    assert.deepEqual(top.bestFirst(), [
      { key: -1, index: 1 },
      { key: -Infinity, index: 0 },
    ]);
  });
});

/** Chi-square below its mean plus four standard deviations. */
function assertLikely(counts: readonly number[], probabilities: readonly number[]): void {
  const total = counts.reduce((a, b) => a + b);
  const chiSquare = counts.reduce((sum, count, i) => {
    const expected = total * probabilities[i]!;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  const freedom = counts.length - 1;
  assert.ok(chiSquare < freedom + 4 * Math.sqrt(2 * freedom), `chi-square ${chiSquare}`);
}
