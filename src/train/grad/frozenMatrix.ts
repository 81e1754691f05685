/**
 * A matrix of a part that only computes, in float32, out of what its file holds: mapped as it lies there, or worked
 * out of codes just before it is read, so that one layer's is in memory at a time.
 */

import type { OnnxInitializer } from "../../model/graph/onnxProto";
import type { GraphBuilder, ValueName } from "../../convert/graph/graphBuilder";
import { FLOAT } from "../../convert/graph/ops";
import type { DataEntry } from "../../convert/weights/dataFile";
import { blocksPerRow, type BlockFormat } from "../../convert/weights/quantize";
import type { Shape } from "./shapes";

/** What such a matrix asks of the graph that it is written into, `TrainingGraph`. */
export interface MatrixGraph extends Pick<GraphBuilder, "node" | "int64Constant"> {
  weights(
    entry: DataEntry,
    retyped?: (initializer: OnnxInitializer) => OnnxInitializer,
  ): readonly ValueName[];
  constantOf(initializer: OnnxInitializer): ValueName;
  shape(value: ValueName): Shape;
  stopGradient(path: string, value: ValueName): ValueName;
}

export interface FrozenMatrix {
  readonly value: ValueName;
  /** [out, in] as in the checkpoint, or [in, out]. */
  readonly isByOutput: boolean;
  /** Works it out once more, when `after` is there; nothing for what lies in the file. */
  readonly anew?: (after: ValueName) => ValueName;
}

/** @param x What it is multiplied with: it is worked out when that is there, and not before. */
export function frozenMatrix(
  g: MatrixGraph,
  path: string,
  { entry, x }: { readonly entry: DataEntry; readonly x: ValueName },
): FrozenMatrix {
  const { layout, source } = entry.stored;
  switch (layout.kind) {
    case "plain":
    case "transposed": {
      const [stored = ""] = g.weights(entry);
      const value = layout.storage === "float32" ? stored : toFloat(g, path, stored);
      return { value, isByOutput: layout.kind === "plain" };
    }
    case "channels": {
      const [codes = "", scales = ""] = g.weights(entry);
      const anew = (after: ValueName): ValueName =>
        g.node(`${path}/matrix`, {
          opType: "DequantizeLinear",
          inputs: [codes, scalesAfter(g, path, { scales, after })],
          attributes: { axis: { int: 1 } },
        });
      return { value: anew(x), isByOutput: false, anew };
    }
    case "blocks": {
      const { format } = layout;
      const blocks = blocksPerRow(source.cols, format);
      const width = blocks * format.blockSize;
      const rows = source.rows;
      const [codes = "", scales = ""] = g.weights(entry, (initializer) =>
        flatCodes(initializer, format, [rows, width]),
      );
      const zero = zeroPoints(g, format, [rows, blocks]);
      const anew = (after: ValueName): ValueName => {
        const whole = g.node(`${path}/matrix`, {
          opType: "DequantizeLinear",
          inputs: [codes, scalesAfter(g, path, { scales, after }), zero],
          attributes: { axis: { int: 1 }, block_size: { int: format.blockSize } },
        });
        return width === source.cols
          ? whole
          : firstColumns(g, path, { x: whole, count: source.cols });
      };
      return { value: anew(x), isByOutput: true, anew };
    }
  }
}

/** Codes [rows, blocks, bytes of a block] as the numbers that they are, [rows, width]. */
function flatCodes(
  initializer: OnnxInitializer,
  { bits }: BlockFormat,
  dims: readonly number[],
): OnnxInitializer {
  if (initializer.dataType !== "uint8") return initializer;
  return { ...initializer, dataType: bits === 4 ? "uint4" : "uint8", dims };
}

/** The code of zero, for each block. */
function zeroPoints(g: MatrixGraph, { bits }: BlockFormat, dims: readonly number[]): ValueName {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const data = new Uint8Array(Math.ceil((count * bits) / 8)).fill(bits === 4 ? 0x88 : 0x80);
  const name = `/zero/${bits}/${dims.join()}`;
  g.constantOf({ name, dataType: bits === 4 ? "uint4" : "uint8", dims, data });
  return name;
}

/**
 * The same scales, when a value is there: the runtime would otherwise work out all matrices before it needs the
 * first, and take those of the backward for the same ones. The factor is 1, or 0 beside numbers that are none.
 */
function scalesAfter(
  g: MatrixGraph,
  path: string,
  { scales, after }: { readonly scales: ValueName; readonly after: ValueName },
): ValueName {
  const axes = g.int64Constant("", [...g.shape(after).keys()]);
  const most = g.node(`${path}/after`, {
    opType: "ReduceMax",
    inputs: [after, axes],
    attributes: { keepdims: { int: 0 } },
  });
  const isThere = g.node(`${path}/after`, { opType: "Equal", inputs: [most, most] });
  const factor = toFloat(g, `${path}/after`, isThere);
  const scaled = g.node(`${path}/scales`, { opType: "Mul", inputs: [scales, factor] });
  return g.stopGradient(`${path}/scales`, scaled);
}

function toFloat(g: MatrixGraph, path: string, x: ValueName): ValueName {
  return g.node(path, { opType: "Cast", inputs: [x], attributes: { to: { int: FLOAT } } });
}

function firstColumns(
  g: MatrixGraph,
  path: string,
  { x, count }: { readonly x: ValueName; readonly count: number },
): ValueName {
  const [begin, end, axis] = [0, count, 1].map((value) => g.int64Constant("", [value]));
  return g.node(`${path}/matrix`, {
    opType: "Slice",
    inputs: [x, begin ?? "", end ?? "", axis ?? ""],
  });
}
