/**
 * One function per operator or small group that the graphs use. Each adds nodes below a path and gives
 * the name of the result. B batch, S positions, d width.
 */

import type { Precision } from "../../model/precision/precision";
import { blockFormat } from "../weights/quantize";
import { gatherCodeDims, plainEntry, quantizedEntry } from "../weights/weightEntries";
import type { WeightSource } from "../checkpoint/weightSource";
import type { GraphBuilder, ValueName } from "./graphBuilder";

/** The domain of ONNX Runtime's own operators. */
export const MICROSOFT = "com.microsoft";
/** ONNX's number for float32. */
export const FLOAT = 1;

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
      const rows = tensor(g, name, { source: table, dims });
      return g.node(path, { opType: "Gather", inputs: [rows, ids], ...named });
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

/** A vector of weights, f32 [n]. */
export function vector(g: GraphBuilder, name: string, source: WeightSource): ValueName {
  return tensor(g, name, { source, dims: [source.rows * source.cols] });
}

/** A tensor of weights in f32 with dims of its own. */
export function tensor(
  g: GraphBuilder,
  name: string,
  spec: { source: WeightSource; dims: readonly number[] },
): ValueName {
  if (g.training !== undefined) return g.training.parameter(name, spec.source, spec.dims);
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
  readonly output?: ValueName | undefined;
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

/** @param output name of the result, where it is an output of the graph */
export function add(
  g: GraphBuilder,
  path: string,
  inputs: readonly [ValueName, ValueName],
  output?: ValueName,
): ValueName {
  return g.node(path, {
    opType: "Add",
    inputs,
    ...(output === undefined ? {} : { outputs: [output] }),
  });
}

export function mul(
  g: GraphBuilder,
  path: string,
  inputs: readonly [ValueName, ValueName],
): ValueName {
  return g.node(path, { opType: "Mul", inputs });
}

export type Activation = "gelu" | "gelu_new" | "quick_gelu" | "relu" | "silu";

/** Factors f of x · σ(f x): 1.702 as OpenAI trained CLIP, 1 as LLaMA's gate. */
const SIGMOID_FACTORS: Partial<Record<Activation, number>> = { quick_gelu: 1.702, silu: 1 };

/** transformers' `gelu` is the exact erf form, `gelu_new` the tanh approximation. */
export function activation(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  kind: Activation,
): ValueName {
  if (kind === "relu") return g.node(path, { opType: "Relu", inputs: [x] });
  const factor = SIGMOID_FACTORS[kind];
  if (factor !== undefined) {
    return g.node(path, {
      ...{ domain: MICROSOFT, opType: "QuickGelu", inputs: [x] },
      attributes: { alpha: { float: factor } },
    });
  }
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

/** Parts of these widths along the last axis. */
export function splitSizes(
  g: GraphBuilder,
  path: string,
  x: ValueName,
  sizes: readonly number[],
): readonly ValueName[] {
  return g.nodes(path, {
    opType: "Split",
    inputs: [x, g.int64Constant(`${path}/sizes`, sizes)],
    attributes: { axis: { int: -1 } },
    outputs: sizes.length,
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

/**
 * The last position, [B, S, d] → [B, 1, d]: only it needs the vocabulary. What learns needs it at all positions.
 */
export function lastPosition(g: GraphBuilder, path: string, x: ValueName): ValueName {
  if (g.training !== undefined) return x;
  return slicePositions(g, path, x, { begin: -1, end: 2 ** 31 - 1 });
}

export function concat(g: GraphBuilder, path: string, inputs: readonly ValueName[]): ValueName {
  return g.node(path, { opType: "Concat", inputs, attributes: { axis: { int: 1 } } });
}

/** [1, S, d] → [B, S, d] in a graph whose batch is known; graphs for one picture at a time leave it as it is. */
export function repeated(g: GraphBuilder, path: string, x: ValueName): ValueName {
  const batch = g.training?.batch;
  if (batch === undefined) return x;
  const shape = g.int64Constant(`${path}/batch`, [batch, 1, 1]);
  return g.node(path, { opType: "Expand", inputs: [x, shape] });
}

/**
 * [1, S, d] → [B, S, d] by adding nothing: a shape computed in the graph would have to be on the CPU, and an
 * accelerator's graph stays whole.
 * @param spec `like` is [B, any, d].
 */
export function asManyRows(
  g: GraphBuilder,
  path: string,
  { x, like }: { readonly x: ValueName; readonly like: ValueName },
): ValueName {
  const first = slicePositions(g, `${path}/first`, like, { begin: 0, end: 1 }); // [B, 1, d]
  const nothing = mul(g, `${path}/nothing`, [first, g.floatConstant(`${path}/zero`, 0)]);
  return add(g, `${path}/rows`, [x, nothing]);
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
  spec: { perm: readonly number[]; output?: ValueName | undefined },
): ValueName {
  return g.node(path, {
    opType: "Transpose",
    inputs: [x],
    attributes: { perm: { ints: spec.perm } },
    ...(spec.output === undefined ? {} : { outputs: [spec.output] }),
  });
}

/** x / max(‖x‖, 1e-12) over the last axis, as torch.nn.functional.normalize. */
export function unitLength(g: GraphBuilder, path: string, x: ValueName, output: ValueName): void {
  const squares = g.node(`${path}/square`, { opType: "Mul", inputs: [x, x] });
  const sum = g.node(path, {
    opType: "ReduceSum",
    inputs: [squares, g.int64Constant(`${path}/axes`, [-1])],
    attributes: { keepdims: { int: 1 } },
  });
  const norm = g.node(path, { opType: "Sqrt", inputs: [sum] });
  const floor = g.floatConstant(`${path}/eps`, 1e-12);
  const safe = g.node(path, { opType: "Max", inputs: [norm, floor] });
  g.node(path, { opType: "Div", inputs: [x, safe], outputs: [output] });
}
