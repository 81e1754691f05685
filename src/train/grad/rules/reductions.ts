/** Derivatives of sums, means and maxima over axes. dY is the gradient of the result. */

import type { ValueName } from "../../../convert/graph/graphBuilder";
import type { Emitter, Rule } from "../emitter";
import { axisOf, sizeOf } from "../shapes";

/** The axes that were reduced, with length 1 again. */
function kept(e: Emitter, value: ValueName): ValueName {
  const shape = e.shape(e.input(0));
  const axes = new Set(e.g.ints(e.input(1)).map((axis) => axisOf(axis, shape)));
  return e.reshape(
    value,
    shape.map((dim, i) => (axes.has(i) ? 1 : dim)),
  );
}

/** y = Σ x: dx = dY, repeated. */
const reduceSum: Rule = (e, [dY]) =>
  dY === undefined ? [] : [e.op("Expand", [kept(e, dY), e.ints(e.shape(e.input(0)))])];

/** y = Σ x/n: dx = dY/n, repeated. */
const reduceMean: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const shape = e.shape(e.input(0));
  const n = sizeOf(shape) / sizeOf(e.shape(e.output(0)));
  return [e.op("Expand", [e.mul(kept(e, dY), e.number(1 / n)), e.ints(shape)])];
};

/** y = max x: dY goes to where x is y; all of several maxima get it. */
const reduceMax: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const isMaximum = e.op("Equal", [e.input(0), kept(e, e.output(0))]);
  return [e.mul(e.op("Cast", [isMaximum], { to: { int: 1 } }), kept(e, dY))];
};

export const REDUCTION_RULES = {
  ReduceSum: reduceSum,
  ReduceMean: reduceMean,
  ReduceMax: reduceMax,
} as const satisfies Readonly<Record<string, Rule>>;
