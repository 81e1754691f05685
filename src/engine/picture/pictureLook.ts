/**
 * What a picture looks like in 64 bits, to tell copies of it in another size or format: the difference hash,
 * one bit for whether brightness rises between neighbours of a 9 × 8 picture. Knows no model.
 */

import type { RgbImage } from "./imageDecode";

const COLUMNS = 9;
const ROWS = 8;

/** 16 hexadecimal digits. */
export function lookOf(image: RgbImage): string {
  const gray = averages(image);
  let bits = 0n;
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column + 1 < COLUMNS; column++) {
      const at = row * COLUMNS + column;
      bits = (bits << 1n) | ((gray[at + 1] ?? 0) > (gray[at] ?? 0) ? 1n : 0n);
    }
  }
  return bits.toString(16).padStart(16, "0");
}

/** Samples along a side of a cell: a few hundred say the same of a photograph as all its pixels. */
const SAMPLES = 16;

/** Mean brightness of each cell, [8, 9]. */
function averages({ data, width, height }: RgbImage): Float64Array {
  const gray = new Float64Array(COLUMNS * ROWS);
  for (let row = 0; row < ROWS * SAMPLES; row++) {
    const y = Math.floor(((row + 0.5) * height) / (ROWS * SAMPLES));
    for (let column = 0; column < COLUMNS * SAMPLES; column++) {
      const x = Math.floor(((column + 0.5) * width) / (COLUMNS * SAMPLES));
      const at = 3 * (y * width + x);
      // ITU-R BT.601 luma.
      const luma =
        0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
      const cell = Math.floor(row / SAMPLES) * COLUMNS + Math.floor(column / SAMPLES);
      gray[cell] = (gray[cell] ?? 0) + luma;
    }
  }
  // In steps of two: what lossy formats change in even areas would turn bits at will.
  return gray.map((sum) => Math.round(sum / (SAMPLES * SAMPLES * 2)));
}
