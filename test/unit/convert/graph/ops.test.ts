/** What ONNX Runtime computes with the operators we write, against plain float arithmetic. */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DataFilePlan } from "../../../../src/convert/weights/dataFile";
import { writeDataFile } from "../../../../src/convert/output/dataFileWriter";
import { GraphBuilder, type GraphTarget } from "../../../../src/convert/graph/graphBuilder";
import { linear } from "../../../../src/convert/graph/linear";
import * as ops from "../../../../src/convert/graph/ops";
import { blocksPerRow, quantizeRows } from "../../../../src/convert/weights/quantize";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { cpuTensor, floats, type TensorMap } from "../../../../src/engine/session/session";
import type { Precision } from "../../../../src/model/precision/precision";
import { SeededRandom } from "../../../helpers/random";
import { matrixSource } from "../../../helpers/matrixSource";

const factory = createOrtSessionFactory();
const BLOCK_SIZES = [16, 32, 64, 128] as const;

function randomValues(count: number, seed: number): Float32Array {
  const random = new SeededRandom(seed);
  return Float32Array.from({ length: count }, () => random.next() - 0.5);
}

/** x [n, K] times the transpose of w [N, K]. */
function product(x: Float32Array, w: Float32Array, inner: number): Float32Array {
  const nRows = x.length / inner;
  const nCols = w.length / inner;
  return Float32Array.from({ length: nRows * nCols }, (_, at) => {
    const row = Math.floor(at / nCols);
    const col = at % nCols;
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += x[row * inner + k]! * w[col * inner + k]!;
    return sum;
  });
}

/** What the quantised codes of a matrix stand for. */
function rounded(values: Float32Array, cols: number, precision: Precision): Float32Array {
  if (precision.blockSize === undefined) return values;
  const format = {
    bits: precision.kind === "int4" ? 4 : 8,
    blockSize: precision.blockSize,
  } as const;
  const { codes, scales } = quantizeRows(values, cols, format);
  const blocks = blocksPerRow(cols, format);
  return values.map((_, i) => {
    const row = Math.floor(i / cols);
    const at = row * blocks * format.blockSize + (i % cols);
    const code =
      format.bits === 8 ? codes[at]! : at % 2 === 0 ? codes[at >> 1]! & 15 : codes[at >> 1]! >> 4;
    const block = Math.floor((i % cols) / format.blockSize);
    return (code - 2 ** (format.bits - 1)) * scales[row * blocks + block]!;
  });
}

/** Length of the difference relative to the length of what was expected. */
function relativeError(got: Float32Array, expected: Float32Array): number {
  assert.equal(got.length, expected.length);
  let difference = 0;
  let total = 0;
  got.forEach((value, i) => {
    difference += (value - expected[i]!) ** 2;
    total += expected[i]! ** 2;
  });
  return Math.sqrt(difference / total);
}

describe("operators in ONNX Runtime", () => {
  let folder = "";
  let nGraphs = 0;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-ops-"));
  });
  after(() => rm(folder, { recursive: true }));

  /** Writes graph and data and gives the output "y". */
  async function run(graph: GraphBuilder, data: DataFilePlan, feeds: TensorMap) {
    await writeDataFile(data, folder, { signal: undefined, onBytes: () => undefined });
    const file = path.join(folder, `${nGraphs}.onnx`);
    await writeFile(file, graph.encode());
    const session = await factory.open(file, { device: "cpu" });
    const { y } = await session.run(feeds);
    await session.release();
    return { data: floats(y), dims: y!.dims };
  }

  const plan = (): DataFilePlan => new DataFilePlan(`${++nGraphs}.onnx_data`);

  /** A linear layer [2, 3, inner] → [2, 3, outer] as ONNX Runtime computes it and as we do. */
  async function runLinear(
    size: { inner: number; outer: number },
    precision: Precision,
    options: { hasOutliers?: boolean; x?: Float32Array; target?: GraphTarget } = {},
  ): Promise<number> {
    const { inner, outer } = size;
    const weight = randomValues(inner * outer, 1);
    const bias = randomValues(outer, 2);
    const { x = randomValues(6 * inner, 3), target, ...spec } = options;
    const data = plan();
    const g = new GraphBuilder("linear", data, target);
    const input = g.input("x", "float32", ["b", "s", inner]);
    const result = linear(g, "/fc", input, {
      weight: matrixSource(weight, inner),
      bias: matrixSource(bias, 1),
      precision,
      ...spec,
    });
    g.node("/out", { opType: "Identity", inputs: [result], outputs: ["y"] });
    g.output("y", "float32", ["b", "s", outer]);
    const y = await run(g, data, { x: cpuTensor(x, [2, 3, inner]) });
    assert.deepEqual(y.dims, [2, 3, outer]);
    const expected = product(x, rounded(weight, inner, precision), inner).map(
      (value, i) => value + bias[i % outer]!,
    );
    return relativeError(y.data, expected);
  }

  const sizes = [
    { inner: 128, outer: 32 },
    { inner: 37, outer: 5 },
    { inner: 200, outer: 19 },
    { inner: 1, outer: 1 },
  ];
  for (const size of sizes) {
    it(`multiplies ${size.inner} → ${size.outer} in f32 and f16`, async () => {
      assert.ok((await runLinear(size, { kind: "f32" })) < 1e-6);
      assert.ok((await runLinear(size, { kind: "f16" })) < 2e-3);
    });
    for (const kind of ["int8", "int4"] as const) {
      for (const blockSize of BLOCK_SIZES) {
        it(`multiplies ${size.inner} → ${size.outer} in ${kind}:${blockSize}`, async () => {
          const precision = { kind, blockSize };
          // Activations become int8 as well: half a step of the largest value in each block.
          assert.ok((await runLinear(size, precision)) < 2e-2);
          assert.ok((await runLinear(size, precision, { hasOutliers: true })) < 2e-2);
        });
      }
    }
  }

  it("keeps the precision of small inputs beside outliers in int8", async () => {
    const size = { inner: 512, outer: 32 };
    const precision = { kind: "int8", blockSize: 128 } as const;
    const x = randomValues(6 * size.inner, 3);
    // One in each block of each row; most of the result comes from them.
    for (let i = 40; i < x.length; i += 128) x[i] = (x[i]! < 0 ? -1 : 1) * 40;
    assert.ok((await runLinear(size, precision, { x })) > 2e-2);
    assert.ok((await runLinear(size, precision, { x, hasOutliers: true })) < 4e-3);
  });

  it("keeps float inputs beside outliers on an accelerator", async () => {
    const size = { inner: 200, outer: 19 };
    for (const kind of ["int8", "int4"] as const) {
      const options = { hasOutliers: true, target: "accelerator" } as const;
      assert.ok((await runLinear(size, { kind, blockSize: 32 }, options)) < 1e-5);
    }
  });

  /** Rows 4, 0, 4 of a table of 5 rows. */
  async function runEmbedding(width: number, precision: Precision) {
    const table = randomValues(5 * width, 4);
    const data = plan();
    const g = new GraphBuilder("embedding", data);
    const ids = g.input("ids", "int64", ["b", "s"]);
    const output = "y";
    const source = matrixSource(table, width);
    ops.embedding(g, "/table", { ids, table: source, precision, output });
    g.output("y", "float32", ["b", "s", width]);
    const y = await run(g, data, { ids: cpuTensor(BigInt64Array.of(4n, 0n, 4n), [1, 3]) });
    assert.deepEqual(y.dims, [1, 3, width]);
    const row = (values: Float32Array, i: number): number[] => [
      ...values.subarray(i * width, (i + 1) * width),
    ];
    const rows = (values: Float32Array): number[] => [4, 0, 4].flatMap((i) => row(values, i));
    return { got: [...y.data], rows: (values = table) => rows(values), table, bytes: data.bytes };
  }

  it("looks rows up in f32 exactly and in f16 rounded", async () => {
    for (const width of [48, 37]) {
      const exact = await runEmbedding(width, { kind: "f32" });
      assert.deepEqual(exact.got, exact.rows());
      const half = await runEmbedding(width, { kind: "f16" });
      const expected = half.rows();
      assert.ok(half.got.every((value, i) => Math.abs(value - expected[i]!) <= 2 ** -12));
      assert.equal(half.bytes, 5 * width * 2);
    }
  });

  for (const kind of ["int8", "int4"] as const) {
    for (const blockSize of BLOCK_SIZES) {
      it(`looks rows up in ${kind}:${blockSize}`, async () => {
        const width = 2 * blockSize;
        const { got, rows, table } = await runEmbedding(width, { kind, blockSize });
        const expected = rows(rounded(table, width, { kind, blockSize }));
        // One rounding of a float32 product.
        assert.ok(got.every((value, i) => Math.abs(value - expected[i]!) <= 1e-7));
      });
    }

    it(`takes smaller blocks where the width asks for them, ${kind}`, async () => {
      const { got, rows, table } = await runEmbedding(48, { kind, blockSize: 128 });
      const expected = rows(rounded(table, 48, { kind, blockSize: 16 }));
      assert.ok(got.every((value, i) => Math.abs(value - expected[i]!) <= 1e-7));
    });

    it(`keeps a table in f32 that no block divides, ${kind}`, async () => {
      const { got, rows } = await runEmbedding(40, { kind, blockSize: 32 });
      assert.deepEqual(got, rows());
    });
  }

  it("refuses to quantise weights that are not finite, naming them", async () => {
    const weight = randomValues(64, 5);
    weight[40] = NaN;
    const data = plan();
    const g = new GraphBuilder("linear", data);
    linear(g, "/fc", g.input("x", "float32", [1, 32]), {
      weight: matrixSource(weight, 32),
      precision: { kind: "int8", blockSize: 32 },
    });
    await assert.rejects(
      writeDataFile(data, folder, { signal: undefined, onBytes: () => undefined }),
      {
        code: "checkpoint.corrupt",
        message: /"\/fc\/weight"/,
      },
    );
  });
});
