/**
 * One function per operator or small group that the graphs use. Each adds nodes below a path and gives
 * the name of the result. B batch, S positions, d width.
 */

import type { Precision } from "../../model/precision";
import {
  channelEntry,
  matMulCodeDims,
  plainEntry,
  quantizedEntry,
  transposedEntry,
  gatherCodeDims,
} from "../weightEntries";
import { blocksPerRow, type BlockFormat, ZERO_CODE } from "../quantize";
import type { WeightSource } from "../weightSource";
import type { GraphBuilder, ValueName } from "./graphBuilder";

const MICROSOFT = "com.microsoft";
/** ONNX's number for float16 and float32 in a Cast. */
const FLOAT = 1;
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
  /** Keep float activations where quantised ones lose too much. @default false */
  readonly floatActivations?: boolean;
}

/** [B, S, in] → [B, S, out]. */
export function linear(g: GraphBuilder, path: string, x: ValueName, spec: LinearSpec): ValueName {
  const { weight } = spec;
  const precision = linearPrecision(spec);
  const name = `${path}/weight`;
  const bias = spec.bias === undefined ? undefined : vector(g, `${path}/bias`, spec.bias);
  const withBias = (product: ValueName): ValueName =>
    bias === undefined ? product : add(g, path, [product, bias]);
  switch (precision.kind) {
    case "f32": {
      const [w = ""] = g.weights(transposedEntry(name, weight, "float32"));
      return withBias(g.node(path, { opType: "MatMul", inputs: [x, w] }));
    }
    case "f16": {
      const [w = ""] = g.weights(transposedEntry(name, weight, "float16"));
      const half = cast(g, path, x, FLOAT16);
      return withBias(cast(g, path, g.node(path, { opType: "MatMul", inputs: [half, w] }), FLOAT));
    }
    case "w8a8":
      return g.target === "cpu"
        ? withBias(byPosition(g, path, { x, weight }))
        : byBlocks(g, path, { x, weight, bias });
    case "int8":
    case "int4": {
      const format = blockFormat(precision);
      const codeDims = matMulCodeDims(weight, format);
      const [codes = "", scales = ""] = g.weights(
        quantizedEntry(name, weight, { format, codeDims }),
      );
      const accuracy = spec.floatActivations === true ? FLOAT_ACTIVATIONS : INT8_ACTIVATIONS;
      return matMulNBits(g, path, { x, codes, scales, bias, weight, format, accuracy });
    }
  }
}

/** What rounds activations by position is no substitute where they must not be rounded at all. */
function linearPrecision({ precision, floatActivations }: LinearSpec): Precision {
  const isRefused = precision.kind === "w8a8" && floatActivations === true;
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
  const [codes = "", scales = ""] = g.weights(channelEntry(`${path}/weight`, weight));
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
    inputs: [levelled, codes, scales, g.byteConstant("/zero_code", ZERO_CODE)],
  });
  return mul(g, path, [product, divisors]);
}

/** The operator takes no larger one on every device. */
const CHANNEL_FORMAT: BlockFormat = { bits: 8, blockSize: 128 };

/**
 * The same codes and scales as in `byPosition` for devices that lack its operator: the codes are turned to
 * [out, blocks, 128] and each scale is repeated for its blocks when the graph is loaded.
 */
function byBlocks(
  g: GraphBuilder,
  path: string,
  product: Pick<BlockProduct, "x" | "weight" | "bias">,
): ValueName {
  const { weight } = product;
  const name = `${path}/weight`;
  const [codes = "", scales = ""] = g.weights(channelEntry(name, weight)); // [in, out], [out]
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
  return g.node(path, {
    opType: "Pad",
    inputs: [
      x,
      g.int64Constant(`${path}/pads`, [0, 0, 0, count]),
      g.byteConstant("/zero_code", ZERO_CODE),
    ],
  });
}

/** Rows of a table [rows, d] by int64 ids [B, S] → f32 [B, S, d]. */
export function embedding(
  g: GraphBuilder,
  path: string,
  spec: { ids: ValueName; table: WeightSource; precision: Precision; output?: ValueName },
): ValueName {
  const { table, ids } = spec;
  const precision = tablePrecision(table, spec.precision);
  const name = `${path}/weight`;
  const dims = [table.rows, table.cols];
  const named = spec.output === undefined ? {} : { outputs: [spec.output] };
  switch (precision.kind) {
    case "f32": {
      const [w = ""] = g.weights(plainEntry(name, table, { dims, storage: "float32" }));
      return g.node(path, { opType: "Gather", inputs: [w, ids], ...named });
    }
    case "f16": {
      const [w = ""] = g.weights(plainEntry(name, table, { dims, storage: "float16" }));
      const rows = g.node(path, { opType: "Gather", inputs: [w, ids] });
      return g.node(path, {
        opType: "Cast",
        inputs: [rows],
        attributes: { to: { int: FLOAT } },
        ...named,
      });
    }
    case "int8":
    case "int4":
    case "w8a8": {
      const format = blockFormat(precision);
      const codeDims = gatherCodeDims(table, format);
      const [codes = "", scales = ""] = g.weights(
        quantizedEntry(name, table, { format, codeDims }),
      );
      return g.node(path, {
        opType: "GatherBlockQuantized",
        domain: MICROSOFT,
        inputs: [codes, ids, scales],
        attributes: {
          bits: { int: format.bits },
          block_size: { int: format.blockSize },
          gather_axis: { int: 0 },
          quantize_axis: { int: 1 },
        },
        ...named,
      });
    }
  }
}

/**
 * GatherBlockQuantized gives whole blocks only: a table takes the largest block that divides its width,
 * and stays in f32 when there is none.
 */
function tablePrecision(table: WeightSource, precision: Precision): Precision {
  if (precision.kind === "f32" || precision.kind === "f16") return precision;
  // A table is not multiplied, so that w8a8 means no more than int8 does.
  const { kind, blockSize: most = 128 } = precision;
  const blockSize = ([128, 64, 32, 16] as const).find(
    (size) => size <= most && table.cols % size === 0,
  );
  if (blockSize === undefined) return { kind: "f32" };
  return { kind: kind === "w8a8" ? "int8" : kind, blockSize };
}

function blockFormat(precision: Precision): BlockFormat {
  return { bits: precision.kind === "int4" ? 4 : 8, blockSize: precision.blockSize ?? 32 };
}

function cast(g: GraphBuilder, path: string, x: ValueName, to: number): ValueName {
  return g.node(path, { opType: "Cast", inputs: [x], attributes: { to: { int: to } } });
}

/** A vector of weights, f32 [n]. */
export function vector(g: GraphBuilder, name: string, source: WeightSource): ValueName {
  const dims = [source.rows * source.cols];
  const [value = ""] = g.weights(plainEntry(name, source, { dims, storage: "float32" }));
  return value;
}

/** A tensor of weights in f32 with dims of its own. */
export function tensor(
  g: GraphBuilder,
  name: string,
  spec: { source: WeightSource; dims: readonly number[] },
): ValueName {
  const [value = ""] = g.weights(
    plainEntry(name, spec.source, { dims: spec.dims, storage: "float32" }),
  );
  return value;
}

export interface NormSpec {
  readonly weight: WeightSource;
  readonly bias: WeightSource;
  readonly eps: number;
  /** Name of the result, when it is an output of the graph. */
  readonly output?: ValueName;
}

/** LayerNorm over the last axis. */
export function layerNorm(g: GraphBuilder, path: string, x: ValueName, spec: NormSpec): ValueName {
  return g.node(path, {
    opType: "LayerNormalization",
    inputs: [x, vector(g, `${path}/weight`, spec.weight), vector(g, `${path}/bias`, spec.bias)],
    attributes: { axis: { int: -1 }, epsilon: { float: spec.eps } },
    ...(spec.output === undefined ? {} : { outputs: [spec.output] }),
  });
}

/** T5's LayerNorm: no mean, no bias (RMSNorm). */
export function rmsNorm(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  spec: { weight: WeightSource; eps: number; output?: ValueName },
): ValueName {
  return g.node(path, {
    opType: "SimplifiedLayerNormalization",
    inputs: [x, vector(g, `${path}/weight`, spec.weight)],
    attributes: { axis: { int: -1 }, epsilon: { float: spec.eps }, stash_type: { int: FLOAT } },
    ...(spec.output === undefined ? {} : { outputs: [spec.output] }),
  });
}

export function add(
  g: GraphBuilder,
  path: string,
  inputs: readonly [ValueName, ValueName],
): ValueName {
  return g.node(path, { opType: "Add", inputs });
}

export function mul(
  g: GraphBuilder,
  path: string,
  inputs: readonly [ValueName, ValueName],
): ValueName {
  return g.node(path, { opType: "Mul", inputs });
}

export type Activation = "gelu" | "gelu_new" | "relu";

/** transformers' `gelu` is the exact erf form, `gelu_new` the tanh approximation. */
export function activation(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  kind: Activation,
): ValueName {
  if (kind === "relu") return g.node(path, { opType: "Relu", inputs: [x] });
  const approximate = { string: kind === "gelu" ? "none" : "tanh" };
  return g.node(path, { opType: "Gelu", inputs: [x], attributes: { approximate } });
}

/** Equal parts along the last axis. */
export function splitLast(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  parts: number,
): readonly ValueName[] {
  return g.nodes(path, {
    opType: "Split",
    inputs: [x],
    attributes: { axis: { int: -1 }, num_outputs: { int: parts } },
    outputs: parts,
  });
}

/** Positions [begin, end) along axis 1; -1 and a large end take the last one. */
export function slicePositions(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  range: { begin: number; end: number },
): ValueName {
  return g.node(path, {
    opType: "Slice",
    inputs: [
      x,
      g.int64Constant(`${path}/begin`, [range.begin]),
      g.int64Constant(`${path}/end`, [range.end]),
      g.int64Constant(`${path}/axis`, [1]),
    ],
  });
}

/** The last position, [B, S, d] → [B, 1, d]: only it needs the vocabulary. */
export function lastPosition(g: GraphBuilder, path: string, x: ValueName): ValueName {
  return slicePositions(g, path, x, { begin: -1, end: 2 ** 31 - 1 });
}

export function concat(g: GraphBuilder, path: string, inputs: readonly ValueName[]): ValueName {
  return g.node(path, { opType: "Concat", inputs, attributes: { axis: { int: 1 } } });
}

export function reshape(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  dims: readonly number[],
): ValueName {
  return g.node(path, {
    opType: "Reshape",
    inputs: [x, g.int64Constant(`${path}/shape`, dims)],
  });
}

export function transpose(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  spec: { perm: readonly number[]; output?: ValueName },
): ValueName {
  return g.node(path, {
    opType: "Transpose",
    inputs: [x],
    attributes: { perm: { ints: spec.perm } },
    ...(spec.output === undefined ? {} : { outputs: [spec.output] }),
  });
}

export interface AttentionSpec {
  readonly query: ValueName; // [B, S, H·D]
  readonly key: ValueName; // [B, T, H·D], or [B, H, T, D] when it comes from a cache
  readonly value: ValueName;
  readonly nHeads: number;
  /** Factor on the scores. @default D^-0.5 */
  readonly scale?: number;
  /** Each position sees itself and what came before. @default false */
  readonly isCausal?: boolean;
  /** Added to the scores, [1, H, S, T]. */
  readonly attentionBias?: ValueName;
  /** Keys and values so far, [B, H, P, D]; the results with the new ones get these names. */
  readonly cache?: {
    readonly past: readonly [ValueName, ValueName];
    readonly present: readonly [ValueName, ValueName];
  };
}

/**
 * Scaled dot-product attention, [B, S, H·D].
 * com.microsoft MultiHeadAttention: the one attention operator that covers every use here on the CPU
 * and on WebGPU.
 */
export function attention(g: GraphBuilder, path: string, spec: AttentionSpec): ValueName {
  const { cache, attentionBias = "" } = spec;
  const [pastKey, pastValue] = cache?.past ?? ["", ""];
  const name = `${path}/MultiHeadAttention/output_0`;
  return g.node(path, {
    opType: "MultiHeadAttention",
    domain: MICROSOFT,
    inputs: [spec.query, spec.key, spec.value, "", "", attentionBias, pastKey, pastValue],
    attributes: {
      num_heads: { int: spec.nHeads },
      ...(spec.scale === undefined ? {} : { scale: { float: spec.scale } }),
      ...(spec.isCausal === true ? { unidirectional: { int: 1 } } : {}),
    },
    outputs: cache === undefined ? [name] : [name, ...cache.present],
  });
}
