/**
 * Compares many pictures with each other in blocks: all vectors of a picture are one row of integers, so that the
 * aligned similarity of two pictures is one sum. Knows no files and no digests.
 */

import { throwIfAborted } from "../../base/errors";
import { cpuTensor, type Session, type SessionFactory } from "../../engine/session/session";
import { headRows, type RecordShape, signedCodes, ZERO_CODE } from "../index/vectorRecord";
import { CODES, type CodeBlock, productGraph, QUERIES, SUMS } from "./scanner";

/** Where a picture's record is. */
export interface RecordPlace {
  readonly block: CodeBlock;
  readonly record: number;
}

export interface AlikeOptions {
  /** The least similarity of a pair. */
  readonly least: number;
  /** Pairs of each picture at most. */
  readonly k: number;
  readonly factory: SessionFactory;
  readonly shape: RecordShape;
  readonly signal: AbortSignal;
  readonly onProgress?: ((nDone: number, nAll: number) => void) | undefined;
}

/** Numbers of two places; `a` is the smaller one. */
export interface PlacePair {
  readonly a: number;
  readonly b: number;
}

/** Pictures that are compared with all others at once. */
const BLOCK = 256;
/** Integers differ from the exact value by less; who asks computes it and leaves out what is below. */
const MARGIN = 0.02;

/** Pictures as one matrix, all vectors of a picture as one row of integers. */
interface Rows {
  readonly count: number;
  /** [count, rows · width]. */
  readonly codes: Uint8Array;
  /** Lengths of the rows, [count]. */
  readonly lengths: readonly number[];
}

/**
 * Pairs that may look alike, each once: of each picture those with its most similar ones.
 * @throws AppError `device.failed`, `request.cancelled`.
 */
export async function alikePairs(
  places: readonly RecordPlace[],
  options: AlikeOptions,
): Promise<readonly PlacePair[]> {
  const { factory, shape, signal, onProgress, least } = options;
  const nearest = new NearestOf(places.length, options.k);
  const blocks: Rows[] = [];
  for (let begin = 0; begin < places.length; begin += BLOCK) {
    throwIfAborted(signal);
    blocks.push(rowsOf(places.slice(begin, begin + BLOCK), shape));
  }
  const session = await factory.open(productGraph(shape.rows * shape.width), { device: "cpu" });
  try {
    for (const [nth, block] of blocks.entries()) {
      onProgress?.(nth * BLOCK, places.length);
      const queries = queriesOf(block);
      // What is before was compared with these already.
      for (let other = nth; other < blocks.length; other++) {
        throwIfAborted(signal);
        const rows = blocks[other] ?? block;
        const similarities = await product(session, rows, queries);
        for (let i = 0; i < rows.count; i++) {
          for (let query = 0; query < block.count; query++) {
            const [a, b] = [nth * BLOCK + query, other * BLOCK + i];
            const similarity = similarities[i * block.count + query]!;
            if (a < b && similarity >= least - MARGIN) nearest.add(a, b, similarity);
          }
        }
      }
    }
  } finally {
    await session.release();
  }
  return nearest.pairs();
}

/** Integers of one scale for each picture; the scale itself does not matter, because rows are compared by angle. */
function rowsOf(places: readonly RecordPlace[], shape: RecordShape): Rows {
  const { rows, width } = shape;
  const length = rows * width;
  const codes = new Uint8Array(places.length * length);
  for (const [i, { block, record }] of places.entries()) {
    const scales = block.scales.subarray(record * rows, (record + 1) * rows);
    const from = (record * (headRows(shape) + rows) + headRows(shape)) * width;
    const largest = Math.max(...scales);
    for (let at = 0; at < length; at++) {
      const ratio = largest === 0 ? 0 : scales[Math.floor(at / width)]! / largest;
      const code = Math.round((block.codes[from + at]! - ZERO_CODE) * ratio);
      codes[i * length + at] = code + ZERO_CODE;
    }
  }
  const lengths = places.map((_, i) =>
    lengthOf(codes.subarray(i * length, (i + 1) * length), ZERO_CODE),
  );
  return { count: places.length, codes, lengths };
}

interface Queries {
  readonly count: number;
  /** [rows · width, count]. */
  readonly columns: Int8Array;
  /** Lengths of the columns, [count]. */
  readonly lengths: readonly number[];
}

function queriesOf({ count, codes }: Rows): Queries {
  const length = codes.length / count;
  const columns = new Int8Array(codes.length);
  const lengths: number[] = [];
  for (let query = 0; query < count; query++) {
    const row = codes.subarray(query * length, (query + 1) * length);
    const signed = signedCodes(Float32Array.from(row, (code) => code - ZERO_CODE)).codes;
    lengths.push(lengthOf(signed, 0));
    for (let at = 0; at < length; at++) columns[at * count + query] = signed[at]!;
  }
  return { count, columns, lengths };
}

/** Cosines, [rows, queries]: every vector has unit length, so that of all together it is the mean over the rows. */
async function product(session: Session, rows: Rows, queries: Queries): Promise<Float32Array> {
  const length = rows.codes.length / rows.count;
  const outputs = await session.run({
    [CODES]: cpuTensor(rows.codes, [rows.count, length]),
    [QUERIES]: cpuTensor(queries.columns, [length, queries.count]),
  });
  const sums = outputs[SUMS]?.data as Int32Array;
  const cosines = Float32Array.from(sums, (sum, at) => {
    const both =
      rows.lengths[Math.floor(at / queries.count)]! * queries.lengths[at % queries.count]!;
    return both === 0 ? 0 : sum / both;
  });
  outputs[SUMS]?.dispose();
  return cosines;
}

function lengthOf(codes: ArrayLike<number>, zero: number): number {
  let sum = 0;
  for (let i = 0; i < codes.length; i++) sum += (codes[i]! - zero) ** 2;
  return Math.sqrt(sum);
}

/** The most similar ones of each picture. */
class NearestOf {
  readonly #k: number;
  readonly #of: { readonly other: number; readonly similarity: number }[][];

  constructor(count: number, k: number) {
    this.#k = k;
    this.#of = Array.from({ length: count }, () => []);
  }

  add(a: number, b: number, similarity: number): void {
    this.#keep(a, b, similarity);
    this.#keep(b, a, similarity);
  }

  /** Each once, in the order of their numbers. */
  pairs(): readonly PlacePair[] {
    const found = new Map<string, PlacePair>();
    for (const [i, others] of this.#of.entries()) {
      for (const { other } of others) {
        const [a, b] = i < other ? [i, other] : [other, i];
        found.set(`${a} ${b}`, { a, b });
      }
    }
    return [...found.values()].sort((one, two) => one.a - two.a || one.b - two.b);
  }

  #keep(of: number, other: number, similarity: number): void {
    const kept = this.#of[of] ?? [];
    const last = kept[this.#k - 1];
    if (last !== undefined && last.similarity >= similarity) return;
    let at = kept.length;
    while (at > 0 && kept[at - 1]!.similarity < similarity) at--;
    kept.splice(at, 0, { other, similarity });
    kept.length = Math.min(kept.length, this.#k);
  }
}
