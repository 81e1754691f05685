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

/** Pictures on each side of one product. */
const BLOCK = 256;
/** Blocks that are ready at once on one side: 130 MB of BLIP-2, however many pictures there are. */
const READY = 32;
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
  const { factory, shape, signal, onProgress } = options;
  const nearest = new NearestOf(places.length, options.k);
  const blockAt = (nth: number): Rows =>
    rowsOf(places.slice(nth * BLOCK, (nth + 1) * BLOCK), shape);
  const nBlocks = Math.ceil(places.length / BLOCK);
  const session = await factory.open(productGraph(shape.rows * shape.width), { device: "cpu" });
  const done = { nProducts: 0, nAll: (nBlocks * (nBlocks + 1)) / 2 };
  try {
    for (let first = 0; first < nBlocks; first += READY) {
      const ready = readyQueries(first, { nBlocks, blockAt, signal });
      // What is before was compared with these already.
      for (let nth = first; nth < nBlocks; nth++) {
        throwIfAborted(signal);
        onProgress?.(Math.floor((places.length * done.nProducts) / done.nAll), places.length);
        const rows = { nth, ...blockAt(nth) };
        for (const queries of ready.filter((queries) => queries.nth <= nth)) {
          throwIfAborted(signal);
          await compare(session, { rows, queries, nearest, least: options.least - MARGIN });
          done.nProducts++;
        }
      }
    }
  } finally {
    await session.release();
  }
  return nearest.pairs();
}

function readyQueries(
  first: number,
  from: {
    readonly nBlocks: number;
    readonly blockAt: (nth: number) => Rows;
    readonly signal: AbortSignal;
  },
): readonly (Queries & Numbered)[] {
  const ready: (Queries & Numbered)[] = [];
  for (let nth = first; nth < Math.min(from.nBlocks, first + READY); nth++) {
    throwIfAborted(from.signal);
    ready.push({ nth, ...queriesOf(from.blockAt(nth)) });
  }
  return ready;
}

/** Which block it is. */
interface Numbered {
  readonly nth: number;
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
    for (let row = 0; row < rows; row++) {
      const ratio = largest === 0 ? 0 : scales[row]! / largest;
      const begin = row * width;
      for (let at = begin; at < begin + width; at++) {
        const code = Math.round((block.codes[from + at]! - ZERO_CODE) * ratio);
        codes[i * length + at] = code + ZERO_CODE;
      }
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

/** Every vector has unit length, so that the cosine of all together is the mean over the rows. */
async function compare(
  session: Session,
  by: {
    readonly rows: Rows & Numbered;
    readonly queries: Queries & Numbered;
    readonly nearest: NearestOf;
    readonly least: number;
  },
): Promise<void> {
  const { rows, queries, nearest, least } = by;
  const length = rows.codes.length / rows.count;
  const outputs = await session.run({
    [CODES]: cpuTensor(rows.codes, [rows.count, length]),
    [QUERIES]: cpuTensor(queries.columns, [length, queries.count]),
  });
  const sums = outputs[SUMS]?.data as Int32Array;
  for (let i = 0; i < rows.count; i++) {
    const b = rows.nth * BLOCK + i;
    for (let query = 0; query < queries.count; query++) {
      const both = rows.lengths[i]! * queries.lengths[query]!;
      const sum = sums[i * queries.count + query]!;
      const a = queries.nth * BLOCK + query;
      if (a < b && both > 0 && sum >= least * both) nearest.add(a, b, sum / both);
    }
  }
  outputs[SUMS]?.dispose();
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
