/** How a weight source becomes the bytes of an initializer: as it is, transposed, or in blocks. */

import { AppError } from "../../base/errors";
import type { ConvertWorkers } from "./convertWorkers";
import { planInitializer, type DataEntry, type FloatStorage, type Piece } from "./dataFile";
import { float32ToFloat16 } from "../checkpoint/dtype";
import {
  blocksPerRow,
  codeBytesPerRow,
  scatterColumns,
  type BlockFormat,
  type Quantized,
  type QuantizeJob,
} from "./quantize";
import { RUN_VALUES, type RunBuffers } from "./runBuffers";
import type { WeightSource } from "../checkpoint/weightSource";

/** Row by row as in the checkpoint: vectors, convolution kernels, embedding tables. */
export function plainEntry(
  name: string,
  source: WeightSource,
  shape: { readonly dims: readonly number[]; readonly storage: FloatStorage },
): DataEntry {
  return {
    initializers: [planInitializer(name, shape.storage, shape.dims)],
    tensors: source.tensors,
    stored: { source, layout: { kind: "plain", storage: shape.storage } },
    produce: async function* ({ buffers }): AsyncIterable<Piece> {
      for await (const { values } of runs(source, buffers)) {
        yield { index: 0, bytes: encodeFloats(values, shape.storage) };
        buffers.give(values);
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
    stored: { source, layout: { kind: "transposed", storage } },
    produce: async function* ({ buffers }): AsyncIterable<Piece> {
      const { rows, cols } = source;
      const out =
        storage === "float32" ? new Float32Array(rows * cols) : new Uint16Array(rows * cols);
      for await (const { start, count, values } of runs(source, buffers)) {
        const at = { start, count, rows, cols };
        if (out instanceof Float32Array) scatterColumns(values, out, at);
        else scatterColumns(float32ToFloat16(values), out, at);
        buffers.give(values);
      }
      yield { index: 0, bytes: new Uint8Array(out.buffer) };
    },
  };
}

/**
 * Codes [in, out] with a sign and scales [out] of a linear layer's weight [out, in], as
 * DynamicQuantizeMatMul wants them. Holds all codes in memory, a quarter of what `transposedEntry` holds.
 */
export function channelEntry(name: string, source: WeightSource): DataEntry {
  const { rows, cols } = source;
  return {
    initializers: [
      planInitializer(`${name}/codes`, "int8", [cols, rows]),
      planInitializer(`${name}/scales`, "float32", [rows]),
    ],
    tensors: source.tensors,
    stored: { source, layout: { kind: "channels" } },
    produce: async function* (workers): AsyncIterable<Piece> {
      const codes = new Uint8Array(rows * cols);
      const scales = new Float32Array(rows);
      for await (const { start, count, quantized } of quantizedRuns(source, "columns", workers)) {
        expectFinite(quantized.scales, name);
        scales.set(quantized.scales, start);
        for (let col = 0; col < cols; col++) {
          codes.set(quantized.codes.subarray(col * count, (col + 1) * count), col * rows + start);
        }
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
    stored: { source, layout: { kind: "blocks", format } },
    produce: async function* (workers): AsyncIterable<Piece> {
      const scales = new Float32Array(source.rows * blocks);
      for await (const { start, quantized } of quantizedRuns(source, format, workers)) {
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
interface Rows {
  readonly start: number;
  readonly count: number;
}

/** All rows in order, with their values, [count, cols]; the next ones are read while the caller works. */
function runs(
  source: WeightSource,
  buffers: RunBuffers,
): AsyncIterable<Rows & { readonly values: Float32Array }> {
  return inOrder(rowsOf(source), 2, async ({ start, count }) => {
    const values = await readRun(source, { start, count }, buffers);
    return { start, count, values };
  });
}

/** All rows in order, with their codes and scales; several runs are under way. */
function quantizedRuns(
  source: WeightSource,
  layout: QuantizeJob["layout"],
  workers: ConvertWorkers,
): AsyncIterable<Rows & { readonly quantized: Quantized }> {
  const { cols } = source;
  return inOrder(rowsOf(source), workers.nAtOnce, async ({ start, count }) => {
    const values = await readRun(source, { start, count }, workers.buffers);
    return { start, count, quantized: await workers.quantize({ values, cols, layout }) };
  });
}

async function readRun(
  source: WeightSource,
  { start, count }: Rows,
  buffers: RunBuffers,
): Promise<Float32Array> {
  const room = buffers.take(count * source.cols);
  const values = await source.readRows(start, count, room);
  if (values.buffer !== room.buffer) buffers.give(room);
  return values;
}

function* rowsOf({ rows, cols }: WeightSource): Iterable<Rows> {
  const step = Math.max(1, Math.floor(RUN_VALUES / cols));
  for (let start = 0; start < rows; start += step) {
    yield { start, count: Math.min(step, rows - start) };
  }
}

/** The results of work on each item, in the items' order; no more than `nAtOnce` are under way. */
async function* inOrder<T, R>(
  items: Iterable<T>,
  nAtOnce: number,
  work: (item: T) => Promise<R>,
): AsyncIterable<R> {
  const underWay: Promise<R>[] = [];
  for (const item of items) {
    const result = work(item);
    // A caller that stops early never looks at what was begun ahead.
    result.catch(() => undefined);
    underWay.push(result);
    if (underWay.length < nAtOnce) continue;
    const first = underWay.shift();
    if (first !== undefined) yield await first;
  }
  for (const result of underWay) yield await result;
}

function encodeFloats(values: Float32Array, storage: FloatStorage): Uint8Array {
  const coded = storage === "float32" ? values : float32ToFloat16(values);
  return new Uint8Array(coded.buffer, coded.byteOffset, coded.byteLength);
}
