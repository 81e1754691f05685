/** Choosing from scores: the largest, the k largest, or by chance; knows no model and no options. */

import { AppError } from "../../base/errors";

/** Added to a seed's successors so that nearby seeds differ in every bit: 2^32 / golden ratio. */
const GOLDEN_RATIO = 0x9e3779b9;
/** Outputs thrown away after seeding, because few set bits in the state show in the first of them. */
const N_WARM_UP = 16;

/**
 * A reproducible stream of random numbers: xoshiro128** 1.1 by D. Blackman and S. Vigna
 * (prng.di.unimi.it). Streams of one seed are independent of each other.
 */
export class RandomStream {
  readonly #state: Uint32Array;

  /** @param state Four 32-bit words, not all zero. @throws AppError `internal` otherwise. */
  constructor(state: readonly [number, number, number, number]) {
    this.#state = Uint32Array.from(state);
    if (this.#state.every((word) => word === 0)) {
      throw new AppError("internal", "A random stream needs a state that is not all zeros.");
    }
  }

  /** @param seed A whole number below 2^32. @param stream Which of the seed's streams, from 0. */
  static seeded(seed: number, stream = 0): RandomStream {
    const random = new RandomStream([
      scramble(seed),
      scramble(seed + GOLDEN_RATIO),
      scramble(stream + 2 * GOLDEN_RATIO),
      // An odd word keeps the state from being all zeros.
      (scramble(stream + 3 * GOLDEN_RATIO) | 1) >>> 0,
    ]);
    for (let i = 0; i < N_WARM_UP; i++) random.nextUint32();
    return random;
  }

  /** With it, the constructor makes a stream that goes on as this one does. */
  get state(): readonly [number, number, number, number] {
    const [a, b, c, d] = this.#state;
    return [a!, b!, c!, d!];
  }

  /** The next 32 bits as a whole number from 0. */
  nextUint32(): number {
    const s = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = rotateLeft(s[3]!, 11);
    return result;
  }

  /** The same things in another order (Fisher and Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = Math.floor(this.nextUnit() * (i + 1));
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }

  /** Uniform in [0, 1) with 53 random bits. */
  nextUnit(): number {
    const high = this.nextUint32() >>> 5;
    const low = this.nextUint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Standard Gumbel noise, finite: the maximum of log p + noise is distributed as p. */
  nextGumbel(): number {
    // Half a unit in the last place moves the interval to (0, 1], whose logarithm is finite; the
    // upper end is kept below 1 because its second logarithm is not.
    const unit = Math.min(this.nextUnit() + 2 ** -54, 1 - 2 ** -53);
    return -Math.log(-Math.log(unit));
  }
}

/** Index of the largest score, the lowest of equals; 0 when all are -Infinity. */
export function argmax(scores: Float32Array): number {
  let best = 0;
  let max = -Infinity;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (score > max) {
      max = score;
      best = i;
    }
  }
  return best;
}

/**
 * Draws an index with probability softmax(scores); -Infinity is never drawn.
 * @throws AppError `option.invalid` when every score is -Infinity.
 */
export function sampleIndex(scores: Float32Array, random: RandomStream): number {
  const max = scores[argmax(scores)]!;
  if (max === -Infinity) throw everyTokenForbidden();
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += Math.exp(scores[i]! - max);
  const target = random.nextUnit() * total;
  let cumulative = 0;
  let last = 0;
  for (let i = 0; i < scores.length; i++) {
    const weight = Math.exp(scores[i]! - max);
    if (weight === 0) continue;
    cumulative += weight;
    last = i;
    if (cumulative > target) break;
  }
  return last;
}

/** What is thrown when the options leave no token that may follow. */
export function everyTokenForbidden(): AppError {
  return new AppError(
    "option.invalid",
    "The generation options forbid every token that could follow. Allow more repetition or fewer new tokens.",
    { detail: { option: "noRepeatNgramSize" } },
  );
}

/** One of the chosen. */
export interface Candidate {
  readonly key: number;
  readonly index: number;
}

/**
 * Keeps the candidates with the largest keys out of any number offered, without sorting them all.
 * Of equal keys the lower index is the better one. -Infinity counts as a key; NaN must not come.
 */
export class TopCandidates {
  readonly #capacity: number;
  /** A binary heap with the worst candidate at the root. */
  readonly #keys: Float64Array;
  readonly #indices: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#keys = new Float64Array(capacity);
    this.#indices = new Int32Array(capacity);
  }

  clear(): void {
    this.#size = 0;
  }

  offer(key: number, index: number): void {
    if (this.#size < this.#capacity) {
      this.#put(this.#size, key, index);
      this.#siftUp(this.#size++);
    } else if (key > this.#keys[0]! || (key === this.#keys[0]! && index < this.#indices[0]!)) {
      this.#put(0, key, index);
      this.#siftDown();
    }
  }

  /** Offers float32(base + score) for each score of a row, under indices from `firstIndex` up. */
  offerRow(scores: Float32Array, base: number, firstIndex: number): void {
    let i = 0;
    for (; i < scores.length && this.#size < this.#capacity; i++) {
      this.offer(Math.fround(base + scores[i]!), firstIndex + i);
    }
    // Nearly all of a vocabulary is below the worst that is kept: one comparison each, no call.
    let worst = this.worstKey();
    for (; i < scores.length; i++) {
      const key = Math.fround(base + scores[i]!);
      if (key < worst) continue;
      this.offer(key, firstIndex + i);
      worst = this.worstKey();
    }
  }

  /** The worst key that is kept; -Infinity when there is none. */
  worstKey(): number {
    return this.#size === 0 ? -Infinity : this.#keys[0]!;
  }

  /** What was kept, best first. */
  bestFirst(): Candidate[] {
    return Array.from({ length: this.#size }, (_, i) => ({
      key: this.#keys[i]!,
      index: this.#indices[i]!,
    })).sort((a, b) => (a.key === b.key ? a.index - b.index : b.key - a.key));
  }

  #put(at: number, key: number, index: number): void {
    this.#keys[at] = key;
    this.#indices[at] = index;
  }

  #isWorse(a: number, b: number): boolean {
    if (this.#keys[a] === this.#keys[b]) return this.#indices[a]! > this.#indices[b]!;
    return this.#keys[a]! < this.#keys[b]!;
  }

  #swap(a: number, b: number): void {
    const key = this.#keys[a]!;
    const index = this.#indices[a]!;
    this.#put(a, this.#keys[b]!, this.#indices[b]!);
    this.#put(b, key, index);
  }

  #siftUp(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isWorse(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #siftDown(): void {
    let at = 0;
    for (;;) {
      let worst = at;
      const left = 2 * at + 1;
      if (left < this.#size && this.#isWorse(left, worst)) worst = left;
      if (left + 1 < this.#size && this.#isWorse(left + 1, worst)) worst = left + 1;
      if (worst === at) return;
      this.#swap(at, worst);
      at = worst;
    }
  }
}

function rotateLeft(word: number, nBits: number): number {
  return (word << nBits) | (word >>> (32 - nBits));
}

/** The finaliser of MurmurHash3: a bijection of 32-bit words in which every bit affects every other. */
function scramble(value: number): number {
  let word = value >>> 0;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
