/**
 * Linear layers, in the operator that suits the precision and the device. B batch, S positions.
 */

import type { Precision } from "../../model/precision/precision";
import type { DataEntry } from "../weights/dataFile";
import { blockFormat, blocksPerRow, type BlockFormat } from "../weights/quantize";
import {
  channelEntry,
  matMulCodeDims,
  quantizedEntry,
  transposedEntry,
} from "../weights/weightEntries";
import type { WeightSource } from "../checkpoint/weightSource";
import type { GraphBuilder, ValueName } from "./graphBuilder";
import { add, FLOAT, MICROSOFT, mul, reshape, transpose, vector } from "./ops";

/** ONNX's number for float16. */
const FLOAT16 = 10;

/** Int8 activations: twice as fast on the CPU for an error below that of the weights (measured). */
const INT8_ACTIVATIONS = 4;
const FLOAT_ACTIVATIONS = 1;

export interface LinearSpec {
  /** [out, in] as PyTorch stores it. */
  readonly weight: WeightSource;
  /** [out]. */
  readonly bias?: WeightSource;
  readonly precision: Precision;
  /** Some inputs are far larger than the others, which must not lose their precision to them. @default false */
  readonly hasOutliers?: boolean;
}

/** [B, S, in] → [B, S, out]. */
export function linear(g: GraphBuilder, path: string, x: ValueName, spec: LinearSpec): ValueName {
  const { weight } = spec;
  if (g.training !== undefined) {
    return g.training.linear(path, x, { ...spec, stored: () => matrixEntry(path, spec) });
  }
  const precision = linearPrecision(spec);
  const bias = spec.bias === undefined ? undefined : vector(g, `${path}/bias`, spec.bias);
  const withBias = (product: ValueName): ValueName =>
    bias === undefined ? product : add(g, path, [product, bias]);
  switch (precision.kind) {
    case "f32": {
      const [w = ""] = g.weights(matrixEntry(path, spec));
      return withBias(g.node(path, { opType: "MatMul", inputs: [x, w] }));
    }
    case "f16": {
      const [w = ""] = g.weights(matrixEntry(path, spec));
      const half = cast(g, path, x, FLOAT16);
      return withBias(cast(g, path, g.node(path, { opType: "MatMul", inputs: [half, w] }), FLOAT));
    }
    case "w8a8":
      return g.target === "accelerator"
        ? byBlocks(g, path, { x, weight, bias })
        : withBias(byPosition(g, path, { x, weight }));
    case "int8":
    case "int4": {
      const format = blockFormat(precision);
      const [codes = "", scales = ""] = g.weights(matrixEntry(path, spec));
      const product = { x, codes, scales, bias, weight, format };
      if (spec.hasOutliers !== true) {
        return matMulNBits(g, path, { ...product, accuracy: INT8_ACTIVATIONS });
      }
      if (g.target === "accelerator") {
        return matMulNBits(g, path, { ...product, accuracy: FLOAT_ACTIVATIONS });
      }
      // Four bits lose far more of the weights than eight of the inputs.
      return precision.kind === "int4"
        ? matMulNBits(g, path, { ...product, accuracy: INT8_ACTIVATIONS })
        : withBias(outliersApart(g, path, { ...product, bias: undefined }));
    }
  }
}

/** How the weight of a layer lies in the file of its part. */
function matrixEntry(path: string, spec: LinearSpec): DataEntry {
  const { weight } = spec;
  const precision = linearPrecision(spec);
  const name = `${path}/weight`;
  switch (precision.kind) {
    case "f32":
      return transposedEntry(name, weight, "float32");
    case "f16":
      return transposedEntry(name, weight, "float16");
    case "w8a8":
      return channelEntry(name, weight);
    case "int8":
    case "int4": {
      const format = blockFormat(precision);
      return quantizedEntry(name, weight, { format, codeDims: matMulCodeDims(weight, format) });
    }
  }
}

/** One scale for a whole position is what outliers spoil most. */
function linearPrecision({ precision, hasOutliers }: LinearSpec): Precision {
  const isRefused = precision.kind === "w8a8" && hasOutliers === true;
  return isRefused ? { kind: "int8", blockSize: 128 } : precision;
}

interface BlockProduct {
  readonly x: ValueName;
  /** uint8 [out, blocks, block bytes]. */
  readonly codes: ValueName;
  /** f32 [out, blocks]. */
  readonly scales: ValueName;
  readonly bias: ValueName | undefined;
  /** [out, in]; only its sizes are used. */
  readonly weight: WeightSource;
  readonly format: BlockFormat;
  readonly accuracy: number;
}

function matMulNBits(g: GraphBuilder, path: string, product: BlockProduct): ValueName {
  const { x, codes, scales, bias = "", weight, format, accuracy } = product;
  return g.node(path, {
    opType: "MatMulNBits",
    domain: MICROSOFT,
    inputs: [x, codes, scales, "", "", bias],
    attributes: {
      K: { int: weight.cols },
      N: { int: weight.rows },
      bits: { int: format.bits },
      block_size: { int: format.blockSize },
      accuracy_level: { int: accuracy },
    },
  });
}

/** Multiples of the mean size that an input may have beside the others. */
const OUTLIER_BOUND = 8;

/**
 *   x ─┬ Clip to ±8 · mean |x| ─┬ Concat ─ MatMulNBits ─ Split ─ sum   [B, S, out]
 *      └ rest, mostly zeros ────┘
 * Inputs become int8 in blocks, of which one large value takes the precision. Cut off and multiplied for
 * itself, it leaves the others theirs. Float activations in MatMulNBits are as exact and, with 8 bits,
 * slower by far: 48 ms instead of 0.9 for a row of T5-XL's [5120 → 2048] on two cores with AVX2.
 */
function outliersApart(
  g: GraphBuilder,
  path: string,
  product: Omit<BlockProduct, "accuracy">,
): ValueName {
  const { x } = product;
  const sizes = g.node(`${path}/sizes`, { opType: "Abs", inputs: [x] });
  const mean = g.node(`${path}/mean`, {
    opType: "ReduceMean",
    inputs: [sizes, g.int64Constant("/last_axis", [-1])],
    attributes: { keepdims: { int: 1 } },
  }); // [B, S, 1]
  const bound = mul(g, `${path}/bound`, [mean, g.floatConstant("/outlier_bound", OUTLIER_BOUND)]);
  const below = g.node(`${path}/below`, { opType: "Min", inputs: [x, bound] });
  const least = g.node(`${path}/least`, { opType: "Neg", inputs: [bound] });
  const usual = g.node(`${path}/usual`, { opType: "Max", inputs: [below, least] });
  const outliers = g.node(`${path}/outliers`, { opType: "Sub", inputs: [x, usual] });
  const both = g.node(`${path}/both`, {
    opType: "Concat",
    inputs: [usual, outliers],
    attributes: { axis: { int: 0 } },
  }); // [2B, S, in]
  const products = matMulNBits(g, path, { ...product, x: both, accuracy: INT8_ACTIVATIONS });
  const [first = "", second = ""] = g.nodes(`${path}/parts`, {
    opType: "Split",
    inputs: [products],
    attributes: { axis: { int: 0 }, num_outputs: { int: 2 } },
    outputs: 2,
  });
  return add(g, `${path}/sum`, [first, second]);
}

/** Keeps a position of zeros from being divided by zero. */
const SMALLEST_PEAK = 1e-20;

/**
 * A product in int8 on the CPU, where DynamicQuantizeMatMul is twice as fast as MatMulNBits. The operator
 * has one scale for all activations, so that each position is divided by its largest value before and
 * multiplied by it afterwards: a large token takes nothing from the others.
 */
function byPosition(
  g: GraphBuilder,
  path: string,
  { x, weight }: { readonly x: ValueName; readonly weight: WeightSource },
): ValueName {
  const [codes, scales] = channelWeights(g, `${path}/weight`, weight);
  const sizes = g.node(path, { opType: "Abs", inputs: [x] });
  const peaks = g.node(path, {
    opType: "ReduceMax",
    inputs: [sizes, g.int64Constant("/last_axis", [-1])],
    attributes: { keepdims: { int: 1 } },
  }); // [B, S, 1]
  const smallest = g.floatConstant("/smallest_peak", SMALLEST_PEAK);
  const divisors = g.node(path, { opType: "Max", inputs: [peaks, smallest] });
  const levelled = g.node(path, { opType: "Div", inputs: [x, divisors] });
  const product = g.node(path, {
    opType: "DynamicQuantizeMatMul",
    domain: MICROSOFT,
    // A sign needs no zero point, which is what the kernels for Arm's SME ask for.
    inputs: [levelled, codes, scales, ...(g.target === "exactCpu" ? [signBit(g)] : [])],
  });
  return mul(g, path, [product, divisors]);
}

/** The operator takes no larger one on every device. */
const CHANNEL_FORMAT: BlockFormat = { bits: 8, blockSize: 128 };

/**
 * Codes [in, out] with a sign and scales [out]; the codes are turned to those without a sign when the graph is
 * loaded, where its target cannot multiply them otherwise.
 */
function channelWeights(
  g: GraphBuilder,
  name: string,
  weight: WeightSource,
): readonly [codes: ValueName, scales: ValueName] {
  const [codes = "", scales = ""] = g.weights(channelEntry(name, weight));
  if (g.target === "cpu") return [codes, scales];
  g.takeUnsigned(codes);
  const inputs = [codes, signBit(g)];
  return [g.node(`${name}/unsigned`, { opType: "BitwiseXor", inputs }), scales];
}

/** Code of zero without a sign. A code with one is made of it by turning the highest bit. */
const SIGN_BIT = 128;
const signBit = (g: GraphBuilder): ValueName => g.byteConstant("/sign_bit", SIGN_BIT);

/**
 * The same codes and scales as in `byPosition` for devices that lack its operator: when the graph is loaded,
 * the codes are turned to [out, blocks, 128] and lose their sign, and each scale is repeated for its blocks.
 */
function byBlocks(
  g: GraphBuilder,
  path: string,
  product: Pick<BlockProduct, "x" | "weight" | "bias">,
): ValueName {
  const { weight } = product;
  const name = `${path}/weight`;
  const [codes, scales] = channelWeights(g, name, weight); // [in, out], [out]
  const format = CHANNEL_FORMAT;
  const blocks = blocksPerRow(weight.cols, format);
  const byOutput = transpose(g, `${name}/rows`, codes, { perm: [1, 0] }); // [out, in]
  const missing = blocks * format.blockSize - weight.cols;
  const whole = missing === 0 ? byOutput : padded(g, `${name}/whole`, byOutput, missing);
  return matMulNBits(g, path, {
    ...product,
    ...{ format, accuracy: INT8_ACTIVATIONS },
    codes: reshape(g, `${name}/blocks`, whole, [weight.rows, blocks, format.blockSize]),
    scales: g.node(`${name}/block_scales`, {
      opType: "Expand",
      inputs: [
        reshape(g, `${name}/column`, scales, [weight.rows, 1]),
        g.int64Constant(`${name}/block_scales/shape`, [weight.rows, blocks]),
      ],
    }),
  });
}

/** [rows, cols] → [rows, cols + count], the rest with the code of zero. */
function padded(g: GraphBuilder, path: string, x: ValueName, count: number): ValueName {
  const inputs = [x, g.int64Constant(`${path}/pads`, [0, 0, 0, count]), signBit(g)];
  return g.node(path, { opType: "Pad", inputs });
}

function cast(g: GraphBuilder, path: string, x: ValueName, to: number): ValueName {
  return g.node(path, { opType: "Cast", inputs: [x], attributes: { to: { int: to } } });
}
