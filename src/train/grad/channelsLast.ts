/**
 * Convolutions three by three over maps whose channels come last: the nine neighbours of each place beside each
 * other, times one matrix. Products of matrices are what a CPU does best.
 */

import type { ValueName } from "../../convert/graph/graphBuilder";
import type { Rule } from "./emitter";
import type { TrainingGraph } from "./trainingGraph";

const OP = "ChannelsLastConv";

/** Places of a kernel, row by row. */
const N_NEIGHBOURS = 9;

export interface ChannelsLastConv {
  /** f32 [B, side², C]. */
  readonly x: ValueName;
  /** f32 [O, 9·C]: the channels of the kernel's places, row by row. */
  readonly weight: ValueName;
  /** f32 [O]. */
  readonly bias: ValueName;
}

/** Zeros are around the map, which keeps its size: [B, side², C] → [B, side², O]. */
export function channelsLastConv(
  g: TrainingGraph,
  path: string,
  { x, weight, bias }: ChannelsLastConv,
): ValueName {
  return g.asOne({ opType: OP, inputs: [x, weight, bias] }, () => {
    const beside = neighbours(g, x);
    const [batch = 1, places = 1] = g.shape(x);
    const flat = g.node(path, {
      ...{ opType: "Gemm", inputs: [beside, weight, bias] },
      attributes: { transB: { int: 1 } },
    });
    const shape = [batch, places, g.shape(weight)[0] ?? 1];
    const inputs = [flat, g.int64Constant("", shape)];
    return [g.node(path, { opType: "Reshape", inputs }), beside];
  });
}

/**
 * [B, side², C] → [B · side², 9·C]. A row of zeros behind the map is what places outside are read from.
 * @param turned Each place is read where the kernel, turned by half a circle, reads it.
 */
function neighbours(g: TrainingGraph, x: ValueName, turned = false): ValueName {
  const path = "/neighbours";
  const [batch = 1, places = 1, width = 1] = g.shape(x);
  const zeros = g.tensorConstant(`/zeros/${batch}x1x${width}`, new Float32Array(batch * width), [
    ...[batch, 1, width],
  ]);
  const axis = { axis: { int: 1 } };
  const ended = g.node(path, { opType: "Concat", inputs: [x, zeros], attributes: axis });
  const reads = g.int64Constant("", placesRead(Math.sqrt(places), turned));
  const beside = g.node(path, { opType: "Gather", inputs: [ended, reads], attributes: axis });
  const shape = g.int64Constant("", [batch * places, N_NEIGHBOURS * width]);
  return g.node(path, { opType: "Reshape", inputs: [beside, shape] });
}

/** Of each place its nine neighbours; side² is none of them. */
function placesRead(side: number, turned: boolean): readonly number[] {
  return Array.from({ length: N_NEIGHBOURS * side ** 2 }, (_, i) => {
    const place = Math.floor(i / N_NEIGHBOURS);
    const at = i % N_NEIGHBOURS;
    const shift = turned ? N_NEIGHBOURS - 1 - at : at;
    const row = Math.floor(place / side) + Math.floor(shift / 3) - 1;
    const column = (place % side) + (shift % 3) - 1;
    const isInside = Math.min(row, column) >= 0 && Math.max(row, column) < side;
    return isInside ? row * side + column : side ** 2;
  });
}

/**
 * Y = neighbours(X)·Wᵀ + b: dW = dYᵀ·neighbours(X), db = Σ dY, and dX is dY convolved with the turned kernel, in which
 * inputs and outputs have changed places.
 */
const channelsLast: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const [batch = 1, places = 1, inputs = 1] = e.shape(e.input(0));
  const outputs = e.shape(dY)[2] ?? 1;
  const flat = e.reshape(dY, [batch * places, outputs]);
  return [
    e.ifNeeded(0, () => {
      const apart = e.reshape(e.input(1), [outputs, N_NEIGHBOURS, inputs]);
      const back = e.reshape(e.transpose(apart, [1, 0, 2]), [N_NEIGHBOURS * outputs, inputs]);
      const beside = neighbours(e.g, dY, true);
      return e.reshape(e.op("Gemm", [beside, back]), [batch, places, inputs]);
    }),
    e.ifNeeded(1, () => e.op("Gemm", [flat, e.output(1)], { transA: { int: 1 } })),
    e.ifNeeded(2, () => e.sum(flat, [0], false)),
  ];
};

export const CHANNELS_LAST_RULES = { [OP]: channelsLast } as const satisfies Readonly<
  Record<string, Rule>
>;
