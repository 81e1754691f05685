/** Losses, as parts of a graph. */

import type { ValueName } from "../../convert/graph/graphBuilder";
import type { TrainingGraph } from "../grad/trainingGraph";

/**
 * Σ over rows of weight · −Σ target · log softmax(logits): with weights that add up to one a mean over what
 * counts, and with targets of more than one class a smoothed one.
 * @param spec `logits` and `target` [rows, classes], `weight` [rows, 1].
 * @returns a scalar.
 */
export function crossEntropy(
  g: TrainingGraph,
  path: string,
  spec: { readonly logits: ValueName; readonly target: ValueName; readonly weight: ValueName },
): ValueName {
  const op = (opType: string, inputs: readonly ValueName[]): ValueName =>
    g.node(path, { opType, inputs });
  const likely = op("Mul", [logSoftmax(g, path, spec.logits), spec.target]);
  return sumAll(g, path, op("Neg", [op("Mul", [likely, spec.weight])]));
}

/** x − max − ln Σ e^(x − max) over the last axis; no accelerator has the operator. */
function logSoftmax(g: TrainingGraph, path: string, x: ValueName): ValueName {
  const last = g.int64Constant("", [-1]);
  const keepdims = { int: 1 };
  const reduced = (opType: string, value: ValueName): ValueName =>
    g.node(path, { opType, inputs: [value, last], attributes: { keepdims } });
  // The result does not depend on what is subtracted.
  const most = g.stopGradient(path, reduced("ReduceMax", x));
  const below = g.node(path, { opType: "Sub", inputs: [x, most] });
  const sum = reduced("ReduceSum", g.node(path, { opType: "Exp", inputs: [below] }));
  return g.node(path, {
    opType: "Sub",
    inputs: [below, g.node(path, { opType: "Log", inputs: [sum] })],
  });
}

/** A scalar. */
export function sumAll(g: TrainingGraph, path: string, x: ValueName): ValueName {
  const axes = g.int64Constant("", [...g.shape(x).keys()]);
  return g.node(path, {
    opType: "ReduceSum",
    inputs: [x, axes],
    attributes: { keepdims: { int: 0 } },
  });
}

/**
 * Targets of classes by number: 1 at the class, or with smoothing 1 − ε there and ε/n more everywhere
 * (torch.nn.functional.cross_entropy).
 * @param spec `labels` f32 [rows, 1].
 * @returns f32 [rows, classes].
 */
export function oneHot(
  g: TrainingGraph,
  path: string,
  spec: { readonly labels: ValueName; readonly classes: number; readonly smoothing?: number },
): ValueName {
  const { labels, classes, smoothing = 0 } = spec;
  const numbers = Float32Array.from({ length: classes }, (_, i) => i);
  const all = g.tensorConstant(`/classes/${classes}`, numbers, [1, classes]);
  const isClass = g.node(path, { opType: "Equal", inputs: [labels, all] });
  return g.node(path, {
    opType: "Where",
    inputs: [
      isClass,
      g.floatConstant("", 1 - smoothing + smoothing / classes),
      g.floatConstant("", smoothing / classes),
    ],
  });
}
