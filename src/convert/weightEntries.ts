/** How a weight source becomes the bytes of an initializer: as it is, transposed, or in blocks. */

import { AppError } from "../base/errors";
import { planInitializer, type DataEntry, type Piece } from "./dataFile";
import { float32ToFloat16 } from "./dtype";
import {
  blocksPerRow,
  codeBytesPerRow,
  quantizeChannels,
  quantizeRows,
  type BlockFormat,
} from "./quantize";
import type { WeightSource } from "./weightSource";

export type FloatStorage = "float32" | "float16";

/** Values that are read at once: 16 MB as float32, enough to keep the disk busy; two runs are held. */
const CHUNK_VALUES = 4 << 20;

/** Row by row as in the checkpoint: vectors, convolution kernels, embedding tables. */
export function plainEntry(
  name: string,
  source: WeightSource,
  shape: { readonly dims: readonly number[]; readonly storage: FloatStorage },
): DataEntry {
  return {
    initializers: [planInitializer(name, shape.storage, shape.dims)],
    tensors: source.tensors,
    produce: async function* (): AsyncIterable<Piece> {
      for await (const { values } of runs(source)) {
        yield { index: 0, bytes: encodeFloats(values, shape.storage) };
      }
    },
  };
}

/**
 * A linear layer's weight [out, in] as MatMul wants it, [in, out].
 * Holds the whole result in memory: the converter's bound is three times the largest tensor.
 */
export function transposedEntry(
  name: string,
  source: WeightSource,
  storage: FloatStorage,
): DataEntry {
  return {
    initializers: [planInitializer(name, storage, [source.cols, source.rows])],
    tensors: source.tensors,
    produce: async function* (): AsyncIterable<Piece> {
      const { rows, cols } = source;
      const out =
        storage === "float32" ? new Float32Array(rows * cols) : new Uint16Array(rows * cols);
      for await (const { start, count, values } of runs(source)) {
        const coded = storage === "float32" ? values : float32ToFloat16(values);
        scatterColumns(coded, out, { start, count, rows, cols });
      }
      yield { index: 0, bytes: new Uint8Array(out.buffer) };
    },
  };
}

/** Rows and columns that are transposed together, so that reads and writes stay in the cache. */
const TILE = 64;

/** Writes rows [start, start + count) of a rows × cols matrix into its transpose. */
function scatterColumns(
  values: ArrayLike<number>,
  out: Float32Array | Uint16Array | Uint8Array,
  at: { start: number; count: number; rows: number; cols: number },
): void {
  const { start, count, rows, cols } = at;
  for (let row0 = 0; row0 < count; row0 += TILE) {
    const rowEnd = Math.min(count, row0 + TILE);
    for (let col0 = 0; col0 < cols; col0 += TILE) {
      const colEnd = Math.min(cols, col0 + TILE);
      for (let col = col0; col < colEnd; col++) {
        const base = col * rows + start;
        for (let row = row0; row < rowEnd; row++) out[base + row] = values[row * cols + col] ?? 0;
      }
    }
  }
}

/**
 * Codes [in, out] and scales [out] of a linear layer's weight [out, in], as DynamicQuantizeMatMul wants
 * them. Holds all codes in memory, a quarter of what `transposedEntry` holds.
 */
export function channelEntry(name: string, source: WeightSource): DataEntry {
  const { rows, cols } = source;
  return {
    initializers: [
      planInitializer(`${name}/codes`, "uint8", [cols, rows]),
      planInitializer(`${name}/scales`, "float32", [rows]),
    ],
    tensors: source.tensors,
    produce: async function* (): AsyncIterable<Piece> {
      const codes = new Uint8Array(rows * cols);
      const scales = new Float32Array(rows);
      for await (const { start, count, values } of runs(source)) {
        const quantized = quantizeChannels(values, cols);
        expectFinite(quantized.scales, name);
        scales.set(quantized.scales, start);
        scatterColumns(quantized.codes, codes, { start, count, rows, cols });
      }
      yield { index: 0, bytes: codes };
      yield { index: 1, bytes: new Uint8Array(scales.buffer) };
    },
  };
}

/** Block-quantised codes [rows, blocks, block bytes] and scales [rows, blocks] of a matrix. */
export function quantizedEntry(
  name: string,
  source: WeightSource,
  layout: { readonly format: BlockFormat; readonly codeDims: readonly number[] },
): DataEntry {
  const { format } = layout;
  const blocks = blocksPerRow(source.cols, format);
  return {
    initializers: [
      planInitializer(`${name}/codes`, "uint8", layout.codeDims),
      planInitializer(`${name}/scales`, "float32", [source.rows, blocks]),
    ],
    tensors: source.tensors,
    produce: async function* (): AsyncIterable<Piece> {
      const scales = new Float32Array(source.rows * blocks);
      for await (const { start, values } of runs(source)) {
        const quantized = quantizeRows(values, source.cols, format);
        expectFinite(quantized.scales, name);
        scales.set(quantized.scales, start * blocks);
        yield { index: 0, bytes: quantized.codes };
      }
      yield { index: 1, bytes: new Uint8Array(scales.buffer) };
    },
  };
}

function expectFinite(scales: Float32Array, name: string): void {
  if (!scales.some(Number.isNaN)) return;
  throw new AppError(
    "checkpoint.corrupt",
    `The weights for "${name}" have values that are not finite, which cannot be quantised. Download or save the checkpoint again.`,
    { detail: { tensor: name } },
  );
}

/** Dims of the codes for MatMulNBits: [rows, blocks, bytes of a block]. */
export function matMulCodeDims(source: WeightSource, format: BlockFormat): readonly number[] {
  return [source.rows, blocksPerRow(source.cols, format), (format.blockSize * format.bits) / 8];
}

/** Dims of the codes for GatherBlockQuantized: [rows, bytes of a row]. */
export function gatherCodeDims(source: WeightSource, format: BlockFormat): readonly number[] {
  return [source.rows, codeBytesPerRow(source.cols, format)];
}

/** Consecutive rows of a source. */
interface Run {
  readonly start: number;
  readonly count: number;
  /** [count, cols] */
  readonly values: Float32Array;
}

/** All rows in order; the next run is read while the caller works on one. */
async function* runs(source: WeightSource): AsyncIterable<Run> {
  const step = Math.max(1, Math.floor(CHUNK_VALUES / source.cols));
  const read = (start: number): Promise<Run> | undefined => {
    if (start >= source.rows) return undefined;
    const count = Math.min(step, source.rows - start);
    const run = source.readRows(start, count).then((values) => ({ start, count, values }));
    // A caller that stops early never looks at the run that was read ahead.
    run.catch(() => undefined);
    return run;
  };
  for (let next = read(0); next !== undefined;) {
    const run = await next;
    next = read(run.start + run.count);
    yield run;
  }
}

function encodeFloats(values: Float32Array, storage: FloatStorage): Uint8Array {
  const coded = storage === "float32" ? values : float32ToFloat16(values);
  return new Uint8Array(coded.buffer, coded.byteOffset, coded.byteLength);
}
