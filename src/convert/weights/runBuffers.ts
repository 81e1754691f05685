/**
 * Memory for runs of rows that is used again: an array of its own for each run would keep the garbage
 * collector busy for an eighth of a conversion. Knows no files.
 */

/** Values of a run, at most: 4 MB as float32, enough to keep the disk busy. */
export const RUN_VALUES = 1 << 20;

const RUN_BYTES = RUN_VALUES * Float32Array.BYTES_PER_ELEMENT;

/** Shared memory lies in all threads at once; the other kind would have to be handed over. */
export type MemoryKind = "shared" | "own";

export class RunBuffers {
  readonly #free: Float32Array[] = [];
  readonly #kind: MemoryKind;

  /** @param kind whether other threads shall see the memory. */
  constructor(kind: MemoryKind) {
    this.#kind = kind;
  }

  /** Room for `[n]` values with anything in it; more than a run has memory of its own. */
  take(nValues: number): Float32Array {
    if (nValues > RUN_VALUES) return new Float32Array(nValues);
    return (this.#free.pop() ?? this.#allocate()).subarray(0, nValues);
  }

  /** Takes back what nobody looks at any more; memory that is not from here is left alone. */
  give({ buffer }: Float32Array): void {
    const isOurs = buffer instanceof SharedArrayBuffer === (this.#kind === "shared");
    if (isOurs && buffer.byteLength === RUN_BYTES) this.#free.push(new Float32Array(buffer));
  }

  #allocate(): Float32Array {
    return this.#kind === "shared"
      ? new Float32Array(new SharedArrayBuffer(RUN_BYTES))
      : new Float32Array(RUN_VALUES);
  }
}
