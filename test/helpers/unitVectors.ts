/** Made-up pictures of an index: unit vectors from a seed. */

import { createHash } from "node:crypto";
import type { RecordShape, VectorRecord } from "../../src/search/index/vectorRecord";
import type { SeededRandom } from "./random";

/** [rows · width], each row of unit length. */
export function unitVectors(random: SeededRandom, { rows, width }: RecordShape): Float32Array {
  const vectors = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    let square = 0;
    const at = row * width;
    for (let i = 0; i < width; i++) {
      // A sum of uniform numbers is near enough to a normal one.
      const value = random.next() + random.next() + random.next() - 1.5;
      vectors[at + i] = value;
      square += value * value;
    }
    const length = Math.sqrt(square);
    for (let i = 0; i < width; i++) vectors[at + i] = (vectors[at + i] ?? 0) / length;
  }
  return vectors;
}

/** The picture of a number. */
export function madeUpRecord(name: number, random: SeededRandom, shape: RecordShape): VectorRecord {
  return {
    digest: createHash("sha256").update(String(name)).digest("hex"),
    vectors: unitVectors(random, shape),
    ...{ width: 640, height: 480 + name, isOneColor: name % 2 === 1 },
    look: name.toString(16).padStart(16, "0"),
  };
}
