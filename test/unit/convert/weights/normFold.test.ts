import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DataFilePlan } from "../../../../src/convert/weights/dataFile";
import { writeDataFile } from "../../../../src/convert/output/dataFileWriter";
import {
  foldNorm,
  type NormAndMatrix,
  type NormWeights,
} from "../../../../src/convert/weights/normFold";
import { GraphBuilder } from "../../../../src/convert/graph/graphBuilder";
import { linear } from "../../../../src/convert/graph/linear";
import { layerNorm } from "../../../../src/convert/graph/ops";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { cpuTensor, floats } from "../../../../src/engine/session/session";
import { parsePrecision, type Precision } from "../../../../src/model/precision/precision";
import { matrixSource } from "../../../helpers/matrixSource";
import { SeededRandom } from "../../../helpers/random";

const WIDTH = 1408;
const OUTPUTS = 256;
const TOKENS = 32;
const EPS = 1e-6;
const INT8 = parsePrecision("int8:128");

function normal(count: number, seed: number): Float32Array {
  const random = new SeededRandom(seed);
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()),
  );
}

/** A norm with a gain of 1 to 2 and a matrix of the size of the image encoder's. */
function ordinary(): { gain: Float32Array; shift: Float32Array; matrix: Float32Array } {
  const random = new SeededRandom(5);
  return {
    gain: Float32Array.from({ length: WIDTH }, () => 1 + random.next()),
    shift: normal(WIDTH, 6).map((value) => value / 10),
    matrix: normal(WIDTH * OUTPUTS, 7).map((value) => value / 50),
  };
}

/** The same, and in every 200th channel fifty times as much gain. */
function withOutliers(): ReturnType<typeof ordinary> {
  const { gain, shift, matrix } = ordinary();
  return { gain: gain.map((g, i) => (i % 200 === 17 ? 50 * g : g)), shift, matrix };
}

type Pair = NormAndMatrix<Required<NormWeights>>;

function pairOf({ gain, shift, matrix }: ReturnType<typeof ordinary>): Pair {
  return {
    norm: { weight: matrixSource(gain, 1), bias: matrixSource(shift, 1) },
    weight: matrixSource(matrix, gain.length),
  };
}

async function valuesOf({ norm, weight }: Pair): Promise<Float32Array[]> {
  return [
    await norm.weight.readRows(0, norm.weight.rows),
    await norm.bias.readRows(0, norm.bias.rows),
    await weight.readRows(0, weight.rows),
  ];
}

/** matrix · (gain · x + shift) for normalised x, in doubles. */
function product([gain, shift, matrix]: readonly Float32Array[], x: Float32Array): number[] {
  const width = gain!.length;
  return Array.from({ length: matrix!.length / width }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < width; i++) {
      sum += matrix![row * width + i]! * (gain![i]! * x[i]! + shift![i]!);
    }
    return sum;
  });
}

describe("foldNorm", () => {
  let folder = "";
  let nGraphs = 0;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-fold-"));
  });
  after(() => rm(folder, { recursive: true }));

  /** Norm and matrix as ONNX Runtime computes them. */
  async function run({ norm, weight }: Pair, precision: Precision, x: Float32Array) {
    const data = new DataFilePlan(`${++nGraphs}.onnx_data`);
    const g = new GraphBuilder("fold", data);
    const input = g.input("x", "float32", [1, TOKENS, WIDTH]);
    const normed = layerNorm(g, "/norm", input, { ...norm, eps: EPS });
    const result = linear(g, "/fc", normed, { weight, precision });
    g.node("/out", { opType: "Identity", inputs: [result], outputs: ["y"] });
    g.output("y", "float32", [1, TOKENS, OUTPUTS]);
    await writeDataFile(data, folder, { signal: undefined, onBytes: () => undefined });
    const file = path.join(folder, `${nGraphs}.onnx`);
    await writeFile(file, g.encode());
    const session = await createOrtSessionFactory().open(file, { device: "cpu" });
    const { y } = await session.run({ x: cpuTensor(x, [1, TOKENS, WIDTH]) });
    await session.release();
    return floats(y);
  }

  /** Relative error of int8 against f32, as the pair is and folded. */
  async function errors(pair: Pair, x: Float32Array) {
    const expected = await run(pair, { kind: "f32" }, x);
    return {
      plain: distance(await run(pair, INT8, x), expected),
      folded: distance(await run(foldNorm(pair, INT8), INT8, x), expected),
    };
  }

  function distance(got: Float32Array, expected: Float32Array): number {
    let difference = 0;
    let total = 0;
    expected.forEach((value, i) => {
      difference += (value - got[i]!) ** 2;
      total += value ** 2;
    });
    return Math.sqrt(difference / total);
  }

  it("keeps the product to the bit", async () => {
    const pair = pairOf(withOutliers());
    const x = normal(WIDTH, 9);
    const before = await valuesOf(pair);
    const after = await valuesOf(foldNorm(pair, INT8));
    assert.deepEqual(product(after, x), product(before, x));
    assert.notDeepEqual(after[0], before[0]);
    // Rows that are read one by one are the same.
    const folded = foldNorm(pair, INT8);
    assert.deepEqual(await folded.weight.readRows(3, 1), after[2]!.slice(3 * WIDTH, 4 * WIDTH));
    assert.deepEqual(await folded.norm.weight.readRows(17, 2), after[0]!.slice(17, 19));
  });

  it("takes most of the error away that a few large channels make", async () => {
    const { plain, folded } = await errors(pairOf(withOutliers()), normal(TOKENS * WIDTH, 8));
    // Without large channels it is 0.009.
    assert.ok(plain > 0.02, `${plain}`);
    assert.ok(folded < plain / 3, `${folded} of ${plain}`);
  });

  it("leaves channels as they are that differ no more than trained ones do", async () => {
    const pair = pairOf(ordinary());
    assert.deepEqual(await valuesOf(foldNorm(pair, INT8)), await valuesOf(pair));
  });

  it("does not undo a small gain, which balances a channel that is large before the norm", async () => {
    const { gain, ...rest } = ordinary();
    const pair = pairOf({ ...rest, gain: gain.map((g, i) => (i % 200 === 17 ? g / 50 : g)) });
    assert.deepEqual(await valuesOf(foldNorm(pair, INT8)), await valuesOf(pair));
  });

  it("changes nothing in a precision that rounds weights more than activations, or none", () => {
    const pair = pairOf(withOutliers());
    for (const text of ["f32", "f16", "int4:32"]) {
      assert.equal(foldNorm(pair, parsePrecision(text)), pair);
    }
  });

  it("folds a norm without a bias by its gain alone", async () => {
    const { norm, weight } = pairOf(withOutliers());
    const folded = foldNorm({ norm: { weight: norm.weight }, weight }, INT8);
    assert.deepEqual(Object.keys(folded.norm), ["weight"]);
    const gains = await norm.weight.readRows(0, WIDTH);
    const after = await folded.norm.weight.readRows(0, WIDTH);
    after.forEach((gain, i) => {
      if (i % 200 === 17) assert.ok(gain <= gains[i]! / 4, `${i}`);
      else assert.equal(gain, gains[i]);
    });
  });

  it("passes over channels of zeros and values that are not finite", async () => {
    const matrix = Float32Array.of(1, 0, 1, 1, 1, 0, 1, 1);
    for (const [gain, shift] of [
      [Float32Array.of(0, 1, 1, 1), new Float32Array(4)],
      [Float32Array.of(1, 1, NaN, Infinity), new Float32Array(4)],
      [new Float32Array(4), new Float32Array(4)],
    ] as const) {
      const pair = pairOf({ gain, shift, matrix });
      assert.deepEqual(await valuesOf(foldNorm(pair, INT8)), await valuesOf(pair));
    }
  });
});
