import assert from "node:assert/strict";
import {
  blocksPerRow,
  codeBytesPerRow,
  quantizeRows,
  type BlockFormat,
} from "../../../src/convert/quantize";
import { SeededRandom } from "../../helpers/random";

const FORMATS: readonly BlockFormat[] = ([4, 8] as const).flatMap((bits) =>
  ([16, 32, 64, 128] as const).map((blockSize) => ({ bits, blockSize })),
);

function randomMatrix(rows: number, cols: number): Float32Array {
  const random = new SeededRandom(rows * 1000 + cols);
  return Float32Array.from({ length: rows * cols }, () => (random.next() - 0.5) * 3);
}

/** The values that the codes stand for, by the definition of MatMulNBits. */
function decode(
  quantized: { codes: Uint8Array; scales: Float32Array },
  cols: number,
  format: BlockFormat,
): Float32Array {
  const { bits, blockSize } = format;
  const blocks = blocksPerRow(cols, format);
  const rows = quantized.scales.length / blocks;
  const codeAt = (index: number): number => {
    const byte = quantized.codes[Math.floor((index * bits) / 8)]!;
    if (bits === 8) return byte;
    return index % 2 === 0 ? byte & 15 : byte >> 4;
  };
  return Float32Array.from({ length: rows * cols }, (_, i) => {
    const row = Math.floor(i / cols);
    const col = i % cols;
    const scale = quantized.scales[row * blocks + Math.floor(col / blockSize)]!;
    return (codeAt(row * blocks * blockSize + col) - 2 ** (bits - 1)) * scale;
  });
}

describe("quantizeRows", () => {
  for (const format of FORMATS) {
    const { bits, blockSize } = format;
    for (const cols of [1, blockSize - 1, blockSize, 2 * blockSize + 5]) {
      it(`keeps each value within a step, int${bits}:${blockSize}, ${cols} columns`, () => {
        const rows = 7;
        const values = randomMatrix(rows, cols);
        const quantized = quantizeRows(values, cols, format);
        assert.equal(quantized.codes.length, rows * codeBytesPerRow(cols, format));
        assert.equal(quantized.scales.length, rows * blocksPerRow(cols, format));
        decode(quantized, cols, format).forEach((decoded, i) => {
          const block = Math.floor((i % cols) / blockSize);
          const row = Math.floor(i / cols);
          const step = Math.abs(quantized.scales[row * blocksPerRow(cols, format) + block]!);
          const error = Math.abs(decoded - values[i]!);
          // Half a step, except at the end of the range that has one step less.
          const isShortEnd =
            values[i]! / quantized.scales[row * blocksPerRow(cols, format) + block]! >
            2 ** (bits - 1) - 1;
          assert.ok(error <= step * (isShortEnd ? 1 : 0.5) * 1.0001, `${i}: ${error} of ${step}`);
        });
      });
    }
  }

  it("gives the largest value of a block exactly, whatever its sign", () => {
    for (const peak of [0.75, -0.75]) {
      const values = new Float32Array(16).fill(peak / 3);
      values[5] = peak;
      const quantized = quantizeRows(values, 16, { bits: 4, blockSize: 16 });
      assert.equal(decode(quantized, 16, { bits: 4, blockSize: 16 })[5], peak);
    }
  });

  it("puts the first value of a pair into the low nibble", () => {
    const values = new Float32Array(16);
    values.set([-8, 7, 1, -2]);
    const { codes, scales } = quantizeRows(values, 16, { bits: 4, blockSize: 16 });
    assert.deepEqual([...scales], [1]);
    assert.deepEqual([...codes], [0xf0, 0x69, 0x88, 0x88, 0x88, 0x88, 0x88, 0x88]);
  });

  it("fills the last block of a row with the code of zero", () => {
    const values = Float32Array.of(-8, 7, 4, 4, 4, 4);
    const int4 = quantizeRows(values, 3, { bits: 4, blockSize: 16 });
    assert.deepEqual([...int4.codes.subarray(0, 8)], [0xf0, 0x8c, ...Array<number>(6).fill(0x88)]);
    const int8 = quantizeRows(values, 3, { bits: 8, blockSize: 16 });
    assert.deepEqual([...int8.codes.subarray(3, 16)], Array<number>(13).fill(128));
    assert.deepEqual([...int8.codes.subarray(19, 32)], Array<number>(13).fill(128));
  });

  it("gives zeros for a block of zeros and for values too small for a scale", () => {
    for (const value of [0, -0, 1e-45, -1e-40]) {
      for (const format of FORMATS) {
        const quantized = quantizeRows(new Float32Array(200).fill(value), 200, format);
        assert.ok(decode(quantized, 200, format).every((decoded) => decoded === 0));
        assert.ok(quantized.scales.every(Number.isFinite));
      }
    }
  });

  it("marks a block with a value that is not finite, and no other", () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const values = randomMatrix(2, 32);
      values[20] = bad;
      const { scales } = quantizeRows(values, 32, { bits: 8, blockSize: 16 });
      assert.deepEqual([...scales].map(Number.isNaN), [false, true, false, false]);
    }
  });

  it("keeps the largest and smallest float32 values apart from overflow", () => {
    const values = new Float32Array(32).fill(3.4e38, 0, 16).fill(2 ** -99, 16);
    const format = { bits: 8, blockSize: 16 } as const;
    const decoded = decode(quantizeRows(values, 32, format), 32, format);
    assert.ok(decoded.every((value, i) => Math.abs(value / values[i]! - 1) < 1e-6));
  });
});
