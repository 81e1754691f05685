/** Measures how far computed values are from recorded ones. */

/** Deviation over all tensors of one stage. */
export interface Deviation {
  /** Largest absolute difference. */
  readonly maxAbs: number;
  /** ‖ours − theirs‖ / ‖theirs‖ over all tensors together. */
  readonly relL2: number;
}

/** As good as infinite, which JSON cannot say. */
const INCOMPARABLE = Number.MAX_VALUE;

export class Comparison {
  #maxAbs = 0;
  #squaredError = 0;
  #squaredNorm = 0;
  #isComparable = true;

  /** Adds one pair of tensors; another length or a NaN makes the deviation immense. */
  add(ours: ArrayLike<number>, theirs: ArrayLike<number>): void {
    if (ours.length !== theirs.length) this.#isComparable = false;
    for (let i = 0; i < theirs.length; i++) {
      const expected = theirs[i] ?? 0;
      const error = (ours[i] ?? 0) - expected;
      if (Number.isNaN(error)) this.#isComparable = false;
      this.#maxAbs = Math.max(this.#maxAbs, Math.abs(error));
      this.#squaredError += error * error;
      this.#squaredNorm += expected * expected;
    }
  }

  result(): Deviation {
    if (!this.#isComparable) return { maxAbs: INCOMPARABLE, relL2: INCOMPARABLE };
    const relL2 = this.#squaredError === 0 ? 0 : Math.sqrt(this.#squaredError / this.#squaredNorm);
    return { maxAbs: this.#maxAbs, relL2 };
  }
}
