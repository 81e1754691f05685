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
 * @returns codes [rows, blocks · blockSize · bits / 8], low nibble first, and scales [rows, blocks].
 */
export function quantizeRows(
  values: Float32Array,
  cols: number,
  format: BlockFormat,
): { codes: Uint8Array; scales: Float32Array } {
  const rows = values.length / cols;
  const blocks = blocksPerRow(cols, format);
  const rowBytes = codeBytesPerRow(cols, format);
  const zero = 1 << (format.bits - 1);
  const codes = new Uint8Array(rows * rowBytes).fill(format.bits === 8 ? zero : zero * 0x11);
  const scales = new Float32Array(rows * blocks);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const begin = row * cols + block * format.blockSize;
      const end = Math.min(begin + format.blockSize, (row + 1) * cols);
      const scale = blockScale(values, begin, end) / -zero;
      scales[row * blocks + block] = scale;
      const out = row * rowBytes + (block * format.blockSize * format.bits) / 8;
      if (format.bits === 8) encode8(values, { begin, end, scale }, codes.subarray(out));
      else encode4(values, { begin, end, scale }, codes.subarray(out));
    }
  }
  return { codes, scales };
}

/** The value of largest magnitude, with its sign; a block of zeros gives a harmless scale. */
function blockScale(values: Float32Array, begin: number, end: number): number {
  let peak = 0;
  let magnitude = 0;
  for (let i = begin; i < end; i++) {
    const value = values[i]!;
    const size = value < 0 ? -value : value;
    if (size > magnitude) {
      magnitude = size;
      peak = value;
    }
  }
  return peak === 0 ? 1 : peak;
}

interface Block {
  readonly begin: number;
  readonly end: number;
  readonly scale: number;
}

function encode8(values: Float32Array, block: Block, out: Uint8Array): void {
  const inverse = 1 / block.scale;
  for (let i = block.begin; i < block.end; i++) {
    const code = Math.round(values[i]! * inverse) + 128;
    out[i - block.begin] = code < 0 ? 0 : code > 255 ? 255 : code;
  }
}

function encode4(values: Float32Array, block: Block, out: Uint8Array): void {
  const inverse = 1 / block.scale;
  for (let i = block.begin; i < block.end; i++) {
    const raw = Math.round(values[i]! * inverse) + 8;
    const code = raw < 0 ? 0 : raw > 15 ? 15 : raw;
    const at = (i - block.begin) >> 1;
    const isHigh = ((i - block.begin) & 1) === 1;
    out[at] = isHigh ? (out[at]! & 0x0f) | (code << 4) : (out[at]! & 0xf0) | code;
  }
}
