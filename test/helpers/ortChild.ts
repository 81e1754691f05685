/** A real child that opens one small graph with the real ONNX Runtime, and ends. */

import { createOrtSessionFactory } from "../../src/engine/session/ortSession";
import { encodeOnnxModel } from "../../src/model/graph/onnxProto";

const GRAPH = encodeOnnxModel({
  name: "g",
  nodes: [{ name: "/Neg", opType: "Neg", inputs: ["x"], outputs: ["y"] }],
  inputs: [{ name: "x", dataType: "float32", dims: ["n"] }],
  outputs: [{ name: "y", dataType: "float32", dims: ["n"] }],
  initializers: [],
});

void createOrtSessionFactory()
  .open(GRAPH, { device: "cpu" })
  .then((session) => session.release());
