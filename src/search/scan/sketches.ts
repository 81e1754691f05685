/**
 * Pictures as few integers: each value of a picture's vectors is added to one of so many sums, with a sign, both
 * drawn by chance once for all. The angle of two pictures stays nearly what it was ("count sketch": Charikar,
 * Chen, Farach-Colton 2002). Knows no files and no digests.
 */

import { RandomStream } from "../../engine/decode/sampling";
import { headRows, type RecordShape, signedCodes, ZERO_CODE } from "../index/vectorRecord";
import type { CodeBlock } from "./scanner";

/** Where a picture's record is. */
export interface RecordPlace {
  readonly block: CodeBlock;
  readonly record: number;
}

/** Sums of a picture. */
export const SKETCH = 256;
/** 1 - cosine has an error of 9 % (√(2 / SKETCH)) with them: at 0.9 this is five times as much. */
export const SKETCH_MARGIN = 0.05;

export interface Sketches {
  readonly count: number;
  /** [count, SKETCH]. */
  readonly codes: Uint8Array;
  /** Lengths of the rows, [count]. */
  readonly lengths: Float32Array;
}

/** Makes sketches of any pictures of one shape. */
export class Sketcher {
  readonly #shape: RecordShape;
  /** Of each value, which sum it is added to, and how. */
  readonly #sumOf: Uint16Array;
  readonly #signs: Int8Array;

  constructor(shape: RecordShape) {
    const random = RandomStream.seeded(SKETCH);
    const draws = new Uint32Array(shape.rows * shape.width).map(() => random.nextUint32());
    this.#shape = shape;
    this.#sumOf = Uint16Array.from(draws, (draw) => (draw >>> 1) % SKETCH);
    this.#signs = Int8Array.from(draws, (draw) => ((draw & 1) === 0 ? 1 : -1));
  }

  /** @param into its rows from `first` on. */
  add(places: readonly RecordPlace[], into: Sketches, first: number): void {
    const sums = new Float32Array(SKETCH);
    for (const [i, place] of places.entries()) {
      this.#sum(place, sums);
      const row = into.codes.subarray((first + i) * SKETCH, (first + i + 1) * SKETCH);
      into.lengths[first + i] = writeCodes(sums, row);
    }
  }

  #sum({ block, record }: RecordPlace, sums: Float32Array): void {
    const { rows, width } = this.#shape;
    const [sumOf, signs, codes] = [this.#sumOf, this.#signs, block.codes];
    const from = (record * (headRows(this.#shape) + rows) + headRows(this.#shape)) * width;
    sums.fill(0);
    for (let row = 0; row < rows; row++) {
      const scale = block.scales[record * rows + row]!;
      for (let at = row * width; at < (row + 1) * width; at++) {
        sums[sumOf[at]!]! += signs[at]! * (codes[from + at]! - ZERO_CODE) * scale;
      }
    }
  }
}

/** Integers of one scale, which does not matter: sketches are compared by angle. @returns their length. */
function writeCodes(sums: Float32Array, into: Uint8Array): number {
  let largest = 0;
  for (const sum of sums) largest = Math.max(largest, Math.abs(sum));
  const ratio = largest === 0 ? 0 : (ZERO_CODE - 1) / largest;
  let square = 0;
  for (let i = 0; i < sums.length; i++) {
    const code = Math.round(sums[i]! * ratio);
    into[i] = code + ZERO_CODE;
    square += code * code;
  }
  return Math.sqrt(square);
}

/** Some sketches as the other side of a product. */
export interface SketchColumns {
  readonly count: number;
  /** [SKETCH, count]. */
  readonly columns: Int8Array;
  /** Lengths of the columns, [count]. */
  readonly lengths: Float32Array;
}

/** Those from `first` on. */
export function columnsOf({ codes }: Sketches, first: number, count: number): SketchColumns {
  const columns = new Int8Array(SKETCH * count);
  const lengths = new Float32Array(count);
  const row = new Float32Array(SKETCH);
  for (let column = 0; column < count; column++) {
    const begin = (first + column) * SKETCH;
    for (let at = 0; at < SKETCH; at++) row[at] = codes[begin + at]! - ZERO_CODE;
    const signed = signedCodes(row).codes;
    let square = 0;
    for (let at = 0; at < SKETCH; at++) {
      columns[at * count + column] = signed[at]!;
      square += signed[at]! ** 2;
    }
    lengths[column] = Math.sqrt(square);
  }
  return { count, columns, lengths };
}
