/**
 * The values of a tensor that is a view of others: transposed, a column, every other row. They are
 * gathered into row-major order, a bounded window of the file at a time. Reads through its caller.
 */

import { DTYPE_BITS, elementsOf, type ElementRange, type TensorInfo } from "./tensorInfo";

/** A tensor whose values do not lie side by side in row-major order. */
export type View = TensorInfo & { readonly strides: readonly number[] };

/** True where the values have to be gathered. */
export function isView(info: TensorInfo): info is View {
  return info.strides !== undefined;
}

/** True for the strides of values that lie side by side in row-major order; those of short axes mean nothing. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

export interface GatherJob {
  /** Elements in row-major order. @default all */
  readonly range: ElementRange | undefined;
  /** Exactly as long as the range. */
  readonly into: Uint8Array;
  /** Fills a piece with the bytes from an offset of the file on. */
  readonly read: (position: number, into: Uint8Array) => Promise<void>;
}

/** Bytes of the file that are in memory at a time. */
const WINDOW_BYTES = 32 << 20;

/** Fills `into` with the values of a range. The element size divides what is read at once. */
export async function gather(view: View, { range, into, read }: GatherJob): Promise<void> {
  const itemBytes = DTYPE_BITS[view.dtype] / 8;
  const { start, count } = range ?? { start: 0, count: elementsOf(view.shape) };
  if (count === 0) return;
  const { first, last } = spanOf(view, start, count);
  const windowItems = Math.min(Math.floor(WINDOW_BYTES / itemBytes), last - first + 1);
  const bytes = new Uint8Array(windowItems * itemBytes);
  for (let from = first; from <= last; from += windowItems) {
    const nItems = Math.min(windowItems, last - from + 1);
    const piece = bytes.subarray(0, nItems * itemBytes);
    await read(view.begin + from * itemBytes, piece);
    copyWindow(view, { start, count, from, nItems, piece, into, itemBytes });
  }
}

interface Window {
  readonly start: number;
  readonly count: number;
  /** Of the view's first value on, in elements. */
  readonly from: number;
  readonly nItems: number;
  readonly piece: Uint8Array;
  readonly into: Uint8Array;
  readonly itemBytes: number;
}

/** Copies those values of the range that lie in the window. */
function copyWindow(view: View, window: Window): void {
  const { start, count, from, nItems, piece, into, itemBytes } = window;
  const walk = new Walk(view, start);
  for (let i = 0; i < count; i++) {
    const at = walk.offset - from;
    walk.next();
    if (at < 0 || at >= nItems) continue;
    for (let byte = 0; byte < itemBytes; byte++) {
      into[i * itemBytes + byte] = piece[at * itemBytes + byte]!;
    }
  }
}

/** The lowest and the highest offset of a range's values, in elements from the view's first one. */
function spanOf(view: View, start: number, count: number): { first: number; last: number } {
  // Rows of the outermost axis are the range's own; the axes inside may be walked whole.
  const [rows = 1, ...inner] = view.shape;
  const [rowStride = 0, ...innerStrides] = view.strides;
  const perRow = elementsOf(inner);
  const firstRow = Math.floor(start / perRow);
  const lastRow = Math.min(rows - 1, Math.floor((start + count - 1) / perRow));
  const width = inner.reduce((sum, size, i) => sum + (size - 1) * (innerStrides[i] ?? 0), 0);
  return { first: firstRow * rowStride, last: lastRow * rowStride + width };
}

/** Goes through the values of a view in row-major order. */
class Walk {
  offset = 0;
  readonly #shape: readonly number[];
  readonly #strides: readonly number[];
  readonly #index: number[];

  constructor({ shape, strides }: View, start: number) {
    this.#shape = shape;
    this.#strides = strides;
    this.#index = shape.map(() => 0);
    let rest = start;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      this.#index[axis] = rest % size;
      rest = Math.floor(rest / size);
      this.offset += (this.#index[axis] ?? 0) * (strides[axis] ?? 0);
    }
  }

  next(): void {
    for (let axis = this.#shape.length - 1; axis >= 0; axis--) {
      const stride = this.#strides[axis]!;
      const index = this.#index[axis]! + 1;
      this.offset += stride;
      if (index < this.#shape[axis]!) {
        this.#index[axis] = index;
        return;
      }
      this.offset -= index * stride;
      this.#index[axis] = 0;
    }
  }
}
