/**
 * Compares vectors with all pictures of an index at once: ONNX Runtime's product of integers over blocks of
 * records as `vectorRecord.ts` lays them out. Knows no files and no pictures.
 */

import {
  codeBytes,
  headRows,
  type RecordShape,
  signedCodes,
  ZERO_CODE,
} from "../index/vectorRecord";
import { cpuTensor, type Session, type SessionFactory } from "../../engine/session/session";
import { encodeOnnxModel } from "../../model/graph/onnxProto";

/** Records one after another. */
export interface CodeBlock {
  /** [count · (head rows + rows), width]; there may be more room. */
  readonly codes: Uint8Array;
  /** [count · rows]; there may be more room. */
  readonly scales: Float32Array;
  readonly count: number;
}

/** Records that go through one product: its sums, of which there are 33 for a picture and a vector, are read at once. */
const RECORDS_AT_ONCE = 2048;

export class Scanner {
  readonly #factory: SessionFactory;
  readonly #shape: RecordShape;
  #session: Promise<Session> | undefined;

  constructor(factory: SessionFactory, shape: RecordShape) {
    this.#factory = factory;
    this.#shape = shape;
  }

  /**
   * The largest cosine of a text with any vector of each picture (ITC).
   * @param text [width]. @returns [count], within some thousandths of the exact value.
   * @throws AppError `device.failed`.
   */
  async largest(block: CodeBlock, text: Float32Array): Promise<Float32Array> {
    const { rows } = this.#shape;
    const head = headRows(this.#shape);
    return await this.#scan(block, text, ({ sums, scales, count, out, scaleOf }) => {
      const unit = scaleOf(0);
      for (let i = 0; i < count; i++) {
        let best = -Infinity;
        const at = i * (head + rows) + head;
        for (let row = 0; row < rows; row++) {
          best = Math.max(best, sums[at + row]! * scales[i * rows + row]!);
        }
        out[i] = best * unit;
      }
    });
  }

  /**
   * The mean over the rows of the cosine of a picture's row with the same row of each picture.
   * @param picture [rows, width]. @returns [count]. @throws AppError `device.failed`.
   */
  async aligned(block: CodeBlock, picture: Float32Array): Promise<Float32Array> {
    const { rows } = this.#shape;
    const head = headRows(this.#shape);
    return await this.#scan(block, picture, ({ sums, scales, count, out, scaleOf }) => {
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let row = 0; row < rows; row++) {
          const at = (i * (head + rows) + head + row) * rows + row;
          sum += sums[at]! * scales[i * rows + row]! * scaleOf(row);
        }
        out[i] = sum / rows;
      }
    });
  }

  /** Frees the product. */
  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await (await session?.catch(() => undefined))?.release();
  }

  async #scan(
    block: CodeBlock,
    vectors: Float32Array,
    read: (part: {
      /** [count · (head rows + rows), queries]. */
      readonly sums: Int32Array;
      readonly scales: Float32Array;
      readonly count: number;
      readonly out: Float32Array;
      readonly scaleOf: (query: number) => number;
    }) => void,
  ): Promise<Float32Array> {
    const { rows, width } = this.#shape;
    const session = await this.#open();
    const { columns, scales: queryScales } = queryColumns(vectors, width);
    const nQueries = vectors.length / width;
    const bytes = codeBytes(this.#shape);
    const all = new Float32Array(block.count);
    for (let begin = 0; begin < block.count; begin += RECORDS_AT_ONCE) {
      const count = Math.min(RECORDS_AT_ONCE, block.count - begin);
      const codes = block.codes.subarray(begin * bytes, (begin + count) * bytes);
      const outputs = await session.run({
        [CODES]: cpuTensor(codes, [codes.length / width, width]),
        [QUERIES]: cpuTensor(columns, [width, nQueries]),
      });
      const sums = outputs[SUMS]?.data as Int32Array;
      const scales = block.scales.subarray(begin * rows, (begin + count) * rows);
      const out = all.subarray(begin, begin + count);
      read({ sums, scales, count, out, scaleOf: (query) => queryScales[query]! });
      outputs[SUMS]?.dispose();
    }
    return all;
  }

  #open(): Promise<Session> {
    this.#session ??= this.#factory.open(productGraph(this.#shape.width), { device: "cpu" });
    return this.#session;
  }
}

/** [queries, width] as integers, [width, queries]. */
function queryColumns(
  vectors: Float32Array,
  width: number,
): { readonly columns: Int8Array; readonly scales: readonly number[] } {
  const nQueries = vectors.length / width;
  const columns = new Int8Array(vectors.length);
  const scales: number[] = [];
  for (let query = 0; query < nQueries; query++) {
    const row = signedCodes(vectors.subarray(query * width, (query + 1) * width));
    scales.push(row.scale);
    for (let i = 0; i < width; i++) columns[i * nQueries + query] = row.codes[i]!;
  }
  return { columns, scales };
}

export const CODES = "codes";
export const QUERIES = "queries";
export const SUMS = "sums";

/** codes u8 [records' rows, width] and queries i8 [width, queries] → sums i32 [records' rows, queries]. */
export function productGraph(width: number): Uint8Array {
  return encodeOnnxModel({
    name: "scan",
    nodes: [
      {
        ...{ name: "/scan", opType: "MatMulInteger" },
        ...{ inputs: [CODES, QUERIES, "zero"], outputs: [SUMS] },
      },
    ],
    inputs: [
      { name: CODES, dataType: "uint8", dims: ["rows", width] },
      { name: QUERIES, dataType: "int8", dims: [width, "queries"] },
    ],
    outputs: [{ name: SUMS, dataType: "int32", dims: ["rows", "queries"] }],
    initializers: [{ name: "zero", dataType: "uint8", dims: [], data: Uint8Array.of(ZERO_CODE) }],
  });
}
