import assert from "node:assert/strict";
import {
  type ConvertWorkers,
  InThreadWorkers,
} from "../../../../src/convert/weights/convertWorkers";
import type { DataEntry } from "../../../../src/convert/weights/dataFile";
import { float32ToFloat16 } from "../../../../src/convert/checkpoint/dtype";
import { quantizeRows } from "../../../../src/convert/weights/quantize";
import {
  gatherCodeDims,
  matMulCodeDims,
  plainEntry,
  quantizedEntry,
  transposedEntry,
} from "../../../../src/convert/weights/weightEntries";
import type { WeightSource } from "../../../../src/convert/checkpoint/weightSource";
import { matrixSource } from "../../../helpers/matrixSource";
import { SeededRandom } from "../../../helpers/random";

/** The bytes of each initializer of an entry. */
async function produced(
  entry: DataEntry,
  workers: ConvertWorkers = new InThreadWorkers(),
): Promise<Buffer[]> {
  const pieces = entry.initializers.map((): Uint8Array[] => []);
  for await (const { index, bytes } of entry.produce(workers)) {
    // What is written may be used again.
    pieces[index]!.push(bytes.slice());
  }
  return pieces.map((list, i) => {
    const whole = Buffer.concat(list);
    assert.equal(whole.length, entry.initializers[i]!.bytes, entry.initializers[i]!.name);
    return whole;
  });
}

function randomMatrix(rows: number, cols: number): Float32Array {
  const random = new SeededRandom(rows + cols);
  return Float32Array.from({ length: rows * cols }, () => random.next() - 0.5);
}

const bytesOf = (values: Float32Array | Uint16Array): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** Counts the values of the longest read. */
function watched(source: WeightSource): { source: WeightSource; longest: () => number } {
  let longest = 0;
  const readRows: WeightSource["readRows"] = (start, count) => {
    longest = Math.max(longest, count * source.cols);
    return source.readRows(start, count);
  };
  return { source: { ...source, readRows }, longest: () => longest };
}

/** More than is read at once, 1 Mi values, with a width that does not divide it. */
const BIG = { rows: 1801, cols: 2503 };

describe("weight entries", () => {
  for (const { rows, cols } of [{ rows: 1, cols: 1 }, { rows: 130, cols: 67 }, BIG]) {
    const values = randomMatrix(rows, cols);

    it(`writes ${rows} × ${cols} as it is`, async () => {
      const source = matrixSource(values, cols);
      const shape = { dims: [rows, cols], storage: "float32" } as const;
      const [plain] = await produced(plainEntry("w", source, shape));
      assert.ok(plain!.equals(bytesOf(values)));
      const [half] = await produced(plainEntry("w", source, { ...shape, storage: "float16" }));
      assert.ok(half!.equals(bytesOf(float32ToFloat16(values))));
    });

    it(`writes ${rows} × ${cols} transposed`, async () => {
      const expected = new Float32Array(values.length);
      values.forEach((value, i) => {
        expected[(i % cols) * rows + Math.floor(i / cols)] = value;
      });
      const source = matrixSource(values, cols);
      const entry = transposedEntry("w", source, "float32");
      assert.deepEqual(entry.initializers[0]?.dims, [cols, rows]);
      assert.ok((await produced(entry))[0]!.equals(bytesOf(expected)));
      const [half] = await produced(transposedEntry("w", source, "float16"));
      assert.ok(half!.equals(bytesOf(float32ToFloat16(expected))));
    });

    it(`writes ${rows} × ${cols} in blocks, codes before scales`, async () => {
      const source = matrixSource(values, cols);
      for (const bits of [4, 8] as const) {
        const format = { bits, blockSize: 32 } as const;
        const codeDims = matMulCodeDims(source, format);
        const entry = quantizedEntry("w", source, { format, codeDims });
        const expected = quantizeRows(values, cols, format);
        const [codes, scales] = await produced(entry);
        assert.ok(codes!.equals(expected.codes));
        assert.ok(scales!.equals(bytesOf(expected.scales)));
        assert.deepEqual(entry.initializers[1]?.dims, [rows, Math.ceil(cols / 32)]);
      }
    });
  }

  it("gives the dims of the codes that the two operators ask for", () => {
    const source = matrixSource(new Float32Array(3 * 40), 40);
    assert.deepEqual(matMulCodeDims(source, { bits: 4, blockSize: 32 }), [3, 2, 16]);
    assert.deepEqual(matMulCodeDims(source, { bits: 8, blockSize: 16 }), [3, 3, 16]);
    assert.deepEqual(gatherCodeDims(source, { bits: 4, blockSize: 32 }), [3, 32]);
    assert.deepEqual(gatherCodeDims(source, { bits: 8, blockSize: 16 }), [3, 48]);
  });

  it("never reads more than 4 MB of values at once", async () => {
    const { source, longest } = watched(matrixSource(randomMatrix(BIG.rows, BIG.cols), BIG.cols));
    const format = { bits: 8, blockSize: 32 } as const;
    await produced(
      quantizedEntry("w", source, { format, codeDims: matMulCodeDims(source, format) }),
    );
    await produced(transposedEntry("w", source, "float32"));
    await produced(plainEntry("w", source, { dims: [BIG.rows, BIG.cols], storage: "float32" }));
    assert.ok(longest() > 0 && longest() <= 1 << 20, String(longest()));
  });

  it("passes a failed read on", async () => {
    const values = randomMatrix(BIG.rows, BIG.cols);
    const source = matrixSource(values, BIG.cols);
    const failing: WeightSource = {
      ...source,
      readRows: (start, count) =>
        start === 0 ? source.readRows(start, count) : Promise.reject(new Error("unplugged")),
    };
    await assert.rejects(produced(transposedEntry("w", failing, "float32")), /unplugged/);
  });
});
