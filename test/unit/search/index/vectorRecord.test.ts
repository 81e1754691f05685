import assert from "node:assert/strict";
import {
  codeBytes,
  encodeRecord,
  halfBytes,
  headRows,
  readHalves,
  readKey,
  readTraits,
  signedCodes,
} from "../../../../src/search/index/vectorRecord";
import { SeededRandom } from "../../../helpers/random";
import { madeUpRecord } from "../../../helpers/unitVectors";

const SHAPES = [
  { rows: 32, width: 256 },
  { rows: 1, width: 256 },
  { rows: 8, width: 24 },
];

describe("a picture's record", () => {
  for (const shape of SHAPES) {
    it(`says again what was written, ${shape.rows} × ${shape.width}`, () => {
      const record = madeUpRecord(7, new SeededRandom(1), shape);
      const { codes, halves } = encodeRecord(record, shape);
      assert.equal(codes.length, codeBytes(shape));
      assert.equal(halves.length, halfBytes(shape));
      // Among others, as in a file.
      const bytes = Buffer.concat([Buffer.alloc(10, 7), codes, Buffer.alloc(10, 7)]);
      const scales = new Float32Array(shape.rows);
      const digest = readKey(bytes, 10, { shape, into: scales });
      const { halvesCrc, ...traits } = readTraits(bytes, 10, shape);
      const { vectors, ...expected } = record;
      assert.deepEqual({ digest, ...traits }, expected);
      const read = readHalves(halves, halvesCrc);
      assert.ok(read?.every((value, i) => Math.abs(value - (vectors[i] ?? 9)) < 5e-4) === true);
      const first = headRows(shape) * shape.width;
      vectors.forEach((value, i) => {
        const scale = scales[Math.floor(i / shape.width)] ?? 9;
        assert.ok(Math.abs(((codes[first + i] ?? 0) - 128) * scale - value) <= scale / 2 + 1e-7);
      });
    });
  }

  it("is known to be damaged whichever byte has changed", () => {
    const shape = { rows: 2, width: 24 };
    const into = new Float32Array(2);
    const { codes, halves } = encodeRecord(madeUpRecord(1, new SeededRandom(2), shape), shape);
    for (let i = 0; i < codes.length; i++) {
      const damaged = Buffer.from(codes);
      damaged[i] = (damaged[i] ?? 0) ^ 1;
      assert.equal(readKey(damaged, 0, { shape, into }), undefined, `byte ${i}`);
    }
    const { halvesCrc } = readTraits(codes, 0, shape);
    halves[5] = (halves[5] ?? 0) ^ 1;
    assert.equal(readHalves(halves, halvesCrc), undefined);
  });

  it("is not made of what is no number, or of another shape", () => {
    const shape = { rows: 1, width: 4 };
    const record = madeUpRecord(1, new SeededRandom(3), shape);
    assert.throws(() => encodeRecord(record, { rows: 2, width: 4 }), RangeError);
    record.vectors[2] = NaN;
    assert.throws(() => encodeRecord(record, shape), RangeError);
  });

  it("has room for a vector of zeros", () => {
    const { codes, scale } = signedCodes(new Float32Array(4));
    assert.deepEqual([...codes, scale], [0, 0, 0, 0, 0]);
  });
});
