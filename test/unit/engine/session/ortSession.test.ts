/** The session port on the CPU, with the real native library. */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type * as Ort from "onnxruntime-node";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { cpuTensor, type Tensor } from "../../../../src/engine/session/session";
import type { Device } from "../../../../src/model/ask/device";
import {
  encodeOnnxModel,
  type OnnxDataType,
  type OnnxGraph,
} from "../../../../src/model/graph/onnxProto";

const factory = createOrtSessionFactory();
const CPU = { device: "cpu" } as const;

const EMPTY: OnnxGraph = { name: "g", nodes: [], inputs: [], outputs: [], initializers: [] };

/** y = -x, any length. */
function negation(dataType: OnnxDataType): Uint8Array {
  return encodeOnnxModel({
    ...EMPTY,
    nodes: [{ name: "/Neg", opType: "Neg", inputs: ["x"], outputs: ["y"] }],
    inputs: [{ name: "x", dataType, dims: ["n"] }],
    outputs: [{ name: "y", dataType, dims: ["n"] }],
  });
}

/** y = x · w, [2, 2] each, with w in the file `weights` beside the graph. */
const PRODUCT = encodeOnnxModel({
  ...EMPTY,
  nodes: [{ name: "/MatMul", opType: "MatMul", inputs: ["x", "w"], outputs: ["y"] }],
  inputs: [{ name: "x", dataType: "float32", dims: [2, 2] }],
  outputs: [{ name: "y", dataType: "float32", dims: [2, 2] }],
  initializers: [
    {
      name: "w",
      dataType: "float32",
      dims: [2, 2],
      data: { location: "weights", offset: 0, length: 16 },
    },
  ],
});
const WEIGHTS = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
const ONES = cpuTensor(Float32Array.of(1, 0, 0, 1), [2, 2]);

/** Accepts an AppError of a code whose message has all the given words. */
function failsWith(code: ErrorCode, ...words: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code, error.message);
    for (const word of words) assert.ok(error.message.includes(word), error.message);
    return true;
  };
}

describe("ortSession", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-ort-"));
  });
  after(() => rm(folder, { recursive: true }));

  /** Writes PRODUCT and its weights into a fresh folder and gives the graph's path. */
  async function productFile(name: string): Promise<string> {
    await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, name, "weights"), WEIGHTS);
    const graphFile = path.join(folder, name, "product.onnx");
    await writeFile(graphFile, PRODUCT);
    return graphFile;
  }

  it("runs a graph with its weights in a file beside it", async () => {
    const session = await factory.open(await productFile("beside"), CPU);
    const { y } = await session.run({ x: ONES });
    assert.deepEqual(y?.data, Float32Array.of(1, 2, 3, 4));
    assert.deepEqual(y.dims, [2, 2]);
    assert.equal(y.location, "cpu");
    await session.release();
  });

  it("gives the memory of a result back when it is disposed, and only once", async () => {
    const session = await factory.open(await productFile("disposed"), CPU);
    const { y } = await session.run({ x: ONES });
    const { y: other } = await session.run({ x: ONES });
    y?.dispose();
    y?.dispose();
    assert.equal(y?.data.length, 0);
    assert.deepEqual(other?.data, Float32Array.of(1, 2, 3, 4));
    assert.deepEqual(ONES.data, Float32Array.of(1, 0, 0, 1), "a feed stays the caller's");
    await session.release();
  });

  it("computes the same when the weights stay in the file", async () => {
    const graphFile = await productFile("mapped");
    const session = await factory.open(graphFile, { ...CPU, keepWeightsMapped: true });
    const { y } = await session.run({ x: ONES });
    assert.deepEqual(y?.data, Float32Array.of(1, 2, 3, 4));
    await session.release();
  });

  const kinds = [
    ["float32", Float32Array.of(1.5, -2), Float32Array.of(-1.5, 2)],
    ["int32", Int32Array.of(1, -2), Int32Array.of(-1, 2)],
    ["int64", BigInt64Array.of(2n ** 60n, -2n), BigInt64Array.of(-(2n ** 60n), 2n)],
  ] as const;
  for (const [dataType, given, expected] of kinds) {
    it(`takes and gives ${dataType} tensors`, async () => {
      const session = await factory.open(negation(dataType), CPU);
      const { y } = await session.run({ x: cpuTensor(given, [2]) });
      assert.deepEqual(y?.data, expected);
      await session.release();
    });
  }

  it("reads a feed that is a part of a larger buffer", async () => {
    const session = await factory.open(negation("float32"), CPU);
    const part = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const { y } = await session.run({ x: cpuTensor(part, [2]) });
    assert.deepEqual(y?.data, Float32Array.of(-1, -2));
    await session.release();
  });

  it("notes what its operators take, in a file that is whole once it is released", async () => {
    const profileTo = path.join(folder, "noted");
    const session = await factory.open(await productFile("profiled"), { ...CPU, profileTo });
    await session.run({ x: ONES });
    await session.release();
    await session.release();
    const [file = "", ...others] = (await readdir(folder)).filter((name) =>
      name.startsWith("noted"),
    );
    assert.deepEqual(others, []);
    const events: unknown = JSON.parse(await readFile(path.join(folder, file), "utf8"));
    assert.ok(Array.isArray(events));
    assert.match(JSON.stringify(events), /"op_name":"MatMul"/);
  });

  it("gives all outputs in the order of the graph, an empty cache included", async () => {
    const dims = [1, "tokens", 2];
    const graph = encodeOnnxModel({
      ...EMPTY,
      nodes: [
        {
          name: "/Concat",
          opType: "Concat",
          inputs: ["past", "new"],
          outputs: ["present"],
          attributes: { axis: { int: -2 } },
        },
        { name: "/Identity", opType: "Identity", inputs: ["past"], outputs: ["old"] },
      ],
      inputs: [
        { name: "past", dataType: "float32", dims },
        { name: "new", dataType: "float32", dims },
      ],
      outputs: [
        { name: "present", dataType: "float32", dims },
        { name: "old", dataType: "float32", dims },
      ],
    });
    const session = await factory.open(graph, CPU);
    const feeds = {
      new: cpuTensor(Float32Array.of(1, 2), [1, 1, 2]),
      past: cpuTensor(new Float32Array(0), [1, 0, 2]),
    };
    const outputs = await session.run(feeds);
    assert.deepEqual(session.inputNames, ["past", "new"]);
    assert.deepEqual(Object.keys(outputs), ["present", "old"]);
    assert.deepEqual(outputs["present"]?.data, Float32Array.of(1, 2));
    assert.deepEqual(outputs["old"]?.dims, [1, 0, 2]);
    assert.equal(outputs["old"].data.length, 0);
    await session.release();
  });

  it("keeps outputs on the CPU where there is no device memory", async () => {
    const options = { ...CPU, outputsOnDevice: ["y"], forbidCpuFallback: true };
    const session = await factory.open(negation("float32"), options);
    const { y } = await session.run({ x: cpuTensor(Float32Array.of(1), [1]) });
    assert.equal(y?.location, "cpu");
    assert.equal(session.nDeviceTensors, 0);
    await session.release();
  });

  describe("with a damaged model", () => {
    const damages: readonly [string, (graphFile: string) => Promise<void>][] = [
      ["a missing graph", (file) => rm(file)],
      [
        "a folder in place of the graph",
        async (file) => {
          await rm(file);
          await mkdir(file);
        },
      ],
      ["an empty graph", (file) => truncate(file, 0)],
      ["half a graph", (file) => truncate(file, Math.floor(PRODUCT.length / 2))],
      ["a graph of noise", (file) => writeFile(file, new Uint8Array(4096).fill(0xa5))],
      ["missing weights", (file) => rm(path.join(path.dirname(file), "weights"))],
      ["half the weights", (file) => truncate(path.join(path.dirname(file), "weights"), 8)],
    ];
    for (const [index, [name, damage]] of damages.entries()) {
      for (const keepWeightsMapped of [false, true]) {
        it(`names the file for ${name}${keepWeightsMapped ? ", weights mapped" : ""}`, async () => {
          const graphFile = await productFile(`damaged-${index}-${keepWeightsMapped ? 1 : 0}`);
          await damage(graphFile);
          await assert.rejects(
            factory.open(graphFile, { ...CPU, keepWeightsMapped }),
            failsWith("model.corrupt", graphFile, "Convert the checkpoint again"),
          );
        });
      }
    }

    it("blames the model and not the device when both are unusable", async () => {
      await assert.rejects(
        factory.open(new Uint8Array(64).fill(0xa5), { device: deviceOfAnotherSystem() }),
        failsWith("model.corrupt"),
      );
    });
  });

  it("says that a device is not there", async () => {
    const device = deviceOfAnotherSystem();
    await assert.rejects(
      factory.open(negation("float32"), { device }),
      failsWith("device.unavailable", device),
    );
  });

  it("says why the native library cannot be loaded", async () => {
    const broken = createOrtSessionFactory({
      loadRuntime: () => Promise.reject(new Error("onnxruntime.dll: not found")),
    });
    await assert.rejects(
      broken.open(negation("float32"), CPU),
      failsWith("device.unavailable", "onnxruntime.dll: not found."),
    );
  });

  it("refuses to keep an output on the device that the graph does not have", async () => {
    await assert.rejects(
      factory.open(negation("float32"), { ...CPU, outputsOnDevice: ["y", "z"] }),
      failsWith("internal", '"z"'),
    );
  });

  it("refuses an absent feed by name", async () => {
    const session = await factory.open(negation("float32"), CPU);
    await assert.rejects(session.run({}), failsWith("internal", '"x"'));
    await session.release();
  });

  it("refuses a device tensor on the CPU, before the native library reads it as a pointer", async () => {
    const session = await factory.open(negation("float32"), CPU);
    const foreign: Tensor = {
      dims: [1],
      location: "device",
      get data(): never {
        throw new AppError("internal", "This tensor has no data.");
      },
      dispose: () => undefined,
    };
    await assert.rejects(session.run({ x: foreign }), failsWith("internal"));
    await session.release();
  });

  it("refuses outputs of a type that the engine does not use", async () => {
    const graph = encodeOnnxModel({
      ...EMPTY,
      nodes: [{ name: "/Equal", opType: "Equal", inputs: ["x", "x"], outputs: ["y"] }],
      inputs: [{ name: "x", dataType: "float32", dims: ["n"] }],
      outputs: [{ name: "y", dataType: "bool", dims: ["n"] }],
    });
    const session = await factory.open(graph, CPU);
    await assert.rejects(
      session.run({ x: cpuTensor(Float32Array.of(1), [1]) }),
      failsWith("internal", '"y" as bool'),
    );
    await session.release();
  });

  it("reports a failed run and goes on with the next", async () => {
    const session = await factory.open(PRODUCT_OF_MATRICES, CPU);
    const wrong = { a: cpuTensor(new Float32Array(6), [2, 3]), b: ONES };
    await assert.rejects(session.run(wrong), failsWith("device.failed", "cpu"));
    const { y } = await session.run({ a: ONES, b: ONES });
    assert.deepEqual(y?.data, ONES.data);
    await session.release();
  });

  it("finishes the runs that were asked for before a release, and none after", async () => {
    const session = await factory.open(negation("float32"), CPU);
    const x = cpuTensor(Float32Array.of(1), [1]);
    const running = session.run({ x });
    const releases = [session.release(), session.release()];
    assert.deepEqual((await running)["y"]?.data, Float32Array.of(-1));
    await Promise.all(releases);
    await assert.rejects(session.run({ x }), failsWith("internal", "released"));
  });

  it("lets the event loop turn between two runs", async () => {
    const session = await factory.open(negation("float32"), CPU);
    const x = cpuTensor(Float32Array.of(1), [1]);
    let nTurns = 0;
    let isDone = false;
    const turn = (): void => {
      nTurns++;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    for (let run = 0; run < 10; run++) await session.run({ x });
    isDone = true;
    assert.ok(nTurns >= 10, `${nTurns} turns in 10 runs`);
    await session.release();
  });

  it("never lets two sessions compute at the same time", async () => {
    const runtime = new SlowRuntime();
    const slow = createOrtSessionFactory({ loadRuntime: () => Promise.resolve(runtime.module) });
    const graph = negation("float32");
    const sessions = await Promise.all([slow.open(graph, CPU), slow.open(graph, CPU)]);
    await Promise.all(sessions.flatMap((session) => [session.run({}), session.run({})]));
    await Promise.all(sessions.map((session) => session.release()));
    assert.equal(runtime.nCalls, 8);
    assert.equal(runtime.mostAtOnce, 1);
  });

  const options: readonly [Device, object][] = [
    ["cpu", { executionProviders: ["cpu"] }],
    ["dml", { executionProviders: ["dml"], enableMemPattern: false }],
    ["cuda", { executionProviders: ["cuda"] }],
    ["coreml", { executionProviders: ["coreml"] }],
    [
      "webgpu",
      { executionProviders: ["webgpu"], preferredOutputLocation: { present: "gpu-buffer" } },
    ],
  ];
  for (const [device, expected] of options) {
    it(`passes on what ${device} needs`, async () => {
      const runtime = new SlowRuntime();
      const slow = createOrtSessionFactory({
        loadRuntime: () => Promise.resolve(runtime.module),
        findLibrary: () => undefined,
      });
      await slow.open(PRODUCT, { device, outputsOnDevice: ["present"], forbidCpuFallback: true });
      const fallback = device === "cpu" ? {} : { disable_cpu_ep_fallback: "1" };
      assert.deepEqual(runtime.options, {
        logSeverityLevel: 3,
        enableCpuMemArena: false,
        extra: { session: { intra_op: { allow_spinning: "0" }, ...fallback } },
        ...expected,
      });
    });
  }

  it("leaves weights in their file where it is asked to", async () => {
    const runtime = new SlowRuntime();
    const slow = createOrtSessionFactory({ loadRuntime: () => Promise.resolve(runtime.module) });
    await slow.open(PRODUCT, { ...CPU, keepWeightsMapped: true });
    assert.deepEqual((runtime.options as { extra?: unknown }).extra, {
      session: { intra_op: { allow_spinning: "0" }, disable_prepacking: "1" },
    });
  });

  it("says which library WebGPU lacks, before the native code complains", async function () {
    if (process.platform !== "linux") return;
    const factory = createOrtSessionFactory({
      findLibrary: (name) => {
        throw new Error(`The library ${name} is not installed.`);
      },
    });
    await assert.rejects(factory.open(PRODUCT_OF_MATRICES, { device: "webgpu" }), (error) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, "device.unavailable");
      assert.match(error.message, /libvulkan\.so\.1/);
      return true;
    });
  });
});

/** y = a · b of any sizes. */
const PRODUCT_OF_MATRICES = encodeOnnxModel({
  ...EMPTY,
  nodes: [{ name: "/MatMul", opType: "MatMul", inputs: ["a", "b"], outputs: ["y"] }],
  inputs: [
    { name: "a", dataType: "float32", dims: ["n", "k"] },
    { name: "b", dataType: "float32", dims: ["m", "p"] },
  ],
  outputs: [{ name: "y", dataType: "float32", dims: ["n", "p"] }],
});

/** DirectML is built for Windows only, Core ML for macOS only. */
function deviceOfAnotherSystem(): Device {
  return process.platform === "win32" ? "coreml" : "dml";
}

/** A native library whose calls take several turns of the event loop, as 1.31's will. */
class SlowRuntime {
  nCalls = 0;
  mostAtOnce = 0;
  options: unknown;
  #nNow = 0;

  readonly module: typeof Ort;

  constructor() {
    const session = {
      inputNames: [],
      outputNames: ["present"],
      run: () => this.#work({ present: { location: "cpu", data: new Float32Array(1), dims: [1] } }),
      release: () => this.#work(undefined),
    };
    const create = (_graph: unknown, options: unknown): Promise<unknown> => {
      this.options = options;
      return this.#work(session);
    };
    // Only what the port calls.
    this.module = { InferenceSession: { create } } as unknown as typeof Ort;
  }

  async #work<T>(result: T): Promise<T> {
    this.nCalls++;
    this.#nNow++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#nNow);
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    this.#nNow--;
    return result;
  }
}
