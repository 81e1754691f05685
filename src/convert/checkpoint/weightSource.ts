/**
 * Weights as the graphs want them, read row by row from the checkpoint when they are written, so that
 * no more than one tensor is in memory at a time.
 */

import { invariant } from "../../base/assert";
import { bytesWithin, isFloatDtype, toFloat32 } from "./dtype";
import type { TensorInfo } from "./tensorInfo";
import type { TensorBytes } from "./tensorReader";

/**
 * What a source is made of, for graphs that take each tensor of the checkpoint as an input. Sources whose values
 * are worked out in other ways have no form.
 */
export type WeightForm =
  | { readonly kind: "tensor"; readonly tensor: TensorInfo }
  | { readonly kind: "same"; readonly of: WeightSource }
  | { readonly kind: "stack"; readonly of: readonly WeightSource[] }
  | { readonly kind: "take"; readonly of: WeightSource }
  | { readonly kind: "skip"; readonly of: WeightSource; readonly skipped: number }
  | { readonly kind: "addToFirst"; readonly of: WeightSource; readonly row: WeightSource }
  | { readonly kind: "zeros" };

/** A matrix of rows × cols float32 values; a vector is a matrix with one column. */
export interface WeightSource {
  readonly rows: number;
  readonly cols: number;
  /** What `readRows` reads; some of them may occur twice. */
  readonly tensors: readonly TensorInfo[];
  readonly form?: WeightForm;
  /**
   * Values of `count` rows from `start`, row-major, [count, cols]; whoever gets them may change them.
   * @param into room for at least as many, which may be used; without it the memory is new.
   */
  readRows(start: number, count: number, into?: Float32Array): Promise<Float32Array>;
}

/** A checkpoint tensor; the first axis gives the rows, all others are flattened into the columns. */
export function tensorSource(reader: TensorBytes, tensor: TensorInfo): WeightSource {
  const { dtype } = tensor;
  invariant(isFloatDtype(dtype), `${tensor.name} holds no floats.`);
  const rows = tensor.shape[0] ?? 1;
  const cols = tensor.shape.slice(1).reduce((product, dim) => product * dim, 1);
  return {
    rows,
    cols,
    tensors: [tensor],
    form: { kind: "tensor", tensor },
    readRows: async (start, count, into) => {
      const range = { start: start * cols, count: count * cols };
      const room = into?.subarray(0, range.count);
      const within = room === undefined ? undefined : bytesWithin(room, dtype);
      return toFloat32(await reader.read(tensor, range, within), dtype, room);
    },
  };
}

/** A vector seen as one row of all its values. */
export function asRow(source: WeightSource): WeightSource {
  invariant(source.cols === 1, "Only a vector can be turned into a row.");
  return {
    rows: 1,
    cols: source.rows,
    tensors: source.tensors,
    form: { kind: "same", of: source },
    readRows: (_start, _count, into) => source.readRows(0, source.rows, into),
  };
}

/** Matrices of the same width on top of each other: packed query, key and value projections. */
export function stackRows(sources: readonly WeightSource[]): WeightSource {
  const cols = sources[0]?.cols ?? 0;
  invariant(
    sources.every((source) => source.cols === cols),
    "Stacked matrices must have one width.",
  );
  const rows = sources.reduce((sum, source) => sum + source.rows, 0);
  return {
    rows,
    cols,
    tensors: sources.flatMap((source) => source.tensors),
    form: { kind: "stack", of: sources },
    readRows: async (start, count, into) => {
      const out = into?.subarray(0, count * cols) ?? new Float32Array(count * cols);
      let top = 0;
      for (const source of sources) {
        const from = Math.max(start, top);
        const to = Math.min(start + count, top + source.rows);
        if (from < to) {
          const room = out.subarray((from - start) * cols, (to - start) * cols);
          const rows = await source.readRows(from - top, to - from, room);
          if (rows.buffer !== out.buffer) room.set(rows);
        }
        top += source.rows;
      }
      return out;
    },
  };
}

/** A vector of zeros. */
export function zeros(length: number): WeightSource {
  return {
    rows: length,
    cols: 1,
    tensors: [],
    form: { kind: "zeros" },
    readRows: (_start, count, into) =>
      Promise.resolve(into?.subarray(0, count).fill(0) ?? new Float32Array(count)),
  };
}

/** The first `count` rows. */
export function takeRows(source: WeightSource, count: number): WeightSource {
  return { ...source, rows: count, form: { kind: "take", of: source } };
}

/** Without the first `skipped` rows. */
export function skipRows(source: WeightSource, skipped: number): WeightSource {
  return {
    rows: source.rows - skipped,
    cols: source.cols,
    tensors: source.tensors,
    form: { kind: "skip", of: source, skipped },
    readRows: (start, count, into) => source.readRows(start + skipped, count, into),
  };
}

/** With a row added to row 0: the class token meets its position embedding at conversion. */
export function addToFirstRow(source: WeightSource, row: WeightSource): WeightSource {
  invariant(row.rows === 1 && row.cols === source.cols, "The added row must be as wide.");
  return {
    ...source,
    tensors: [...source.tensors, ...row.tensors],
    form: { kind: "addToFirst", of: source, row },
    readRows: async (start, count, into) => {
      const values = await source.readRows(start, count, into);
      if (start > 0 || count === 0) return values;
      const added = await row.readRows(0, 1);
      added.forEach((value, i) => {
        values[i] = (values[i] ?? 0) + value;
      });
      return values;
    },
  };
}

/** Factors that are worked out from weights when they are first asked for. */
export interface Factors {
  /** What `read` reads. */
  readonly tensors: readonly TensorInfo[];
  readonly read: () => Promise<Float32Array>;
}

/** With each row multiplied by a factor of its own, as a vector's values are. */
export function scaleRows(source: WeightSource, factors: Factors): WeightSource {
  return {
    rows: source.rows,
    cols: source.cols,
    tensors: [...source.tensors, ...factors.tensors],
    readRows: async (start, count, into) => {
      const values = await source.readRows(start, count, into);
      const scale = await factors.read();
      for (let at = 0, row = start; row < start + count; row++) {
        for (let col = 0; col < source.cols; col++, at++) {
          values[at] = (values[at] ?? 0) * (scale[row] ?? 1);
        }
      }
      return values;
    },
  };
}

/** With each column multiplied by a factor of its own. */
export function scaleCols(source: WeightSource, factors: Factors): WeightSource {
  return {
    rows: source.rows,
    cols: source.cols,
    tensors: [...source.tensors, ...factors.tensors],
    readRows: async (start, count, into) => {
      const values = await source.readRows(start, count, into);
      const scale = await factors.read();
      if (scale.every((factor) => factor === 1)) return values;
      for (let at = 0, row = 0; row < count; row++) {
        // In place, because this is a hot loop of a conversion.
        for (let col = 0; col < source.cols; col++, at++) {
          values[at] = (values[at] ?? 0) * (scale[col] ?? 1);
        }
      }
      return values;
    },
  };
}
