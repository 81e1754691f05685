/**
 * Block-wise weight quantisation in the layout of ONNX Runtime's MatMulNBits and GatherBlockQuantized:
 * symmetric, one float32 scale for each block of a row, chosen for the least squared error.
 */

import type { BlockSize, Precision } from "../../model/precision/precision";

export interface BlockFormat {
  readonly bits: 4 | 8;
  readonly blockSize: BlockSize;
}

/** Codes of int8, int4, or w8a8 where they stand in blocks. */
export function blockFormat(precision: Precision): BlockFormat {
  return { bits: precision.kind === "int4" ? 4 : 8, blockSize: precision.blockSize ?? 32 };
}

/** A run of rows to be quantised. */
export interface QuantizeJob {
  /** [rows, cols] */
  readonly values: Float32Array;
  readonly cols: number;
  /** In blocks, or with a scale for each row and the codes transposed. */
  readonly layout: BlockFormat | "columns";
}

/** In memory of their own. */
export interface Quantized {
  readonly codes: Uint8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
}

/** Quantises as `quantizeRows`, or as `quantizeColumns`. */
export function quantizeMatrix({ values, cols, layout }: QuantizeJob): Quantized {
  return layout === "columns" ? quantizeColumns(values, cols) : quantizeRows(values, cols, layout);
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
 * Quantises rows × cols values; w ≈ (code − 2^(bits−1)) · scale.
 * The scale carries the sign of the block's largest value, so that this value lands on the end of the
 * range that has one step more. With 8 bits it lands there exactly: a search would take 1 % off the
 * error of normally distributed weights. With 4 bits `fittedScale4` searches, which takes off 5 %.
 * @returns codes [rows, blocks · blockSize · bits / 8], low nibble first, and scales [rows, blocks]; a
 * block with a value that is not finite has the scale NaN.
 */
export function quantizeRows(values: Float32Array, cols: number, format: BlockFormat): Quantized {
  const rows = values.length / cols;
  const { bits, blockSize } = format;
  const blocks = blocksPerRow(cols, format);
  const blockBytes = (blockSize * bits) / 8;
  const zero = 1 << (bits - 1);
  const codes = new Uint8Array(rows * blocks * blockBytes).fill(bits === 8 ? zero : zero * 0x11);
  const scales = new Float32Array(rows * blocks);
  const encode = bits === 8 ? encode8 : encode4;
  const valueBits = bitsOf(values);
  for (let row = 0, at = 0; row < rows; row++) {
    const rowEnd = (row + 1) * cols;
    for (let begin = row * cols; begin < rowEnd; begin += blockSize, at++) {
      const end = Math.min(begin + blockSize, rowEnd);
      const peakScale = signedPeak(valueBits, begin, end) / -zero;
      scales[at] = bits === 8 ? peakScale : fittedScale4(values, { begin, end, peakScale });
      // As it is stored: the codes must fit the scale that the reader will multiply by.
      const block = { begin, end, inverse: 1 / scales[at]!, at: at * blockBytes };
      encode(values, block, codes);
    }
  }
  return { codes, scales };
}

/**
 * Quantises rows × cols values with one scale for each row; w ≈ code · scale, codes −127 to 127.
 * With a sign, because the instructions of VNNI multiply unsigned activations by signed weights: the codes
 * of a processor without them are turned when the graph is opened (`engine/device/products.ts`).
 * @returns codes transposed, [cols, rows], as the bytes of int8, and scales [rows]; a row with a value that is
 * not finite has the scale NaN.
 */
export function quantizeColumns(values: Float32Array, cols: number): Quantized {
  const codes = new Uint8Array(values.length);
  const scales = new Float32Array(values.length / cols);
  const valueBits = bitsOf(values);
  for (let row = 0; row < scales.length; row++) {
    scales[row] = Math.abs(signedPeak(valueBits, row * cols, (row + 1) * cols)) / 127;
  }
  for (let row0 = 0; row0 < scales.length; row0 += TILE) {
    const rowEnd = Math.min(scales.length, row0 + TILE);
    for (let col0 = 0; col0 < cols; col0 += TILE) {
      const colEnd = Math.min(cols, col0 + TILE);
      for (let row = row0; row < rowEnd; row++) {
        encodeColumn(
          values,
          { begin: row * cols + col0, end: row * cols + colEnd, scale: scales[row]! },
          { codes, at: col0 * scales.length + row, step: scales.length },
        );
      }
    }
  }
  return { codes, scales };
}

function encodeColumn(
  values: Float32Array,
  run: { readonly begin: number; readonly end: number; readonly scale: number },
  to: { readonly codes: Uint8Array; readonly at: number; readonly step: number },
): void {
  const { begin, end, scale } = run;
  const { codes, step } = to;
  // As it is stored: the codes must fit the scale that the reader will multiply by.
  const inverse = 1 / scale;
  // What half a step becomes: where the quotient was rounded down it is the double below 0.5, to which
  // 0.5 must not be added, because the sum would be rounded up to 1.
  const half = (scale / 2) * inverse;
  for (let i = begin, at = to.at; i < end; i++, at += step) {
    // As Math.round does, in a quarter of its time.
    // What is stored is the lowest byte: the two's complement.
    codes[at] = Math.floor(values[i]! * inverse + half) | 0;
  }
}

/** Rows and columns that are transposed together, so that reads and writes stay in the cache. */
const TILE = 64;

/** Writes `count` rows as rows [start, start + count) of a rows × cols matrix into its transpose. */
export function scatterColumns<T extends Float32Array | Uint16Array | Uint8Array>(
  values: T,
  out: T,
  at: {
    readonly start: number;
    readonly count: number;
    readonly rows: number;
    readonly cols: number;
  },
): void {
  const { start, count, rows, cols } = at;
  for (let row0 = 0; row0 < count; row0 += TILE) {
    const rowEnd = Math.min(count, row0 + TILE);
    for (let col0 = 0; col0 < cols; col0 += TILE) {
      const colEnd = Math.min(cols, col0 + TILE);
      for (let col = col0; col < colEnd; col++) {
        const base = col * rows + start;
        for (let row = row0; row < rowEnd; row++) out[base + row] = values[row * cols + col]!;
      }
    }
  }
}

/** Below this a scale would lose its precision; such a block is as good as zero. */
const SMALLEST_PEAK = 2 ** -100;

/** Reads the bits of one float32 as a number. */
const oneBits = new Int32Array(1);
const oneValue = new Float32Array(oneBits.buffer);

/** The bits of infinity; those of a NaN are above. */
const INFINITY_BITS = 0x7f800000;

/**
 * The value of largest magnitude, with its sign, of two the positive one; a block of zeros gives a
 * harmless scale. Magnitudes are in the order of their bits as whole numbers, which are compared in half
 * the time; the sign goes behind them.
 * @param bits of the values.
 */
function signedPeak(bits: Int32Array, begin: number, end: number): number {
  let largest = 0;
  for (let i = begin; i < end; i++) {
    const value = bits[i]!;
    const key = ((value << 1) | (~value >>> 31)) >>> 0;
    if (key > largest) largest = key;
  }
  const magnitude = largest >>> 1;
  if (magnitude >= INFINITY_BITS) return NaN;
  oneBits[0] = magnitude;
  const peak = (largest & 1) === 1 ? oneValue[0]! : -oneValue[0]!;
  return Math.abs(peak) < SMALLEST_PEAK ? 1 : peak;
}

/** The same memory, as whole numbers. */
function bitsOf(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}

/** Steps that are tried beside the one of the largest value, as factors of its inverse. */
const COARSER = 0.9;
const FINER = 1.1;

/**
 * The scale of a 4-bit block: codes for three steps, for each the scale that fits these codes best in
 * the least squares, Σvq / Σq², and of these the one that leaves the least error. It is at most that of
 * rounding to the step of the largest value, which is one of the three. Three steps in one loop cost
 * twice what rounding does; forty would take off another half per cent.
 */
function fittedScale4(
  values: Float32Array,
  block: { readonly begin: number; readonly end: number; readonly peakScale: number },
): number {
  const inverse = 1 / block.peakScale;
  // Sums of value · code and of code² for each step.
  let vq = 0;
  let vqCoarser = 0;
  let vqFiner = 0;
  let qq = 0;
  let qqCoarser = 0;
  let qqFiner = 0;
  for (let i = block.begin; i < block.end; i++) {
    const value = values[i]!;
    const steps = value * inverse;
    // No step count is below -8.8, so that cutting the fraction off rounds or gives code 0. Products and
    // sums that are cut to 32 bits are computed as whole numbers; Σq² is at most 128 · 64.
    let code = (steps + 8.5) | 0;
    code = code > 15 ? 7 : (code - 8) | 0;
    vq += value * code;
    qq = (qq + Math.imul(code, code)) | 0;
    // At most 7.2 steps on either side.
    code = (((steps * COARSER + 8.5) | 0) - 8) | 0;
    vqCoarser += value * code;
    qqCoarser = (qqCoarser + Math.imul(code, code)) | 0;
    code = (steps * FINER + 8.5) | 0;
    code = code > 15 ? 7 : (code - 8) | 0;
    vqFiner += value * code;
    qqFiner = (qqFiner + Math.imul(code, code)) | 0;
  }
  // A block of zeros keeps its harmless scale, and one that is not finite its NaN.
  if (qq === 0 || Number.isNaN(block.peakScale)) return block.peakScale;
  // The error is Σv² − (Σvq)² / Σq².
  let best = (vq * vq) / qq;
  let scale = vq / qq;
  if ((vqCoarser * vqCoarser) / qqCoarser > best) {
    best = (vqCoarser * vqCoarser) / qqCoarser;
    scale = vqCoarser / qqCoarser;
  }
  return (vqFiner * vqFiner) / qqFiner > best ? vqFiner / qqFiner : scale;
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
  if (code < 0) return 0;
  return code > 15 ? 15 : code;
}
