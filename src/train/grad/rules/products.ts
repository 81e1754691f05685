/** Derivatives of products of matrices. dY is the gradient of the result. */

import { invariant } from "../../../base/assert";
import { intAttribute } from "../shapes";
import type { Rule } from "../emitter";

/** Y = A·B: dA = dY·Bᵀ, dB = Aᵀ·dY, summed over what was repeated to meet. */
const matMul: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const [a, b] = [e.input(0), e.input(1)];
  return [
    e.ifNeeded(0, () => e.unbroadcast(e.product(dY, b, { b: true }), e.shape(a))),
    e.ifNeeded(1, () => e.unbroadcast(e.product(a, dY, { a: true }), e.shape(b))),
  ];
};

/** Y = X·Wᵀ + b, [rows, in]·[out, in]ᵀ: dX = dY·W, dW = dYᵀ·X, db = Σ rows of dY. */
const gemm: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const isPlain =
    intAttribute(e.node, "transA", 0) === 0 && intAttribute(e.node, "transB", 0) === 1;
  invariant(isPlain, "Training differentiates Gemm as X·Wᵀ + b only.");
  const [x, w] = [e.input(0), e.input(1)];
  return [
    e.ifNeeded(0, () => e.op("Gemm", [dY, w])),
    e.ifNeeded(1, () => e.op("Gemm", [dY, x], { transA: { int: 1 } })),
    e.ifNeeded(2, () => e.sum(dY, [0], false)),
  ];
};

export const PRODUCT_RULES = {
  MatMul: matMul,
  Gemm: gemm,
} as const satisfies Readonly<Record<string, Rule>>;
