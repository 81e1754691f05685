/**
 * The shape of every value of a graph whose inputs have known sizes: what the backward of broadcasts,
 * reshapes and splits needs. One function for each operator; integers that a graph holds as constants are
 * known too.
 */

import { AppError } from "../../base/errors";
import { invariant } from "../../base/assert";
import type { NodeSpec, ValueName } from "../../convert/graph/graphBuilder";

export type Shape = readonly number[];

/** What is known of the values before a node. */
export interface Known {
  /** @throws AppError `internal` for a value that no node has given. */
  shape(value: ValueName): Shape;
  /** The integers of a constant. @throws AppError `internal` for any other value. */
  ints(value: ValueName): readonly number[];
}

type ShapeOf = (node: NodeSpec, known: Known, nOutputs: number) => readonly Shape[];

/**
 * The shapes of a node's outputs.
 * @throws AppError `model.unsupported` naming an operator that has no function here.
 */
export function outputShapes(node: NodeSpec, known: Known, nOutputs: number): readonly Shape[] {
  const shapeOf = SHAPES[node.opType];
  if (shapeOf !== undefined) return shapeOf(node, known, nOutputs);
  throw new AppError(
    "model.unsupported",
    `Training knows no shape of the operator ${node.opType}. Add it to the table in shapes.ts.`,
    { detail: { operator: node.opType } },
  );
}

/** How many numbers a shape holds. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Sizes of two values that meet (ONNX, multidirectional broadcasting). */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    invariant(x === y || x === 1 || y === 1, `[${a.join()}] and [${b.join()}] do not meet.`);
    return x === 1 ? y : x;
  });
}

/** A whole attribute; negative axes count from the end. */
export function intAttribute(node: NodeSpec, name: string, fallback: number): number {
  const value = node.attributes?.[name];
  return value !== undefined && "int" in value ? value.int : fallback;
}

export function intsAttribute(node: NodeSpec, name: string): readonly number[] {
  const value = node.attributes?.[name];
  invariant(value !== undefined && "ints" in value, `${node.opType} has no ${name}.`);
  return value.ints;
}

export function axisOf(axis: number, shape: Shape): number {
  return axis < 0 ? axis + shape.length : axis;
}

/** The input at an index. */
export function inputOf({ inputs, opType }: NodeSpec, index: number): ValueName {
  const value = inputs[index];
  invariant(value !== undefined && value !== "", `${opType} has no input ${index}.`);
  return value;
}

const sameAsFirst: ShapeOf = (node, known) => [known.shape(inputOf(node, 0))];

const broadcastAll: ShapeOf = (node, known) => [
  node.inputs.map((value) => known.shape(value)).reduce(broadcast),
];

const matMul: ShapeOf = (node, known) => {
  const turned = (shape: Shape, name: string): Shape =>
    intAttribute(node, name, 0) === 0
      ? shape
      : [...shape.slice(0, -2), ...shape.slice(-2).reverse()];
  const a = turned(known.shape(inputOf(node, 0)), "transA");
  const b = turned(known.shape(inputOf(node, 1)), "transB");
  invariant(a.at(-1) === b.at(-2), `[${a.join()}] cannot be multiplied by [${b.join()}].`);
  return [[...broadcast(a.slice(0, -2), b.slice(0, -2)), a.at(-2) ?? 1, b.at(-1) ?? 1]];
};

const reduced: ShapeOf = (node, known) => {
  const shape = known.shape(inputOf(node, 0));
  const axes = new Set(known.ints(inputOf(node, 1)).map((axis) => axisOf(axis, shape)));
  const isKept = intAttribute(node, "keepdims", 1) === 1;
  return [shape.flatMap((dim, i) => (!axes.has(i) ? [dim] : isKept ? [1] : []))];
};

const argMax: ShapeOf = (node, known) => {
  const shape = known.shape(inputOf(node, 0));
  const at = axisOf(intAttribute(node, "axis", 0), shape);
  const isKept = intAttribute(node, "keepdims", 1) === 1;
  return [shape.flatMap((dim, i) => (i !== at ? [dim] : isKept ? [1] : []))];
};

const reshaped: ShapeOf = (node, known) => {
  const from = known.shape(inputOf(node, 0));
  const wanted = known.ints(inputOf(node, 1)).map((dim, i) => (dim === 0 ? (from[i] ?? 1) : dim));
  const rest = sizeOf(from) / sizeOf(wanted.filter((dim) => dim !== -1));
  const shape = wanted.map((dim) => (dim === -1 ? rest : dim));
  invariant(sizeOf(shape) === sizeOf(from), `[${from.join()}] cannot become [${shape.join()}].`);
  return [shape];
};

const transposed: ShapeOf = (node, known) => {
  const shape = known.shape(inputOf(node, 0));
  return [intsAttribute(node, "perm").map((from) => shape[from] ?? 1)];
};

const concatenated: ShapeOf = (node, known) => {
  const shapes = node.inputs.map((value) => known.shape(value));
  const [first = []] = shapes;
  const at = axisOf(intAttribute(node, "axis", 0), first);
  const length = shapes.reduce((sum, shape) => sum + (shape[at] ?? 0), 0);
  return [first.map((dim, i) => (i === at ? length : dim))];
};

const split: ShapeOf = (node, known, nOutputs) => {
  const shape = known.shape(inputOf(node, 0));
  const at = axisOf(intAttribute(node, "axis", 0), shape);
  const equal = Array.from({ length: nOutputs }, () => (shape[at] ?? 0) / nOutputs);
  const sizes = node.inputs[1] === undefined ? equal : known.ints(node.inputs[1]);
  return sizes.map((size) => shape.map((dim, i) => (i === at ? size : dim)));
};

const sliced: ShapeOf = (node, known) => {
  const shape = [...known.shape(inputOf(node, 0))];
  const axes = known.ints(inputOf(node, 3));
  const bounds = sliceBounds(node, known);
  axes.forEach((axis, i) => {
    const { begin = 0, end = 0 } = bounds[i] ?? {};
    shape[axisOf(axis, shape)] = end - begin;
  });
  return [shape];
};

/** Where a Slice begins and ends along each of its axes. */
export function sliceBounds(node: NodeSpec, known: Known): { begin: number; end: number }[] {
  const shape = known.shape(inputOf(node, 0));
  const ends = known.ints(inputOf(node, 2));
  const axes = known.ints(inputOf(node, 3));
  return known.ints(inputOf(node, 1)).map((from, i) => {
    const size = shape[axisOf(axes[i] ?? 0, shape)] ?? 0;
    const within = (at: number): number => Math.min(size, Math.max(0, at < 0 ? at + size : at));
    return { begin: within(from), end: within(ends[i] ?? size) };
  });
}

const expanded: ShapeOf = (node, known) => [
  broadcast(known.shape(inputOf(node, 0)), known.ints(inputOf(node, 1))),
];

const gathered: ShapeOf = (node, known) => {
  const table = known.shape(inputOf(node, 0));
  const axis = intAttribute(node, "axis", 0);
  return [[...table.slice(0, axis), ...known.shape(inputOf(node, 1)), ...table.slice(axis + 1)]];
};

const normalised: ShapeOf = (node, known, nOutputs) => {
  const shape = known.shape(inputOf(node, 0));
  return [shape, [...shape.slice(0, -1), 1], [...shape.slice(0, -1), 1]].slice(0, nOutputs);
};

/** [B, C, H, W] and [O, C, kh, kw]. */
const convolved: ShapeOf = (node, known) => {
  const [x, w] = [known.shape(inputOf(node, 0)), known.shape(inputOf(node, 1))];
  const { strides, pads, dilations } = convolutionOf(node);
  const side = (i: 0 | 1): number => {
    const reach = ((w[2 + i] ?? 1) - 1) * dilations[i] + 1;
    return Math.floor(((x[2 + i] ?? 1) + 2 * pads[i] - reach) / strides[i]) + 1;
  };
  return [[x[0] ?? 1, w[0] ?? 1, side(0), side(1)]];
};

/** [B, O, h, w] and [O, C, kh, kw]: what a convolution has read. */
const unconvolved: ShapeOf = (node, known) => {
  const [y, w] = [known.shape(inputOf(node, 0)), known.shape(inputOf(node, 1))];
  const { strides, pads } = convolutionOf(node);
  const side = (i: 0 | 1): number =>
    ((y[2 + i] ?? 1) - 1) * strides[i] + (w[2 + i] ?? 1) - 2 * pads[i];
  return [[y[0] ?? 1, w[1] ?? 1, side(0), side(1)]];
};

type Two = readonly [number, number];

/** Strides, the same padding before and behind, and how far the places of the kernel are apart. */
export function convolutionOf(node: NodeSpec): { strides: Two; pads: Two; dilations: Two } {
  const two = (name: string, fallback: number): Two => {
    const value = node.attributes?.[name];
    const ints = value !== undefined && "ints" in value ? value.ints : [];
    return [ints[0] ?? fallback, ints[1] ?? fallback];
  };
  return { strides: two("strides", 1), pads: two("pads", 0), dilations: two("dilations", 1) };
}

const unsqueezed: ShapeOf = (node, known) => {
  const shape = [...known.shape(inputOf(node, 0))];
  for (const axis of known.ints(inputOf(node, 1))) shape.splice(axis, 0, 1);
  return [shape];
};

/** Rows of a table of codes, whose scales are [rows, blocks]. */
const gatheredBlocks: ShapeOf = (node, known) => {
  const blocks = known.shape(inputOf(node, 2)).at(-1) ?? 1;
  return [[...known.shape(inputOf(node, 1)), blocks * intAttribute(node, "block_size", 1)]];
};

const constantOf: ShapeOf = (node, known) => [known.ints(inputOf(node, 0))];

const SHAPES: Readonly<Partial<Record<string, ShapeOf>>> = {
  ...Object.fromEntries(
    [
      ...[
        "Identity",
        "Relu",
        "Gelu",
        "QuickGelu",
        "Exp",
        "Log",
        "Sqrt",
        "Erf",
        "Neg",
        "Abs",
        "Sign",
      ],
      ...[
        "Reciprocal",
        "Tanh",
        "Sigmoid",
        "Softmax",
        "LogSoftmax",
        "Cast",
        "ScatterND",
        "DequantizeLinear",
      ],
    ].map((opType) => [opType, sameAsFirst]),
  ),
  ...Object.fromEntries(
    ["Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "Where", "Equal", "Greater"].map((opType) => [
      opType,
      broadcastAll,
    ]),
  ),
  ...Object.fromEntries(["MatMul", "FusedMatMul", "Gemm"].map((opType) => [opType, matMul])),
  ...Object.fromEntries(
    ["ReduceSum", "ReduceMean", "ReduceMax"].map((opType) => [opType, reduced]),
  ),
  ArgMax: argMax,
  Reshape: reshaped,
  Transpose: transposed,
  Concat: concatenated,
  Split: split,
  Slice: sliced,
  Unsqueeze: unsqueezed,
  Expand: expanded,
  Gather: gathered,
  GatherBlockQuantized: gatheredBlocks,
  LayerNormalization: normalised,
  SimplifiedLayerNormalization: normalised,
  Conv: convolved,
  ConvTranspose: unconvolved,
  ConstantOfShape: constantOf,
};
