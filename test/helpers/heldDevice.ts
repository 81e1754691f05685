/** Keeps the device of this process open from one model to the next. */

import { createOrtSessionFactory } from "../../src/engine/session/ortSession";
import type { Session } from "../../src/engine/session/session";
import { encodeOnnxModel } from "../../src/model/graph/onnxProto";

const x = { name: "x", dataType: "float32", dims: [1] } as const;

const IDENTITY = encodeOnnxModel({
  name: "identity",
  nodes: [{ name: "/Identity", opType: "Identity", inputs: ["x"], outputs: ["y"] }],
  inputs: [x],
  outputs: [{ ...x, name: "y" }],
  initializers: [],
});

/**
 * ONNX Runtime closes WebGPU with its last session and forgets the kernels that it compiled, which takes a
 * software driver half a minute for each model. To be called where the tests of a file begin.
 */
export function holdDevice(): void {
  let session: Session;
  before(async () => {
    session = await createOrtSessionFactory().open(IDENTITY, { device: "webgpu" });
  });
  after(() => session.release());
}
