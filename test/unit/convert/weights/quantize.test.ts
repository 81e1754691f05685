import assert from "node:assert/strict";
import {
  blocksPerRow,
  codeBytesPerRow,
  quantizeColumns,
  quantizeMatrix,
  quantizeRows,
  type BlockFormat,
} from "../../../../src/convert/weights/quantize";
import { SeededRandom } from "../../../helpers/random";

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

/** Σ(w − ŵ)² when each block is rounded to the step that its largest value gives. */
function roundingError(values: Float32Array, cols: number, format: BlockFormat): number {
  const { bits, blockSize } = format;
  const ends = { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 };
  let error = 0;
  for (let row = 0; row < values.length; row += cols) {
    for (let begin = row; begin < row + cols; begin += blockSize) {
      const block = values.subarray(begin, Math.min(begin + blockSize, row + cols));
      const peak = block.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
      if (peak === 0) continue;
      const step = Math.fround(peak / ends.low);
      for (const value of block) {
        const code = Math.max(ends.low, Math.min(ends.high, Math.round(value / step)));
        error += (value - code * step) ** 2;
      }
    }
  }
  return error;
}

function squaredError(values: Float32Array, cols: number, format: BlockFormat): number {
  const decoded = decode(quantizeRows(values, cols, format), cols, format);
  return values.reduce((sum, value, i) => sum + (value - decoded[i]!) ** 2, 0);
}

/** Normally distributed, as trained weights nearly are. */
function normalMatrix(rows: number, cols: number): Float32Array {
  const random = new SeededRandom(rows + cols);
  return Float32Array.from(
    { length: rows * cols },
    () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()),
  );
}

describe("quantizeRows", () => {
  for (const format of FORMATS) {
    const { bits, blockSize } = format;
    for (const cols of [1, blockSize - 1, blockSize, 2 * blockSize + 5]) {
      it(`loses no more than rounding does, int${bits}:${blockSize}, ${cols} columns`, () => {
        const rows = 7;
        const sources = [randomMatrix(rows, cols), normalMatrix(rows, cols)];
        // Heavy tails: most of a block lies far below its largest value.
        for (const values of [...sources, ...sources.map((list) => list.map((v) => v ** 5))]) {
          const quantized = quantizeRows(values, cols, format);
          assert.equal(quantized.codes.length, rows * codeBytesPerRow(cols, format));
          assert.equal(quantized.scales.length, rows * blocksPerRow(cols, format));
          const total = values.reduce((sum, value) => sum + value * value, 0);
          for (let row = 0; row < rows; row++) {
            const line = values.subarray(row * cols, (row + 1) * cols);
            const limit = roundingError(line, cols, format);
            // `decode` rounds each value to float32.
            assert.ok(squaredError(line, cols, format) <= limit + 1e-9 * total, `row ${row}`);
          }
        }
      });
    }
  }

  for (const blockSize of [32, 64, 128] as const) {
    it(`takes a tenth off the squared error of normal weights, int4:${blockSize}`, () => {
      const values = normalMatrix(64, 1024);
      const format = { bits: 4, blockSize } as const;
      const ratio = squaredError(values, 1024, format) / roundingError(values, 1024, format);
      assert.ok(ratio < 0.92, `${ratio}`);
    });
  }

  it("finds the step of a block that is a multiple of it", () => {
    for (const bits of [4, 8] as const) {
      for (const step of [0.75, -0.001, 2 ** 100]) {
        const format = { bits, blockSize: 32 } as const;
        const codes = Array.from({ length: 32 }, (_, i) => (i % 15) - 8);
        codes[3] = -(2 ** (bits - 1));
        const values = Float32Array.from(codes, (code) => code * step);
        const quantized = quantizeRows(values, 32, format);
        assert.ok(Math.abs(quantized.scales[0]! / step - 1) < 1e-6, `${bits} bits, ${step}`);
        decode(quantized, 32, format).forEach((decoded, i) => {
          assert.ok(Math.abs(decoded - values[i]!) <= 1e-6 * Math.abs(values[i]!), `value ${i}`);
        });
      }
    }
  });

  it("cuts the largest value off where that serves the others", () => {
    // With a step of 1 all but the first are exact; a step for the first would miss them all.
    const values = new Float32Array(128).map((_, i) => (i % 2 === 0 ? 1 : -1) * (5 + (i % 3)));
    values[0] = -8.8;
    const { scales } = quantizeRows(values, 128, { bits: 4, blockSize: 128 });
    assert.ok(Math.abs(scales[0]! - 1) < 0.002, `${scales[0]!}`);
  });

  it("gives the largest value of a block of 8 bits exactly, whatever its sign", () => {
    for (const peak of [0.75, -0.75]) {
      const values = new Float32Array(16).fill(peak / 3);
      values[5] = peak;
      const quantized = quantizeRows(values, 16, { bits: 8, blockSize: 16 });
      assert.equal(decode(quantized, 16, { bits: 8, blockSize: 16 })[5], peak);
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

  it("takes the positive one of two values of the same magnitude, wherever it is", () => {
    for (const first of [3, -3]) {
      const values = new Float32Array(16);
      values[4] = first;
      values[9] = -first;
      const { scales } = quantizeRows(values, 16, { bits: 8, blockSize: 16 });
      assert.equal(scales[0], Math.fround(3 / -128));
    }
  });

  it("keeps the largest and smallest float32 values apart from overflow", () => {
    const values = new Float32Array(32).fill(3.4e38, 0, 16).fill(2 ** -99, 16);
    const format = { bits: 8, blockSize: 16 } as const;
    const decoded = decode(quantizeRows(values, 32, format), 32, format);
    assert.ok(decoded.every((value, i) => Math.abs(value / values[i]! - 1) < 1e-6));
  });
});

const signed = ({ buffer }: Uint8Array): Int8Array => new Int8Array(buffer);

/** The definition that `quantizeColumns` must keep to the bit. */
function roundedColumns(values: Float32Array, cols: number): Int8Array {
  const rows = values.length / cols;
  const codes = new Int8Array(values.length);
  for (let row = 0; row < rows; row++) {
    const line = values.subarray(row * cols, (row + 1) * cols);
    const peak = line.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    const inverse = 1 / Math.fround((peak === 0 ? 1 : peak) / 127);
    line.forEach((value, col) => {
      codes[col * rows + row] = Math.round(value * inverse);
    });
  }
  return codes;
}

describe("quantizeColumns", () => {
  it("loses no more than rounding to 254 steps of a row's largest value does", () => {
    const rows = 5;
    const cols = 37;
    const values = randomMatrix(rows, cols);
    const { codes: bytes, scales } = quantizeColumns(values, cols);
    const codes = signed(bytes);
    values.forEach((value, i) => {
      const row = Math.floor(i / cols);
      const peak = Math.max(...values.subarray(row * cols, (row + 1) * cols).map(Math.abs));
      const scale = scales[row] ?? NaN;
      assert.ok(Math.abs(scale - peak / 127) < 1e-8, `${scale}`);
      const error = Math.abs((codes[(i % cols) * rows + row] ?? 0) * scale - value);
      assert.ok(error <= scale * 0.5001, `${error} of ${scale}`);
    });
  });

  it("rounds as Math.round does, also half-way between two codes", () => {
    const cols = 253;
    const random = new SeededRandom(3);
    // With 49/127, half a step times the inverse is the double below 0.5.
    for (const peak of [127, 49, 98 / 1024, ...Array.from({ length: 200 }, () => random.next())]) {
      const scale = Math.fround(Math.fround(peak) / 127);
      const halves = Float32Array.from({ length: cols }, (_, i) => ((i - 126) / 2) * scale);
      const values = Float32Array.of(peak, ...halves, ...normalMatrix(1, 254 * 80));
      const { codes } = quantizeColumns(values, 254);
      assert.deepEqual(signed(codes), roundedColumns(values, 254), `${peak}`);
    }
  });

  it("uses the codes from -127 to 127", () => {
    const { codes } = quantizeColumns(Float32Array.of(-2, 0, 2, 0, 0, 0), 3);
    assert.deepEqual([...signed(codes)], [-127, 0, 0, 0, 127, 0]);
  });

  it("marks a row with a value that is not finite, and no other", () => {
    const { scales } = quantizeColumns(Float32Array.of(1, Infinity, 1, 2, NaN, 0), 2);
    assert.deepEqual(
      [...scales].map((scale) => Number.isFinite(scale)),
      [false, true, false],
    );
  });
});

describe("quantizeMatrix", () => {
  it("gives blocks or columns, as the job says", () => {
    const values = randomMatrix(6, 70);
    const format = { bits: 4, blockSize: 32 } as const;
    const job = { values, cols: 70 };
    assert.deepEqual(quantizeMatrix({ ...job, layout: format }), quantizeRows(values, 70, format));
    assert.deepEqual(quantizeMatrix({ ...job, layout: "columns" }), quantizeColumns(values, 70));
  });
});
