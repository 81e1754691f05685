/** The most similar ones of each of many things, in a fixed amount of memory. Knows only numbers. */

/** Numbers of two things; `a` is the smaller one. */
export interface NumberPair {
  readonly a: number;
  readonly b: number;
}

export class NearestOf {
  readonly #k: number;
  /** Of each thing its most similar ones, in no order, [count · k]. */
  readonly #others: Int32Array;
  readonly #similarities: Float32Array;
  readonly #counts: Uint16Array;
  /** The least similarity that is kept where there is no more room, [count]. */
  readonly #floors: Float32Array;

  constructor(count: number, k: number) {
    this.#k = k;
    this.#others = new Int32Array(count * k);
    this.#similarities = new Float32Array(count * k);
    this.#counts = new Uint16Array(count);
    this.#floors = new Float32Array(count).fill(-Infinity);
  }

  add(a: number, b: number, similarity: number): void {
    if (similarity > this.#floors[a]!) this.#keep(a, b, similarity);
    if (similarity > this.#floors[b]!) this.#keep(b, a, similarity);
  }

  /** Pairs of which one is kept by the other, each once; those that a thing keeps come together. */
  *pairs(): Generator<NumberPair> {
    for (let one = 0; one < this.#counts.length; one++) {
      for (const other of this.#keptBy(one)) {
        if (one < other) yield { a: one, b: other };
        else if (!this.#keptBy(other).includes(one)) yield { a: other, b: one };
      }
    }
  }

  #keptBy(one: number): Int32Array {
    return this.#others.subarray(one * this.#k, one * this.#k + this.#counts[one]!);
  }

  #keep(one: number, other: number, similarity: number): void {
    const begin = one * this.#k;
    const count = this.#counts[one]!;
    const at = begin + (count < this.#k ? count : this.#worst(one));
    this.#others[at] = other;
    this.#similarities[at] = similarity;
    if (count < this.#k) this.#counts[one] = count + 1;
    if (count + 1 < this.#k) return;
    this.#floors[one] = this.#similarities[begin + this.#worst(one)]!;
  }

  /** Where the least similar one is among those that are kept. */
  #worst(one: number): number {
    const kept = this.#similarities.subarray(one * this.#k, (one + 1) * this.#k);
    let worst = 0;
    for (let i = 1; i < kept.length; i++) if (kept[i]! < kept[worst]!) worst = i;
    return worst;
  }
}
