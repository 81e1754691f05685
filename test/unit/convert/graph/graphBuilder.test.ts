import assert from "node:assert/strict";
import { DataFilePlan } from "../../../../src/convert/weights/dataFile";
import { GraphBuilder } from "../../../../src/convert/graph/graphBuilder";
import { plainEntry } from "../../../../src/convert/weights/weightEntries";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { cpuTensor } from "../../../../src/engine/session/session";
import { matrixSource } from "../../../helpers/matrixSource";

const factory = createOrtSessionFactory();

describe("GraphBuilder", () => {
  it("names nodes and values by their paths and numbers repetitions", () => {
    const g = new GraphBuilder("g");
    const x = g.input("x", "float32", ["n"]);
    const spec = { opType: "Neg", inputs: [x] };
    assert.equal(g.node("/a", spec), "/a/Neg/output_0");
    assert.equal(g.node("/a", spec), "/a/Neg_1/output_0");
    assert.equal(g.node("/a", spec), "/a/Neg_2/output_0");
    assert.deepEqual(g.nodes("/b", { opType: "Split", inputs: [x], outputs: 2 }), [
      "/b/Split/output_0",
      "/b/Split/output_1",
    ]);
    assert.equal(g.node("/c", { ...spec, outputs: ["y"] }), "y");
  });

  it("makes a graph that ONNX Runtime runs, with constants and left-out inputs", async () => {
    const g = new GraphBuilder("g");
    const x = g.input("x", "float32", ["n"]);
    const axes = g.int64Constant("/axes", [0]);
    assert.equal(g.int64Constant("/axes", [0]), axes);
    const doubled = g.node("/double", {
      opType: "Mul",
      inputs: [x, g.floatConstant("/two", 2)],
    });
    const limit = g.floatConstant("/limit", 5);
    // Clip has an optional minimum, in the middle, and Unsqueeze makes it [1, n].
    const clipped = g.node("/clip", { opType: "Clip", inputs: [doubled, "", limit, ""] });
    g.node("/out", { opType: "Unsqueeze", inputs: [clipped, axes], outputs: ["y"] });
    g.output("y", "float32", [1, "n"]);
    const session = await factory.open(g.encode(), { device: "cpu" });
    assert.deepEqual(session.inputNames, ["x"]);
    assert.deepEqual(session.outputNames, ["y"]);
    const { y } = await session.run({ x: cpuTensor(Float32Array.of(-1, 2, 3), [3]) });
    await session.release();
    assert.deepEqual(y?.dims, [1, 3]);
    assert.deepEqual(y.data, Float32Array.of(-2, 4, 5));
  });

  it("gives the same bytes for the same graph", () => {
    const build = (): Uint8Array => {
      const g = new GraphBuilder("g");
      g.node("/a", { opType: "Neg", inputs: [g.input("x", "float32", [1])], outputs: ["y"] });
      g.output("y", "float32", [1]);
      return g.encode();
    };
    assert.deepEqual(build(), build());
  });

  it("takes weights only with a data file", () => {
    const source = matrixSource(Float32Array.of(1, 2), 1);
    const entry = plainEntry("/w", source, { dims: [2], storage: "float32" });
    assert.deepEqual(new GraphBuilder("g", new DataFilePlan("d")).weights(entry), ["/w"]);
    assert.throws(() => new GraphBuilder("g").weights(entry), { code: "internal" });
  });

  it("refuses a node without an output where one is asked for", () => {
    const g = new GraphBuilder("g");
    assert.throws(() => g.node("/a", { opType: "Neg", inputs: ["x"], outputs: [] }), {
      code: "internal",
    });
  });
});
