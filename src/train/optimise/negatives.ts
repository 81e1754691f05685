/** Chance for the hard negatives of image-text matching (LAVIS `blip2_qformer.py`). */

import { invariant } from "../../base/assert";
import type { RandomStream } from "../../engine/decode/sampling";

/**
 * Standard Gumbel noise [rows, cols]. The largest of scores + noise in a row is a draw from the row's softmax,
 * so that a graph draws with an addition and ArgMax, and the stream's state says what it drew.
 */
export function gumbelNoise(random: RandomStream, rows: number, cols: number): Float32Array {
  return Float32Array.from({ length: rows * cols }, () => random.nextGumbel());
}

/**
 * For each row of weights [rows, cols], whose sums are 1, the first column at which the running sum exceeds the
 * row's number in [0, 1).
 */
export function drawRows(weights: Float32Array, uniforms: readonly number[]): number[] {
  const cols = weights.length / uniforms.length;
  invariant(Number.isInteger(cols) && cols > 0, "Each row of weights takes one number.");
  return uniforms.map((uniform, row) => {
    let sum = 0;
    const of = weights.subarray(row * cols, (row + 1) * cols);
    const index = of.findIndex((weight) => (sum += weight) > uniform);
    // Rounding can leave the sum below a number near 1: then the last column that can be drawn is.
    return index >= 0 ? index : of.reduce((last, weight, i) => (weight > 0 ? i : last), 0);
  });
}
