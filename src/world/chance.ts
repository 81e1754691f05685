/** Small draws from a stream of random numbers. */

import type { RandomStream } from "../engine/decode/sampling";

export function pick<T>(random: RandomStream, from: readonly T[]): T {
  return from[Math.floor(random.nextUnit() * from.length)]!;
}

export function chance(random: RandomStream, probability: number): boolean {
  return random.nextUnit() < probability;
}

export function between(random: RandomStream, low: number, high: number): number {
  return low + (high - low) * random.nextUnit();
}

/** @returns An index, as likely as its weight. */
export function pickWeighted(random: RandomStream, weights: readonly number[]): number {
  let left = random.nextUnit() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (left -= weight) < 0);
  return index === -1 ? weights.length - 1 : index;
}
