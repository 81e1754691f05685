/** A matrix in memory as the weights of a layer. */

import type { WeightSource } from "../../src/convert/checkpoint/weightSource";

/** @param values Row-major, [rows, cols]. */
export function matrixSource(values: Float32Array, cols: number): WeightSource {
  return {
    rows: values.length / cols,
    cols,
    tensors: [],
    readRows: (start, count) => Promise.resolve(values.slice(start * cols, (start + count) * cols)),
  };
}
