import assert from "node:assert/strict";
import { ratePerEpoch, ratePerStep } from "../../../../src/train/optimise/schedule";

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

describe("ratePerEpoch", () => {
  const options = { rate: 1e-3, warmupRate: 1e-4, warmupSteps: 4, minRate: 1e-5, epochs: 10 };
  const at = (epoch: number, iteration: number): number =>
    ratePerEpoch(options, { epoch, iteration });

  it("rises in the first epoch and stays there", () => {
    const expected = [1e-4, 3.25e-4, 5.5e-4, 7.75e-4, 1e-3, 1e-3];
    expected.forEach((rate, i) => {
      near(at(0, i), rate);
    });
  });

  it("follows a cosine from epoch to epoch, whatever the iteration", () => {
    near(at(5, 0), (1e-3 + 1e-5) / 2);
    near(at(5, 3), (1e-3 + 1e-5) / 2);
    near(at(10, 0), 1e-5);
  });

  it("begins at the full rate without a warm-up", () => {
    near(ratePerEpoch({ rate: 0.1, epochs: 3 }, { epoch: 0, iteration: 0 }), 0.1);
  });
});

describe("ratePerStep", () => {
  const options = { rate: 1, warmupSteps: 2, minRate: 0.2, steps: 7 };

  it("rises, falls along a cosine and ends at the least rate", () => {
    const rates = [0, 0.5, 1, 0.6 + 0.4 * Math.SQRT1_2, 0.6, 0.6 - 0.4 * Math.SQRT1_2, 0.2];
    rates.forEach((rate, step) => {
      near(ratePerStep(options, step), rate);
    });
  });

  it("stays there after the last step, and allows a single step", () => {
    near(ratePerStep(options, 9), 0.2);
    near(ratePerStep({ rate: 1, steps: 1 }, 0), 1);
  });
});
