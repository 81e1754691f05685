import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { AdamW, decays, type Parameter } from "../../../../src/train/optimise/adamW";

function parameters(): Map<string, Parameter> {
  return new Map([
    ["w.weight", { values: Float32Array.of(0.5, -1, 2, 0.25), shape: [2, 2] }],
    ["w.bias", { values: Float32Array.of(0.1, -0.2), shape: [2] }],
    ["temp", { values: Float32Array.of(0.07), shape: [] }],
  ]);
}

const STEPS = [
  { rate: 0.01, w: [0.3, -0.2, 0.01, 4], b: [1e-9, 0.5], temp: 2 },
  { rate: 0.02, w: [-0.1, 0, 0.02, -1], b: [0, 0.25], temp: -1 },
  { rate: 0.005, w: [0.2, 0.1, -0.5, 3], b: [3, -0.5], temp: 0.5 },
] as const;

function gradientsOf({ w, b, temp }: (typeof STEPS)[number]): Map<string, Float32Array> {
  return new Map([
    ["w.weight", Float32Array.from(w)],
    ["w.bias", Float32Array.from(b)],
    ["temp", Float32Array.of(temp)],
  ]);
}

function valuesOf(all: ReadonlyMap<string, Parameter>): number[] {
  return [...all.values()].flatMap(({ values }) => [...values]);
}

describe("AdamW", () => {
  // Recorded: torch.optim.AdamW of torch 2.13, betas (0.9, 0.98), eps 1e-8, the same numbers in two groups.
  const RECORDED = [
    0.4780789017677307, -0.973909318447113, 1.970266580581665, 0.22679242491722107,
    0.09504204988479614, -0.2292514592409134, 0.052835311740636826,
  ];

  it("gives the numbers of torch after three steps", () => {
    const all = parameters();
    const optimizer = new AdamW(all);
    for (const step of STEPS) optimizer.step(gradientsOf(step), { rate: step.rate });
    valuesOf(all).forEach((value, i) => {
      assert.ok(Math.abs(value - (RECORDED[i] ?? NaN)) < 2e-7, `${i}: ${value}, ${RECORDED[i]}`);
    });
  });

  it("goes on from a stored state as if it had never stopped", () => {
    const whole = parameters();
    const one = new AdamW(whole);
    const stopped = parameters();
    const before = new AdamW(stopped);
    const [first, ...others] = STEPS;
    one.step(gradientsOf(first), { rate: first.rate });
    before.step(gradientsOf(first), { rate: first.rate });
    const after = new AdamW(stopped, {}, new Map(before.state));
    for (const step of others) {
      one.step(gradientsOf(step), { rate: step.rate });
      after.step(gradientsOf(step), { rate: step.rate });
    }
    assert.deepEqual(valuesOf(stopped), valuesOf(whole));
  });

  it("multiplies gradients with a factor", () => {
    const [halved, whole] = [parameters(), parameters()];
    const doubled = new Map(
      [...gradientsOf(STEPS[0])].map(([name, values]) => [name, values.map((x) => 2 * x)]),
    );
    new AdamW(halved).step(doubled, { rate: 0.01, factor: 0.5 });
    new AdamW(whole).step(gradientsOf(STEPS[0]), { rate: 0.01 });
    assert.deepEqual(valuesOf(halved), valuesOf(whole));
  });

  it("ends at the floor of a tensor", () => {
    const all = parameters();
    new AdamW(all, { floors: { temp: 0.05 } }).step(gradientsOf(STEPS[0]), { rate: 0.1 });
    assert.deepEqual([...(all.get("temp")?.values ?? [])], [Math.fround(0.05)]);
  });

  it("leaves a tensor without a gradient as it is", () => {
    const all = parameters();
    new AdamW(all).step(new Map([["temp", Float32Array.of(1)]]), { rate: 0.1 });
    assert.deepEqual(valuesOf(all).slice(0, 6), valuesOf(parameters()).slice(0, 6));
  });

  it("refuses gradients and moments of another length, and names it does not know", () => {
    const optimizer = new AdamW(parameters());
    const moments = { first: new Float32Array(1), second: new Float32Array(1), steps: 1 };
    const wrong = [
      () => {
        optimizer.step(new Map([["temp", new Float32Array(2)]]), { rate: 0.1 });
      },
      () => {
        optimizer.step(new Map([["other", new Float32Array(2)]]), { rate: 0.1 });
      },
      () => new AdamW(parameters(), {}, new Map([["w.bias", moments]])),
    ];
    for (const act of wrong) {
      assert.throws(act, (error) => error instanceof AppError && error.code === "internal");
    }
  });

  it("lets vectors and biases be, and nothing else", () => {
    assert.deepEqual(
      [decays("norm.weight", [8]), decays("dense.bias", [8]), decays("odd.bias", [1, 8])],
      [false, false, false],
    );
    assert.deepEqual(
      [decays("temp", []), decays("query_tokens", [1, 4, 8]), decays("dense.weight", [8, 8])],
      [true, true, true],
    );
  });
});
