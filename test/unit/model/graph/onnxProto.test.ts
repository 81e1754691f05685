/** The protobuf writer, judged by the library that has to read its files. */

import assert from "node:assert/strict";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AppError } from "../../../../src/base/errors";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { cpuTensor, type TensorData } from "../../../../src/engine/session/session";
import {
  encodeOnnxModel,
  type AttributeValue,
  type OnnxDataType,
  type OnnxGraph,
  type OnnxInitializer,
} from "../../../../src/model/graph/onnxProto";

const factory = createOrtSessionFactory();

const EMPTY: OnnxGraph = { name: "g", nodes: [], inputs: [], outputs: [], initializers: [] };

/** Runs a graph without inputs and gives its output `y`. */
async function evaluate(graph: string | Uint8Array): Promise<TensorData> {
  const session = await factory.open(graph, { device: "cpu" });
  try {
    const { y } = await session.run({});
    assert.ok(y);
    return y.data;
  } finally {
    await session.release();
  }
}

/** A graph that is one constant with one attribute. */
function constantGraph(of: {
  attribute: string;
  value: AttributeValue;
  dataType: OnnxDataType;
  dims: readonly number[];
}): Uint8Array {
  return encodeOnnxModel({
    ...EMPTY,
    nodes: [
      {
        name: "/Constant",
        opType: "Constant",
        inputs: [],
        outputs: ["y"],
        attributes: { [of.attribute]: of.value },
      },
    ],
    outputs: [{ name: "y", dataType: of.dataType, dims: of.dims }],
  });
}

/** A graph that casts one constant tensor to f32. */
function castGraph(initializer: Omit<OnnxInitializer, "name">): Uint8Array {
  return encodeOnnxModel({
    ...EMPTY,
    nodes: [
      {
        name: "/Cast",
        opType: "Cast",
        inputs: ["w"],
        outputs: ["y"],
        attributes: { to: { int: 1 } },
      },
    ],
    outputs: [{ name: "y", dataType: "float32", dims: initializer.dims }],
    initializers: [{ ...initializer, name: "w" }],
  });
}

const bytesOf = (values: { buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(values.buffer);
const isInternal = (error: unknown): boolean =>
  error instanceof AppError && error.code === "internal";

describe("onnxProto", () => {
  it("writes the bytes that onnx.proto prescribes", () => {
    const graph = encodeOnnxModel({
      ...EMPTY,
      nodes: [{ name: "n", opType: "Relu", inputs: ["x", ""], outputs: ["y"] }],
    });
    const expected = [
      "08 0a", // ir_version 10
      "12 09 73 69 67 68 74 6c 69 6e 65", // producer_name
      "3a 18", // graph
      "0a 13 0a 01 78 0a 00 12 01 79 1a 01 6e 22 04 52 65 6c 75 3a 00", // its node
      "12 01 67", // its name
      "42 04 0a 00 10 14", // opset_import "" 20
      "42 11 0a 0d 63 6f 6d 2e 6d 69 63 72 6f 73 6f 66 74 10 01", // com.microsoft 1
    ];
    assert.equal(Buffer.from(graph).toString("hex"), expected.join("").replaceAll(" ", ""));
  });

  for (const value of [0, 1, 127, 128, -1, 2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1)]) {
    it(`keeps the integer attribute ${value}`, async () => {
      const graph = constantGraph({
        attribute: "value_int",
        value: { int: value },
        dataType: "int64",
        dims: [],
      });
      assert.deepEqual(await evaluate(graph), BigInt64Array.of(BigInt(value)));
    });
  }

  it("keeps float, list and text attributes", async () => {
    const float = { attribute: "value_float", value: { float: -0.1 }, dims: [] };
    assert.deepEqual(
      await evaluate(constantGraph({ ...float, dataType: "float32" })),
      Float32Array.of(-0.1),
    );
    const list = { attribute: "value_floats", value: { floats: [1.5, -2, 0] }, dims: [3] };
    assert.deepEqual(
      await evaluate(constantGraph({ ...list, dataType: "float32" })),
      Float32Array.of(1.5, -2, 0),
    );
    const ints = { attribute: "value_ints", value: { ints: [7, -300, 0] }, dims: [3] };
    assert.deepEqual(
      await evaluate(constantGraph({ ...ints, dataType: "int64" })),
      BigInt64Array.of(7n, -300n, 0n),
    );
    const gelu = (approximate: string): Uint8Array =>
      encodeOnnxModel({
        ...EMPTY,
        nodes: [
          {
            name: "/Gelu",
            opType: "Gelu",
            inputs: ["x"],
            outputs: ["y"],
            attributes: { approximate: { string: approximate } },
          },
        ],
        outputs: [{ name: "y", dataType: "float32", dims: [1] }],
        initializers: [
          { name: "x", dataType: "float32", dims: [1], data: bytesOf(Float32Array.of(1)) },
        ],
      });
    const [exact, tanh] = [await evaluate(gelu("none")), await evaluate(gelu("tanh"))];
    assert.ok(Math.abs(Number(exact[0]) - 0.841345) < 1e-5);
    assert.ok(Math.abs(Number(tanh[0]) - 0.841192) < 1e-5);
  });

  const typed: readonly [OnnxDataType, { buffer: ArrayBufferLike }, readonly number[]][] = [
    ["float32", Float32Array.of(1.25, -3), [1.25, -3]],
    ["float16", Uint16Array.of(0x3c00, 0xc100), [1, -2.5]],
    ["uint8", Uint8Array.of(0, 255), [0, 255]],
    ["int8", Int8Array.of(-128, 127), [-128, 127]],
    ["int32", Int32Array.of(-70000, 70000), [-70000, 70000]],
    ["int64", BigInt64Array.of(-5n, 5n), [-5, 5]],
    ["bool", Uint8Array.of(0, 1), [0, 1]],
  ];
  for (const [dataType, values, expected] of typed) {
    it(`stores constant tensors of ${dataType}`, async () => {
      const graph = castGraph({ dataType, dims: [2], data: bytesOf(values) });
      assert.deepEqual(await evaluate(graph), Float32Array.from(expected));
    });
  }

  it("gives inputs axes of unknown length, and keeps names that are not ASCII", async () => {
    const dims = ["batch", 2];
    const graph = encodeOnnxModel({
      ...EMPTY,
      nodes: [{ name: "/Neg", opType: "Neg", inputs: ["größe"], outputs: ["画像😀"] }],
      inputs: [{ name: "größe", dataType: "int32", dims }],
      outputs: [{ name: "画像😀", dataType: "int32", dims }],
    });
    const session = await factory.open(graph, { device: "cpu" });
    assert.deepEqual(session.inputNames, ["größe"]);
    assert.deepEqual(session.outputNames, ["画像😀"]);
    for (const batch of [1, 3]) {
      const given = cpuTensor(new Int32Array(batch * 2).fill(4), [batch, 2]);
      const outputs = await session.run({ größe: given });
      assert.deepEqual(outputs["画像😀"]?.dims, [batch, 2]);
      assert.deepEqual(outputs["画像😀"].data, new Int32Array(batch * 2).fill(-4));
    }
    await session.release();
  });

  it("writes metadata as UTF-8, with U+FFFD for half a surrogate pair", () => {
    const graph = Buffer.from(encodeOnnxModel({ ...EMPTY, metadata: { source: "ü€😀\ud800!" } }));
    assert.ok(graph.includes(Buffer.from("ü€😀\ufffd!", "utf8")));
  });

  it("refuses bytes that do not fit the shape", () => {
    const data = new Uint8Array(12);
    assert.throws(() => castGraph({ dataType: "float32", dims: [2, 2], data }), isInternal);
    const outside = { location: "w", offset: 0, length: 12 };
    assert.throws(() => castGraph({ dataType: "float16", dims: [4], data: outside }), isInternal);
  });

  it("refuses numbers that are not whole where whole ones are needed", () => {
    for (const int of [0.5, NaN, Infinity, 2 ** 53]) {
      const of = { attribute: "value_int", value: { int }, dataType: "int64", dims: [] } as const;
      assert.throws(() => constantGraph(of), isInternal);
    }
    for (const offset of [-1, 0.5, 2 ** 60]) {
      const data = { location: "w", offset, length: 4 };
      assert.throws(() => castGraph({ dataType: "float32", dims: [1], data }), isInternal);
    }
  });

  describe("with weights in a file beside the graph", () => {
    let folder = "";
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "sightline-onnx-"));
    });
    after(() => rm(folder, { recursive: true }));

    for (const offset of [0, 8, 2 ** 31 + 4096, 2 ** 32 + 4096]) {
      it(`reads them from byte ${offset} on`, async () => {
        // A sparse file: only the block that is written takes room on the disk.
        const file = await open(path.join(folder, `weights-${offset}`), "w");
        await file.write(bytesOf(Float32Array.of(3, 1, 4)), 0, 12, offset);
        await file.close();
        const graphFile = path.join(folder, `graph-${offset}.onnx`);
        const data = { location: `weights-${offset}`, offset, length: 12 };
        await writeFile(graphFile, castGraph({ dataType: "float32", dims: [3], data }));
        assert.deepEqual(await evaluate(graphFile), Float32Array.of(3, 1, 4));
      });
    }
  });
});
