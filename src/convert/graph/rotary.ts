/**
 * Rotary positions (RoFormer, arXiv 2104.09864): pairs of a head's values are turned by an angle that grows
 * with the position, so that the product of a query and a key depends on the distance between them.
 * The pairs are value i and value i + D/2, as in transformers' checkpoints, and not neighbours.
 */

import { plainEntry } from "../weights/weightEntries";
import type { WeightSource } from "../checkpoint/weightSource";
import type { GraphBuilder, ValueName } from "./graphBuilder";
import { add, MICROSOFT, mul, reshape } from "./ops";

export interface RotaryConfig {
  /** D; even. */
  readonly headDim: number;
  readonly maxPositions: number;
  /** Base of the angles. */
  readonly ropeTheta: number;
}

/** Turns heads side by side, [B, S, n · D], for any n. */
export type Rotate = (path: string, x: ValueName) => ValueName;

/**
 * The rotation of a graph's positions.
 * @param positionIds int64 [1, S], each one more than the one before it.
 */
export function rotary(g: GraphBuilder, config: RotaryConfig, positionIds: ValueName): Rotate {
  const table = (name: "cos" | "sin"): ValueName => {
    const source = angleTable(config, name === "cos" ? Math.cos : Math.sin);
    const dims = [source.rows, source.cols];
    const entry = plainEntry(`/rotary/${name}`, source, { dims, storage: "float32" });
    return g.weights(entry)[0] ?? "";
  };
  const tables = { cos: table("cos"), sin: table("sin") }; // [P, D/2]
  return g.target === "accelerator"
    ? rotationInParts(g, { ...tables, headDim: config.headDim }, positionIds)
    : fusedRotation(g, tables, positionIds);
}

interface Tables {
  readonly cos: ValueName;
  readonly sin: ValueName;
}

function fusedRotation(g: GraphBuilder, { cos, sin }: Tables, positionIds: ValueName): Rotate {
  // One position is the first of a run, whatever the batch; several would be one for each row of it.
  const first = g.node("/rotary/first", {
    opType: "Slice",
    inputs: [
      reshape(g, "/rotary/positions", positionIds, [-1]),
      g.int64Constant("/rotary/first/begin", [0]),
      g.int64Constant("/rotary/first/end", [1]),
    ],
  });
  return (path, x) =>
    g.node(path, {
      opType: "RotaryEmbedding",
      domain: MICROSOFT,
      inputs: [x, first, cos, sin],
    });
}

/** Of operators that every device has and that broadcast over the batch. */
function rotationInParts(
  g: GraphBuilder,
  { cos, sin, headDim }: Tables & { readonly headDim: number },
  positionIds: ValueName,
): Rotate {
  const rows = (path: string, table: ValueName): ValueName => {
    const angles = g.node(path, { opType: "Gather", inputs: [table, positionIds] });
    return reshape(g, path, angles, [1, -1, 1, headDim / 2]);
  };
  const c = rows("/rotary/cos", cos); // [1, S, 1, D/2]
  const s = rows("/rotary/sin", sin);
  return (path, x) => {
    const [left = "", right = ""] = g.nodes(`${path}/halves`, {
      opType: "Split",
      inputs: [reshape(g, `${path}/heads`, x, [0, 0, -1, headDim])],
      attributes: { axis: { int: -1 }, num_outputs: { int: 2 } },
      outputs: 2,
    }); // [B, S, n, D/2]
    const turnedBack = mul(g, `${path}/right_sin`, [right, s]);
    const turned = [
      g.node(`${path}/left`, {
        opType: "Sub",
        inputs: [mul(g, `${path}/left_cos`, [left, c]), turnedBack],
      }),
      add(g, `${path}/right`, [
        mul(g, `${path}/right_cos`, [right, c]),
        mul(g, `${path}/left_sin`, [left, s]),
      ]),
    ];
    const joined = g.node(path, {
      opType: "Concat",
      inputs: turned,
      attributes: { axis: { int: -1 } },
    });
    return reshape(g, path, joined, [0, 0, -1]);
  };
}

/**
 * cos or sin of position · theta^(-2i/D), f32 [P, D/2]. Frequencies and angles are rounded to float32 on the
 * way, as torch does: at position 2,000 that moves an angle by 1e-4.
 */
function angleTable(
  { headDim, maxPositions, ropeTheta }: RotaryConfig,
  of: (angle: number) => number,
): WeightSource {
  const cols = headDim / 2;
  const frequencies = Float32Array.from(
    { length: cols },
    (_, i) => 1 / Math.fround(ropeTheta ** Math.fround((2 * i) / headDim)),
  );
  return {
    rows: maxPositions,
    cols,
    tensors: [],
    readRows: (start, count, into) => {
      const out = into?.subarray(0, count * cols) ?? new Float32Array(count * cols);
      for (let row = 0; row < count; row++) {
        frequencies.forEach((frequency, i) => {
          out[row * cols + i] = of(Math.fround((start + row) * frequency));
        });
      }
      return Promise.resolve(out);
    },
  };
}
