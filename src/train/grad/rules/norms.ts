/** Derivatives of what looks at a whole row, the last axis. dY is the gradient of the result. */

import type { Emitter, Rule } from "../emitter";
import type { ValueName } from "../../../convert/graph/graphBuilder";

/** y = softmax(x): dx = t − y·Σt with t = dY·y. */
const softmax: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const y = e.output(0);
  const t = e.mul(dY, y);
  return [e.sub(t, e.mul(y, e.sum(t, [-1], true)))];
};

/**
 * y = x̂·γ + β with x̂ = (x − mean)·r, r = 1/σ (Ba et al., arXiv 1607.06450), and g = dY·γ:
 * dx = r·(g − mean(g) − x̂·mean(g·x̂)), dγ = Σ dY·x̂, dβ = Σ dY. Means over a row are products with γ/d, which read
 * each number once and write none.
 */
const layerNorm: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const [x, gamma] = [e.input(0), e.input(1)];
  const width = e.shape(gamma)[0] ?? 1;
  const { hat, r } = standardised(e, x);
  const t = e.mul(dY, hat);
  return [
    e.ifNeeded(0, () => {
      const column = e.reshape(e.mul(gamma, e.number(1 / width)), [width, 1]);
      const along = e.mul(hat, e.product(t, column));
      const across = e.sub(e.mul(dY, gamma), e.product(dY, column));
      return e.mul(e.sub(across, along), r);
    }),
    e.ifNeeded(1, () => e.sumRows(t)),
    e.ifNeeded(2, () => e.sumRows(dY)),
  ];
};

/** x̂ and r, from the mean and r that the CPU's operator gives besides, or computed again. */
function standardised(e: Emitter, x: ValueName): { hat: ValueName; r: ValueName } {
  const [, mean, deviation] = e.node.outputs;
  const centred = e.sub(x, mean ?? e.meanOfLast(x));
  const r = deviation ?? inverseDeviation(e, centred);
  return { hat: e.mul(centred, r), r };
}

/**
 * y = x̂·γ with x̂ = x·r, r = 1/√(mean x² + ε) (Zhang and Sennrich, arXiv 1910.07467), and g = dY·γ:
 * dx = r·(g − x̂·mean(g·x̂)), dγ = Σ dY·x̂.
 */
const rmsNorm: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const x = e.input(0);
  const r = inverseDeviation(e, x);
  const hat = e.mul(x, r);
  return [
    e.ifNeeded(0, () => {
      const g = e.mul(dY, e.input(1));
      return e.mul(r, e.sub(g, e.mul(hat, e.meanOfLast(e.mul(g, hat)))));
    }),
    e.ifNeeded(1, () => e.sumRows(e.mul(dY, hat))),
  ];
};

/**
 * 1/√(mean x² + ε). Computed again, because the second output of the norms is wrong on some devices
 * (SimplifiedLayerNormalization of ONNX Runtime 1.30 on WebGPU).
 */
function inverseDeviation(e: Emitter, x: ValueName): ValueName {
  const epsilon = e.node.attributes?.["epsilon"];
  const value = epsilon !== undefined && "float" in epsilon ? epsilon.float : 1e-5;
  const variance = e.meanOfLast(e.mul(x, x));
  return e.op("Reciprocal", [e.op("Sqrt", [e.add(variance, e.number(value))])]);
}

export const NORM_RULES = {
  Softmax: softmax,
  LayerNormalization: layerNorm,
  SimplifiedLayerNormalization: rmsNorm,
} as const satisfies Readonly<Record<string, Rule>>;
