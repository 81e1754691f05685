/**
 * Block-wise weight quantisation in the layout of ONNX Runtime's MatMulNBits and GatherBlockQuantized:
 * symmetric, round to nearest, one float32 scale for each block of a row.
 */

import type { BlockSize } from "../model/precision";

export interface BlockFormat {
  readonly bits: 4 | 8;
  readonly blockSize: BlockSize;
}

/** Blocks of one row; the last one may be shorter and is padded with the code of zero. */
export function blocksPerRow(cols: number, format: BlockFormat): number {
  return Math.ceil(cols / format.blockSize);
}

/** Bytes of the codes of one row. */
export function codeBytesPerRow(cols: number, format: BlockFormat): number {
  return (blocksPerRow(cols, format) * format.blockSize * format.bits) / 8;
}

/**
 * Quantises rows × cols values.
 * The scale carries the sign of the block's largest value, so that this value lands on the end of the
 * range that has one step more; w ≈ (code − 2^(bits−1)) · scale.
 * @returns codes [rows, blocks · blockSize · bits / 8], low nibble first, and scales [rows, blocks]; a
 * block with a value that is not finite has the scale NaN.
 */
export function quantizeRows(
  values: Float32Array,
  cols: number,
  format: BlockFormat,
): { codes: Uint8Array; scales: Float32Array } {
  const rows = values.length / cols;
  const { bits, blockSize } = format;
  const blocks = blocksPerRow(cols, format);
  const blockBytes = (blockSize * bits) / 8;
  const zero = 1 << (bits - 1);
  const codes = new Uint8Array(rows * blocks * blockBytes).fill(bits === 8 ? zero : zero * 0x11);
  const scales = new Float32Array(rows * blocks);
  const encode = bits === 8 ? encode8 : encode4;
  for (let row = 0, at = 0; row < rows; row++) {
    const rowEnd = (row + 1) * cols;
    for (let begin = row * cols; begin < rowEnd; begin += blockSize, at++) {
      const end = Math.min(begin + blockSize, rowEnd);
      scales[at] = signedPeak(values, begin, end) / -zero;
      // As it is stored: the codes must fit the scale that the reader will multiply by.
      const block = { begin, end, inverse: 1 / scales[at]!, at: at * blockBytes };
      encode(values, block, codes);
    }
  }
  return { codes, scales };
}

/** Below this a scale would lose its precision; such a block is as good as zero. */
const SMALLEST_PEAK = 2 ** -100;

/** The value of largest magnitude, with its sign; a block of zeros gives a harmless scale. */
function signedPeak(values: Float32Array, begin: number, end: number): number {
  let low = 0;
  let high = 0;
  let sum = 0;
  for (let i = begin; i < end; i++) {
    const value = values[i]!;
    if (value > high) high = value;
    else if (value < low) low = value;
    sum += value;
  }
  // Comparisons pass over a NaN; a double cannot overflow from adding up float32 values.
  if (!Number.isFinite(sum)) return NaN;
  const peak = high >= -low ? high : low;
  return Math.abs(peak) < SMALLEST_PEAK ? 1 : peak;
}

interface Block {
  readonly begin: number;
  readonly end: number;
  /** 1 / scale. */
  readonly inverse: number;
  /** Index of the block's first byte in the codes. */
  readonly at: number;
}

function encode8(values: Float32Array, block: Block, out: Uint8Array): void {
  const { begin, end, inverse } = block;
  for (let i = begin, at = block.at; i < end; i++, at++) {
    // Never negative, so that cutting the fraction off rounds.
    const code = (values[i]! * inverse + 128.5) | 0;
    out[at] = code > 255 ? 255 : code;
  }
}

function encode4(values: Float32Array, block: Block, out: Uint8Array): void {
  const { begin, end, inverse } = block;
  for (let i = begin, at = block.at; i < end; i += 2, at++) {
    out[at] =
      code4(values[i]! * inverse) | ((i + 1 < end ? code4(values[i + 1]! * inverse) : 8) << 4);
  }
}

function code4(steps: number): number {
  const code = (steps + 8.5) | 0;
  return code > 15 ? 15 : code;
}
