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

/**
 * Y = X·Wᵀ + b, [rows, in]·[out, in]ᵀ: dX = dY·W, dW = dYᵀ·X, db = Σ rows of dY.
 * Y = X·W + b, [rows, in]·[in, out]: dX = dY·Wᵀ, dW = Xᵀ·dY.
 */
const gemm: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  invariant(intAttribute(e.node, "transA", 0) === 0, "Training differentiates no Gemm of Xᵀ.");
  const isTurned = intAttribute(e.node, "transB", 0) === 1;
  const [x, w] = [e.input(0), e.input(1)];
  const turned = { int: 1 };
  return [
    e.ifNeeded(0, () => e.op("Gemm", [dY, e.g.anew(w, dY)], isTurned ? {} : { transB: turned })),
    e.ifNeeded(1, () => e.op("Gemm", isTurned ? [dY, x] : [x, dY], { transA: turned })),
    e.ifNeeded(2, () => e.sum(dY, [0], false)),
  ];
};

export const PRODUCT_RULES = {
  MatMul: matMul,
  Gemm: gemm,
} as const satisfies Readonly<Record<string, Rule>>;
