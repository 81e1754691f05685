/** Derivatives of what works on each number for itself. dY is the gradient of the result. */

import type { Emitter, Rule } from "../emitter";
import type { ValueName } from "../../../convert/graph/graphBuilder";

/** A rule for one output and inputs that may have been repeated to meet. */
function meeting(derivatives: (e: Emitter, dY: ValueName) => readonly (() => ValueName)[]): Rule {
  return (e, [dY]) =>
    dY === undefined
      ? []
      : derivatives(e, dY).map((make, i) =>
          e.ifNeeded(i, () => e.unbroadcast(make(), e.shape(e.input(i)))),
        );
}

/** A rule for one input and one output. */
function unary(derivative: (e: Emitter, dY: ValueName) => ValueName): Rule {
  return (e, [dY]) => (dY === undefined ? [] : [derivative(e, dY)]);
}

/** y = a + b: da = db = dY. */
const add = meeting((_, dY) => [() => dY, () => dY]);

/** y = a − b: da = dY, db = −dY. */
const sub = meeting((e, dY) => [() => dY, () => e.neg(dY)]);

/** y = a·b: da = dY·b, db = dY·a. */
const mul = meeting((e, dY) => [() => e.mul(dY, e.input(1)), () => e.mul(dY, e.input(0))]);

/** y = a/b: da = dY/b, db = −dY·y/b. */
const div = meeting((e, dY) => [
  () => e.div(dY, e.input(1)),
  () => e.neg(e.div(e.mul(dY, e.output(0)), e.input(1))),
]);

/** 1 where a is greater than b. */
function greater(e: Emitter, a: ValueName, b: ValueName): ValueName {
  return e.op("Cast", [e.op("Greater", [a, b])], { to: { int: 1 } });
}

/** y = max(a, b): dY goes to the larger; to the second where they are equal. */
const max = meeting((e, dY) => {
  const isFirst = (): ValueName => greater(e, e.input(0), e.input(1));
  return [() => e.mul(dY, isFirst()), () => e.mul(dY, e.sub(e.number(1), isFirst()))];
});

/** y = min(a, b): dY goes to the smaller; to the second where they are equal. */
const min = meeting((e, dY) => {
  const isFirst = (): ValueName => greater(e, e.input(1), e.input(0));
  return [() => e.mul(dY, isFirst()), () => e.mul(dY, e.sub(e.number(1), isFirst()))];
});

/** y = x^p with a constant p: dx = dY·p·x^(p − 1). */
const pow: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const [x, p] = [e.input(0), e.input(1)];
  const slope = e.mul(p, e.op("Pow", [x, e.sub(p, e.number(1))]));
  return [e.ifNeeded(0, () => e.unbroadcast(e.mul(dY, slope), e.shape(x)))];
};

/** y = −x: dx = −dY. */
const neg = unary((e, dY) => e.neg(dY));

/** y = 1/x: dx = −dY·y². */
const reciprocal = unary((e, dY) => e.neg(e.mul(dY, e.mul(e.output(0), e.output(0)))));

/** y = eˣ: dx = dY·y. */
const exp = unary((e, dY) => e.mul(dY, e.output(0)));

/** y = ln x: dx = dY/x. */
const log = unary((e, dY) => e.div(dY, e.input(0)));

/** y = √x: dx = dY/(2y). */
const sqrt = unary((e, dY) => e.div(e.mul(dY, e.number(0.5)), e.output(0)));

/** y = tanh x: dx = dY·(1 − y²). */
const tanh = unary((e, dY) => e.mul(dY, e.sub(e.number(1), e.mul(e.output(0), e.output(0)))));

/** y = σ(x): dx = dY·y·(1 − y). */
const sigmoid = unary((e, dY) => e.mul(dY, e.mul(e.output(0), e.sub(e.number(1), e.output(0)))));

/** y = erf x: dx = dY·2/√π·e^(−x²). */
const erf = unary((e, dY) => {
  const bell = e.op("Exp", [e.neg(e.mul(e.input(0), e.input(0)))]);
  return e.mul(dY, e.mul(bell, e.number(2 / Math.sqrt(Math.PI))));
});

/** y = max(x, 0): dx = dY where y > 0, which is the sign of y; WebGPU has no operator for that. */
const relu = unary((e, dY) => {
  const y = e.output(0);
  const isAbove = e.g.device === "cpu" ? e.op("Sign", [y]) : greater(e, y, e.number(0));
  return e.mul(dY, isAbove);
});

/**
 * y = x·Φ(x), Φ the normal distribution (Hendrycks and Gimpel, arXiv 1606.08415): dx = dY·(Φ(x) + x·φ(x)).
 * The approximation is y = ½x(1 + t) with t = tanh(√(2/π)(x + 0.044715x³)):
 * dx = dY·(½(1 + t) + ½x(1 − t²)·√(2/π)(1 + 0.134145x²)).
 */
const gelu = unary((e, dY) => {
  const x = e.input(0);
  const approximate = e.node.attributes?.["approximate"];
  const isTanh =
    approximate !== undefined && "string" in approximate && approximate.string === "tanh";
  return e.mul(dY, isTanh ? tanhGeluSlope(e, x) : erfGeluSlope(e, x));
});

function erfGeluSlope(e: Emitter, x: ValueName): ValueName {
  const erfOf = e.op("Erf", [e.mul(x, e.number(Math.SQRT1_2))]);
  const below = e.mul(e.add(erfOf, e.number(1)), e.number(0.5));
  const bell = e.op("Exp", [e.mul(e.mul(x, x), e.number(-0.5))]);
  return e.add(below, e.mul(x, e.mul(bell, e.number(1 / Math.sqrt(2 * Math.PI)))));
}

function tanhGeluSlope(e: Emitter, x: ValueName): ValueName {
  const factor = Math.sqrt(2 / Math.PI);
  const squared = e.mul(x, x);
  const inner = e.mul(x, e.add(e.mul(squared, e.number(0.044715)), e.number(1)));
  const t = e.op("Tanh", [e.mul(inner, e.number(factor))]);
  const steep = e.mul(e.add(e.mul(squared, e.number(0.134145)), e.number(1)), e.number(factor));
  const bent = e.mul(x, e.mul(e.sub(e.number(1), e.mul(t, t)), steep));
  return e.mul(e.add(e.add(t, e.number(1)), bent), e.number(0.5));
}

/** y = x·σ(αx): dx = dY·σ·(1 + αx(1 − σ)). */
const quickGelu = unary((e, dY) => {
  const x = e.input(0);
  const value = e.node.attributes?.["alpha"];
  const alpha = value !== undefined && "float" in value ? value.float : 1.702;
  const scaled = e.mul(x, e.number(alpha));
  const s = e.op("Sigmoid", [scaled]);
  const bent = e.mul(scaled, e.sub(e.number(1), s));
  return e.mul(dY, e.mul(s, e.add(bent, e.number(1))));
});

/** y = a where a condition holds, else b: each gets dY where it was taken. */
const choose: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const zero = e.number(0);
  const [condition, a, b] = [e.input(0), e.input(1), e.input(2)];
  return [
    undefined,
    e.ifNeeded(1, () => e.unbroadcast(e.op("Where", [condition, dY, zero]), e.shape(a))),
    e.ifNeeded(2, () => e.unbroadcast(e.op("Where", [condition, zero, dY]), e.shape(b))),
  ];
};

/** y = x: dx = dY. */
const identity = unary((_, dY) => dY);

export const ELEMENTWISE_RULES = {
  Add: add,
  Sub: sub,
  Mul: mul,
  Div: div,
  Max: max,
  Min: min,
  Pow: pow,
  Neg: neg,
  Reciprocal: reciprocal,
  Exp: exp,
  Log: log,
  Sqrt: sqrt,
  Tanh: tanh,
  Sigmoid: sigmoid,
  Erf: erf,
  Relu: relu,
  Gelu: gelu,
  QuickGelu: quickGelu,
  Where: choose,
  Identity: identity,
} as const satisfies Readonly<Record<string, Rule>>;
