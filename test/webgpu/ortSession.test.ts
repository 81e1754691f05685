/** The session port on WebGPU: tensors that stay in device memory. Needs an adapter, any will do. */

import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../src/base/errors";
import { createOrtSessionFactory, type OrtSession } from "../../src/engine/session/ortSession";
import { cpuTensor, floats, type Tensor } from "../../src/engine/session/session";
import { encodeOnnxModel, type OnnxGraph, type OnnxNode } from "../../src/model/graph/onnxProto";
import { SeededRandom } from "../helpers/random";

const factory = createOrtSessionFactory();
const WEBGPU = { device: "webgpu", forbidCpuFallback: true } as const;

const EMPTY: OnnxGraph = { name: "g", nodes: [], inputs: [], outputs: [], initializers: [] };
const LAYERS = 2;
const HEADS = 4;
const WIDTH = 16;
const STATE = HEADS * WIDTH;

const f32 = (name: string, dims: readonly (number | string)[]) =>
  ({ name, dataType: "float32", dims }) as const;
const tensors = ["key", "value"] as const;
const layers = Array.from({ length: LAYERS }, (_, layer) => layer);
const pasts = layers.flatMap((layer) => tensors.map((tensor) => `past.${layer}.${tensor}`));
const presents = layers.flatMap((layer) => tensors.map((tensor) => `present.${layer}.${tensor}`));

/** Two layers of causal attention with a cache, each layer's output the next one's query. */
function attentionGraph(): Uint8Array {
  const nodes = layers.map((layer): OnnxNode => ({
    name: `/layers.${layer}/attention`,
    opType: "MultiHeadAttention",
    domain: "com.microsoft",
    inputs: [
      layer === 0 ? "x" : `y.${layer - 1}`,
      ...["x", "x", "", "", "", `past.${layer}.key`, `past.${layer}.value`],
    ],
    outputs: [`y.${layer}`, `present.${layer}.key`, `present.${layer}.value`],
    attributes: { num_heads: { int: HEADS }, unidirectional: { int: 1 } },
  }));
  return encodeOnnxModel({
    ...EMPTY,
    nodes,
    inputs: [
      f32("x", ["batch", "new", STATE]),
      ...pasts.map((name) => f32(name, ["batch", HEADS, "past", WIDTH])),
    ],
    outputs: [
      f32(`y.${LAYERS - 1}`, ["batch", "new", STATE]),
      ...presents.map((name) => f32(name, ["batch", HEADS, "total", WIDTH])),
    ],
  });
}

/** Picks rows of the batch, as a beam search does with its cache. */
const REORDER = encodeOnnxModel({
  ...EMPTY,
  nodes: [
    { name: "/Gather", opType: "Gather", inputs: ["past", "beam_idx"], outputs: ["present"] },
  ],
  inputs: [
    f32("past", ["batch", HEADS, "past", WIDTH]),
    { name: "beam_idx", dataType: "int32", dims: ["new_batch"] },
  ],
  outputs: [f32("present", ["new_batch", HEADS, "past", WIDTH])],
});

/** y = x, which brings a device tensor back when y is wanted on the CPU. */
const IDENTITY = encodeOnnxModel({
  ...EMPTY,
  nodes: [{ name: "/Identity", opType: "Identity", inputs: ["x"], outputs: ["y"] }],
  inputs: [f32("x", ["a", "b", "c", "d"])],
  outputs: [f32("y", ["a", "b", "c", "d"])],
});

const LARGE_BYTES = 2 ** 21;

/** [1] spread to two megabytes, and its negative on the CPU, which makes each run wait for the device. */
const EXPANSION = encodeOnnxModel({
  ...EMPTY,
  nodes: [
    { name: "/Expand", opType: "Expand", inputs: ["x", "shape"], outputs: ["large"] },
    { name: "/Neg", opType: "Neg", inputs: ["x"], outputs: ["small"] },
  ],
  inputs: [f32("x", [1])],
  outputs: [f32("large", [LARGE_BYTES / 4]), f32("small", [1])],
  initializers: [
    {
      name: "shape",
      dataType: "int64",
      dims: [1],
      data: new Uint8Array(BigInt64Array.of(BigInt(LARGE_BYTES / 4)).buffer),
    },
  ],
});

function randomTensor(random: SeededRandom, dims: readonly number[]): Tensor {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return cpuTensor(
    Float32Array.from({ length: count }, () => random.next() - 0.5),
    dims,
  );
}

const emptyPast = (batch: number): Tensor =>
  cpuTensor(new Float32Array(0), [batch, HEADS, 0, WIDTH]);

/** [batch, heads, 2, width] of made-up numbers in device memory. */
async function deviceTensor(session: OrtSession): Promise<Tensor> {
  const x = randomTensor(new SeededRandom(5), [2, 2, STATE]);
  const feeds = Object.fromEntries(pasts.map((name) => [name, emptyPast(2)]));
  const outputs = await session.run({ x, ...feeds });
  for (const name of presents.slice(1)) outputs[name]?.dispose();
  return outputs["present.0.key"]!;
}

async function readBack(tensor: Tensor): Promise<Float32Array> {
  const session = await factory.open(IDENTITY, WEBGPU);
  const { y } = await session.run({ x: tensor });
  await session.release();
  return floats(y);
}

function assertClose(actual: Float32Array, expected: Float32Array, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  const worst = actual.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - expected[i]!)),
    0,
  );
  assert.ok(worst <= tolerance, `off by ${worst}`);
}

const failsWith =
  (code: ErrorCode, word = "") =>
  (error: unknown): boolean =>
    error instanceof AppError && error.code === code && error.message.includes(word);

describe("ortSession on WebGPU", () => {
  let session: OrtSession;
  beforeEach(async () => {
    session = await factory.open(attentionGraph(), { ...WEBGPU, outputsOnDevice: presents });
  });
  afterEach(() => session.release());

  for (const batch of [1, 3]) {
    it(`feeds a cache back without it leaving the device, batch ${batch}`, async () => {
      const reference = await factory.open(attentionGraph(), { device: "cpu" });
      const random = new SeededRandom(batch);
      let onDevice = new Map(pasts.map((name) => [name, emptyPast(batch)]));
      let onCpu = onDevice;
      for (const nNew of [6, 1, 1, 2]) {
        const x = randomTensor(random, [batch, nNew, STATE]);
        const actual = await session.run({ x, ...Object.fromEntries(onDevice) });
        const expected = await reference.run({ x, ...Object.fromEntries(onCpu) });
        for (const past of onDevice.values()) past.dispose();
        onDevice = new Map(pasts.map((name, i) => [name, actual[presents[i]!]!]));
        onCpu = new Map(pasts.map((name, i) => [name, expected[presents[i]!]!]));
        assertClose(floats(actual["y.1"]), floats(expected["y.1"]), 1e-5);
        for (const [name, tensor] of onDevice) {
          assert.equal(tensor.location, "device");
          assert.deepEqual(tensor.dims, onCpu.get(name)?.dims);
        }
      }
      for (const [name, tensor] of onDevice) {
        assertClose(await readBack(tensor), floats(onCpu.get(name)), 1e-5);
      }
      assert.equal(session.nDeviceTensors, presents.length);
      await reference.release();
    });
  }

  it("gives the memory of disposed tensors back", async () => {
    const large = await factory.open(EXPANSION, { ...WEBGPU, outputsOnDevice: ["large"] });
    const x = cpuTensor(Float32Array.of(1), [1]);
    const runOnce = async (): Promise<void> => {
      const outputs = await large.run({ x });
      assert.equal(large.nDeviceTensors, 1);
      outputs["large"]?.dispose();
      assert.equal(large.nDeviceTensors, 0);
    };
    for (let i = 0; i < 20; i++) await runOnce();
    const beforeBytes = process.memoryUsage().rss;
    for (let i = 0; i < 200; i++) await runOnce();
    const grownBytes = process.memoryUsage().rss - beforeBytes;
    // A fifth of what 200 tensors take when nobody disposes them.
    assert.ok(grownBytes < (200 * LARGE_BYTES) / 5, `grew by ${grownBytes} bytes`);
    await large.release();
  });

  it("reorders a cache on the device", async () => {
    const cache = await deviceTensor(session);
    const reorder = await factory.open(REORDER, { ...WEBGPU, outputsOnDevice: ["present"] });
    const beamIdx = cpuTensor(Int32Array.of(1, 1, 0), [3]);
    const { present } = await reorder.run({ past: cache, beam_idx: beamIdx });
    assert.equal(present?.location, "device");
    assert.deepEqual(present.dims, [3, HEADS, 2, WIDTH]);
    const rows = await readBack(cache);
    const row = (index: number) => rows.slice(index * 2 * STATE, (index + 1) * 2 * STATE);
    const expected = Float32Array.from([...row(1), ...row(1), ...row(0)]);
    assert.deepEqual(await readBack(present), expected);
    await reorder.release();
  });

  it("survives any order of release and dispose", async () => {
    const cache = await deviceTensor(session);
    await session.run({
      x: randomTensor(new SeededRandom(1), [1, 1, STATE]),
      ...Object.fromEntries(pasts.map((name) => [name, emptyPast(1)])),
    });
    assert.equal(session.nDeviceTensors, 1 + presents.length);
    await session.release();
    assert.equal(session.nDeviceTensors, 0);
    cache.dispose();
    cache.dispose();
    await assert.rejects(readBack(cache), failsWith("internal", "already disposed"));
  });

  it("refuses to hand out the data of a device tensor, or the tensor to the CPU", async () => {
    const cache = await deviceTensor(session);
    assert.throws(() => cache.data, failsWith("internal", "device memory"));
    const onCpu = await factory.open(IDENTITY, { device: "cpu" });
    await assert.rejects(onCpu.run({ x: cache }), failsWith("internal", "on cpu"));
    await onCpu.release();
  });

  it("forbids the fallback to the CPU when asked to", async () => {
    // ONNX Runtime 1.30 has no WebGPU kernel for Det.
    const det = encodeOnnxModel({
      ...EMPTY,
      nodes: [{ name: "/Det", opType: "Det", inputs: ["x"], outputs: ["y"] }],
      inputs: [f32("x", [2, 2])],
      outputs: [f32("y", [])],
    });
    await assert.rejects(factory.open(det, WEBGPU), failsWith("device.unavailable", "webgpu"));
    const lenient = await factory.open(det, { device: "webgpu" });
    const { y } = await lenient.run({ x: cpuTensor(Float32Array.of(3, 1, 1, 2), [2, 2]) });
    assert.deepEqual(floats(y), Float32Array.of(5));
    await lenient.release();
  });

  it("blames a damaged graph and not the device", async () => {
    const half = IDENTITY.subarray(0, IDENTITY.length / 2);
    await assert.rejects(factory.open(half, WEBGPU), failsWith("model.corrupt"));
  });
});
