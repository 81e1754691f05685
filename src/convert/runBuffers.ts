/**
 * Memory for runs of rows that is used again: an array of its own for each run would keep the garbage
 * collector busy for an eighth of a conversion. Knows no files and no threads.
 */

/** Values of a run, at most: 4 MB as float32, enough to keep the disk busy. */
export const RUN_VALUES = 1 << 20;

export class RunBuffers {
  readonly #free: Float32Array[] = [];

  /** Room for `[n]` values with anything in it; more than a run has memory of its own. */
  take(nValues: number): Float32Array {
    if (nValues > RUN_VALUES) return new Float32Array(nValues);
    return (this.#free.pop() ?? new Float32Array(RUN_VALUES)).subarray(0, nValues);
  }

  /** Takes back what nobody looks at any more; memory that is not from here is left alone. */
  give({ buffer }: Float32Array): void {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === RUN_VALUES * 4) {
      this.#free.push(new Float32Array(buffer));
    }
  }
}
