/**
 * Compares many pictures with each other: sketches of all in blocks, which tells which pairs can look alike, and
 * then the integers of those. Knows no files and no digests.
 */

import { throwIfAborted } from "../../base/errors";
import { cpuTensor, type Session, type SessionFactory } from "../../engine/session/session";
import { headRows, type RecordShape, ZERO_CODE } from "../index/vectorRecord";
import { NearestOf, type NumberPair } from "./nearestOf";
import { CODES, productGraph, QUERIES, SUMS } from "./scanner";
import {
  columnsOf,
  type RecordPlace,
  SKETCH,
  SKETCH_MARGIN,
  type SketchColumns,
  Sketcher,
  type Sketches,
} from "./sketches";

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

/** Pictures on the two sides of one product; the second is a multiple of the first. */
const COLUMNS = 512;
const ROWS = 2048;
/** A picture's best by sketches, for each that is wanted: their order is that of the integers only nearly. */
const CANDIDATES = 3;
/** Integers differ from the exact value by less; who asks computes it and leaves out what is below. */
const MARGIN = 0.02;
/** Pictures or pairs between two looks at whether to stop. */
const PIECE = 1024;

/**
 * Pairs that may look alike, each once: of each picture those with its most similar ones. One that is just alike
 * is missed with a chance of one in a million.
 * @throws AppError `device.failed`, `request.cancelled`.
 */
export async function alikePairs(
  places: readonly RecordPlace[],
  options: AlikeOptions,
): Promise<readonly NumberPair[]> {
  const { least, k, shape, signal } = options;
  const candidates = new NearestOf(places.length, CANDIDATES * k);
  await compareSketches(await sketchesOf(places, options), candidates, options);
  const nearest = new NearestOf(places.length, k);
  let nCompared = 0;
  for (const { a, b } of candidates.pairs()) {
    if (nCompared++ % PIECE === 0) await turn(signal);
    const similarity = codeCosine(places[a]!, places[b]!, shape);
    if (similarity >= least - MARGIN) nearest.add(a, b, similarity);
  }
  return [...nearest.pairs()];
}

async function sketchesOf(
  places: readonly RecordPlace[],
  { shape, signal }: AlikeOptions,
): Promise<Sketches> {
  const sketcher = new Sketcher(shape);
  const count = places.length;
  const codes = new Uint8Array(count * SKETCH);
  const sketches = { count, codes, lengths: new Float32Array(count) };
  for (let first = 0; first < count; first += PIECE) {
    await turn(signal);
    sketcher.add(places.slice(first, first + PIECE), sketches, first);
  }
  return sketches;
}

/** Each picture with all that are behind it. */
async function compareSketches(
  sketches: Sketches,
  candidates: NearestOf,
  { least, factory, signal, onProgress }: AlikeOptions,
): Promise<void> {
  const { count, codes, lengths } = sketches;
  const session = await factory.open(productGraph(SKETCH), { device: "cpu" });
  const nAll = (count * (count + 1)) / 2;
  let nDone = 0;
  try {
    for (let first = 0; first < count; first += COLUMNS) {
      const columns = { first, ...columnsOf(sketches, first, Math.min(COLUMNS, count - first)) };
      onProgress?.(Math.floor((count * nDone) / nAll), count);
      for (let row = first - (first % ROWS); row < count; row += ROWS) {
        throwIfAborted(signal);
        const end = Math.min(count, row + ROWS);
        const rows = {
          ...{ first: row, codes: codes.subarray(row * SKETCH, end * SKETCH) },
          lengths: lengths.subarray(row, end),
        };
        await compare(session, { rows, columns, candidates, least: least - SKETCH_MARGIN });
      }
      nDone += columns.count * (count - first - (columns.count - 1) / 2);
    }
  } finally {
    await session.release();
  }
}

async function compare(
  session: Session,
  by: {
    readonly rows: Omit<Sketches, "count"> & { readonly first: number };
    readonly columns: SketchColumns & { readonly first: number };
    readonly candidates: NearestOf;
    readonly least: number;
  },
): Promise<void> {
  const { rows, columns, candidates, least } = by;
  const { count, lengths } = columns;
  const outputs = await session.run({
    [CODES]: cpuTensor(rows.codes, [rows.lengths.length, SKETCH]),
    [QUERIES]: cpuTensor(columns.columns, [SKETCH, count]),
  });
  const sums = outputs[SUMS]?.data as Int32Array;
  // The pairs of one product are millions, and nearly none of them passes.
  for (let i = Math.max(0, columns.first + 1 - rows.first); i < rows.lengths.length; i++) {
    const length = rows.lengths[i]!;
    const b = rows.first + i;
    const nBefore = Math.min(count, b - columns.first);
    for (let column = 0; column < nBefore; column++) {
      const both = length * lengths[column]!;
      const sum = sums[i * count + column]!;
      if (sum < least * both || both === 0) continue;
      candidates.add(columns.first + column, b, sum / both);
    }
  }
  outputs[SUMS]?.dispose();
}

/** Every vector has unit length, so that the cosine of all together is the mean over the rows. */
function codeCosine(one: RecordPlace, other: RecordPlace, shape: RecordShape): number {
  const { rows, width } = shape;
  const [codes, others] = [one.block.codes, other.block.codes];
  const head = headRows(shape);
  let mean = 0;
  for (let row = 0; row < rows; row++) {
    const begin = (one.record * (head + rows) + head + row) * width;
    const otherBegin = (other.record * (head + rows) + head + row) * width;
    let sum = 0;
    for (let at = 0; at < width; at++) {
      sum += (codes[begin + at]! - ZERO_CODE) * (others[otherBegin + at]! - ZERO_CODE);
    }
    const scale = one.block.scales[one.record * rows + row]!;
    mean += (sum * scale * other.block.scales[other.record * rows + row]!) / rows;
  }
  return mean;
}

/** Lets a cancel arrive. @throws AppError `request.cancelled`. */
async function turn(signal: AbortSignal): Promise<void> {
  await new Promise(setImmediate);
  throwIfAborted(signal);
}
