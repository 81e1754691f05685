import assert from "node:assert/strict";
import {
  addToFirstRow,
  asRow,
  type Factors,
  scaleCols,
  scaleRows,
  skipRows,
  stackRows,
  tensorSource,
  type WeightSource,
} from "../../../../src/convert/checkpoint/weightSource";
import { readSafetensorsHeader } from "../../../../src/convert/checkpoint/safetensors";
import { TensorReader } from "../../../../src/convert/checkpoint/tensorReader";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { matrixSource } from "../../../helpers/matrixSource";
import { tinyValues, writeTinyCheckpoint, type TinyDtype } from "../../../helpers/tinyCheckpoint";

/** first, first + 1, … */
const counting = (first: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => first + i);

const all = async (source: WeightSource): Promise<number[]> => [
  ...(await source.readRows(0, source.rows)),
];

/** Every way to read a source in runs of rows must give the same values. */
async function expectRows(source: WeightSource, expected: readonly number[]): Promise<void> {
  assert.equal(source.rows * source.cols, expected.length);
  for (let start = 0; start <= source.rows; start++) {
    for (let count = 0; start + count <= source.rows; count++) {
      assert.deepEqual(
        [...(await source.readRows(start, count))],
        expected.slice(start * source.cols, (start + count) * source.cols),
      );
    }
  }
}

describe("weight sources", () => {
  it("stacks matrices on top of each other, whichever rows are read", async () => {
    const parts = [matrixSource(counting(0, 6), 3), matrixSource(counting(10, 3), 3)];
    await expectRows(stackRows([...parts, matrixSource(counting(20, 9), 3)]), [
      ...counting(0, 6),
      ...counting(10, 3),
      ...counting(20, 9),
    ]);
  });

  it("stacks vectors", async () => {
    const parts = [matrixSource(counting(0, 2), 1), matrixSource(counting(5, 3), 1)];
    await expectRows(stackRows(parts), [0, 1, 5, 6, 7]);
  });

  it("refuses to stack matrices of different widths", () => {
    const parts = [matrixSource(counting(0, 6), 3), matrixSource(counting(0, 6), 2)];
    assert.throws(() => stackRows(parts), { code: "internal" });
  });

  it("multiplies rows or columns by factors of their own, whichever rows are read", async () => {
    const read = (): Promise<Float32Array> => Promise.resolve(Float32Array.of(2, 10, 0.5));
    const factors: Factors = { tensors: [], read };
    const square = matrixSource(counting(1, 9), 3);
    await expectRows(scaleRows(square, factors), [2, 4, 6, 40, 50, 60, 3.5, 4, 4.5]);
    await expectRows(scaleCols(square, factors), [2, 20, 1.5, 8, 50, 3, 14, 80, 4.5]);
    const vector = matrixSource(counting(1, 3), 1);
    await expectRows(scaleRows(vector, factors), [2, 20, 1.5]);
    // What was read before is not multiplied again.
    assert.deepEqual(await all(square), [...counting(1, 9)]);
  });

  it("leaves the first rows out", async () => {
    await expectRows(skipRows(matrixSource(counting(0, 8), 2), 2), [4, 5, 6, 7]);
  });

  it("turns a vector into a row, and nothing else", async () => {
    const row = asRow(matrixSource(counting(0, 4), 1));
    assert.deepEqual([row.rows, row.cols], [1, 4]);
    assert.deepEqual(await all(row), [0, 1, 2, 3]);
    assert.throws(() => asRow(matrixSource(counting(0, 4), 2)), { code: "internal" });
  });

  it("adds a row to the first row only, at each reading once", async () => {
    const sum = addToFirstRow(
      matrixSource(counting(0, 6), 2),
      matrixSource(Float32Array.of(100, 200), 2),
    );
    await expectRows(sum, [100, 201, 2, 3, 4, 5]);
    assert.throws(() => addToFirstRow(sum, matrixSource(counting(0, 3), 3)), { code: "internal" });
  });

  describe("from a checkpoint", () => {
    let folder = "";
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "sightline-source-"));
    });
    after(() => rm(folder, { recursive: true }));

    for (const dtype of ["F32", "F16", "BF16"] satisfies TinyDtype[]) {
      it(`reads ${dtype} tensors of every rank in runs of rows`, async () => {
        const checkpoint = path.join(folder, dtype);
        const tensors = await writeTinyCheckpoint(checkpoint, { kit: "opt", dtype });
        const header = await readSafetensorsHeader(path.join(checkpoint, "model.safetensors"));
        const reader = new TensorReader();
        try {
          for (const [name, rows, cols] of [
            ["language_projection.bias", 64, 1],
            ["language_projection.weight", 64, 48],
            ["query_tokens", 1, 8 * 48],
            ["vision_model.embeddings.patch_embedding.weight", 64, 3 * 14 * 14],
          ] as const) {
            const source = tensorSource(reader, header.tensors.get(name)!);
            assert.deepEqual([source.rows, source.cols], [rows, cols]);
            const expected = tinyValues(name, tensors.get(name)!);
            assert.deepEqual(await source.readRows(0, rows), expected);
            assert.deepEqual(
              await source.readRows(rows - 1, 1),
              expected.slice(expected.length - cols),
            );
          }
        } finally {
          await reader.close();
        }
      });
    }
  });
});
