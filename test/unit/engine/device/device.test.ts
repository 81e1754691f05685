/** Choosing and probing a device: the CPU is real, the device is the CPU in disguise. */

import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { type Logger, silentLogger } from "../../../../src/base/logger";
import {
  chooseDevice,
  probeDevice,
  type ProbeResult,
  supportsFloat16,
} from "../../../../src/engine/device/device";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import {
  cpuTensor,
  floats,
  type Session,
  type SessionFactory,
  type SessionOptions,
  type Tensor,
  type TensorMap,
} from "../../../../src/engine/session/session";
import { type Device, deviceReasonText } from "../../../../src/model/ask/device";
import assert from "node:assert/strict";

const cpu = createOrtSessionFactory();

/** How the disguised device differs from the CPU. */
interface Quirks {
  /** Thrown by `open` on the device. */
  readonly openError?: Error;
  /** Thrown by each run on the device. */
  readonly runError?: Error;
  /** What the device makes of a result. */
  readonly alter?: (name: string, values: Float32Array) => Float32Array;
  /** Milliseconds of one run on the device; the CPU's take 10. */
  readonly runMs?: (feeds: TensorMap) => number;
}

const CPU_RUN_MS = 10;

/** A factory whose every device is the real CPU, with quirks and with a clock of its own. */
class DisguisedFactory implements SessionFactory {
  readonly opened: SessionOptions[] = [];
  nReleased = 0;
  #nowMs = 0;
  readonly #quirks: Quirks;

  constructor(quirks: Quirks = {}) {
    this.#quirks = quirks;
  }

  readonly nowMs = (): number => this.#nowMs;

  async open(graph: string | Uint8Array, options: SessionOptions): Promise<Session> {
    const quirks = options.device === "cpu" ? {} : this.#quirks;
    if (quirks.openError !== undefined) throw quirks.openError;
    const session = await cpu.open(graph, { device: "cpu" });
    this.opened.push(options);
    return {
      inputNames: session.inputNames,
      outputNames: session.outputNames,
      run: async (feeds) => {
        if (quirks.runError !== undefined) throw quirks.runError;
        // What takes long is only timed, and the clock is ours.
        const outputs = isTimed(feeds) ? {} : await session.run(feeds);
        this.#nowMs += quirks.runMs?.(feeds) ?? CPU_RUN_MS;
        return altered(outputs, quirks);
      },
      release: async () => {
        this.nReleased++;
        await session.release();
      },
    };
  }
}

/** True for the feeds of the graph that measures speed, [rows, 512]. */
const isTimed = ({ x }: TensorMap): boolean => x?.dims[1] === 512;

function altered(outputs: Record<string, Tensor>, { alter }: Quirks): Record<string, Tensor> {
  if (alter === undefined) return outputs;
  const entries = Object.entries(outputs).map(
    ([name, tensor]) => [name, cpuTensor(alter(name, floats(tensor)), tensor.dims)] as const,
  );
  return Object.fromEntries(entries);
}

const failure = (code: ErrorCode): AppError =>
  new AppError(code, "x.onnx failed.", { detail: { reason: "No adapter." } });

const RIGHT: ProbeResult = { verdict: "right", gflops: { device: 300, cpu: 70 } };
const SLOW: ProbeResult = { verdict: "right", gflops: { device: 0.3, cpu: 70 } };
const BAD_VERDICTS = ["absent", "failed", "wrong"] as const;

describe("chooseDevice", () => {
  const choose = (choice: "auto" | Device, result: ProbeResult, logger: Logger = silentLogger) =>
    chooseDevice({
      choice,
      factory: new DisguisedFactory(),
      logger,
      probe: () => Promise.resolve(result),
    });

  it("takes the CPU at its name, without a probe", async () => {
    const factory = new DisguisedFactory();
    const chosen = await chooseDevice({ choice: "cpu", factory, logger: silentLogger });
    assert.equal(chosen.device, "cpu");
    assert.deepEqual(factory.opened, []);
  });

  it("takes WebGPU on its own when it is right and faster, and says how much", async () => {
    const chosen = await choose("auto", RIGHT);
    assert.equal(chosen.device, "webgpu");
    assert.match(deviceReasonText(chosen.reason), /300\.0 against the CPU's 70\.0 GFLOPS/);
  });

  it("falls back to the CPU when WebGPU is slower, and says that it is software", async () => {
    const chosen = await choose("auto", SLOW);
    assert.equal(chosen.device, "cpu");
    assert.match(
      deviceReasonText(chosen.reason),
      /slower here \(0\.3 against the CPU's 70\.0 GFLOPS\).*software/,
    );
  });

  it("falls back to the CPU when the speed could not be measured", async () => {
    const gflops = { device: NaN, cpu: 70 };
    assert.equal((await choose("auto", { verdict: "right", gflops })).device, "cpu");
  });

  for (const verdict of BAD_VERDICTS) {
    it(`falls back to the CPU when WebGPU is ${verdict}, in one sentence without jargon`, async () => {
      const chosen = await choose("auto", { verdict, why: "VK_ERROR_DEVICE_LOST." });
      assert.equal(chosen.device, "cpu");
      assert.match(deviceReasonText(chosen.reason), /^The CPU is used because WebGPU [^.]+\.$/);
    });

    it(`refuses a device asked for by name that is ${verdict}, with the cause and a way out`, async () => {
      await assert.rejects(
        choose("cuda", { verdict, why: "No libcudnn." }),
        (error: unknown) =>
          error instanceof AppError &&
          error.code === "device.unavailable" &&
          /^CUDA .*No libcudnn\. .*choose the device "auto" or "cpu"\.$/.test(error.message),
      );
    });
  }

  it("takes a slow device that was asked for by name, with a warning", async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (line: string) => warnings.push(line) };
    assert.equal((await choose("webgpu", SLOW, logger)).device, "webgpu");
    assert.deepEqual(warnings, ["WebGPU is slower here than the CPU."]);
    assert.equal((await choose("webgpu", RIGHT, logger)).device, "webgpu");
    assert.equal(warnings.length, 1);
  });

  it("logs what the probe found", async () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, info: (line: string) => lines.push(line) };
    await choose("auto", { verdict: "absent", why: "No adapter." }, logger);
    assert.deepEqual(lines, ["Probe of webgpu: absent. No adapter."]);
  });

  it("probes the device that was asked for", async () => {
    const factory = new DisguisedFactory({ runMs: () => 5 });
    const chosen = await chooseDevice({ choice: "coreml", factory, logger: silentLogger });
    assert.equal(chosen.device, "coreml");
    assert.ok(factory.opened.some(({ device }) => device === "coreml"));
    assert.ok(factory.opened.every(({ device }) => device !== "webgpu"));
  });
});

describe("probeDevice", () => {
  const probe = (factory: DisguisedFactory) => probeDevice("webgpu", factory, factory.nowMs);

  afterEach(function () {
    // Whatever a probe finds, it must not keep a session.
    const { factory } = this as { factory?: DisguisedFactory };
    if (factory !== undefined) assert.equal(factory.nReleased, factory.opened.length);
  });

  /** A factory whose sessions are counted after the test. */
  function watched(context: object, quirks: Quirks = {}): DisguisedFactory {
    const factory = new DisguisedFactory(quirks);
    Object.assign(context, { factory });
    return factory;
  }

  it("measures a device that computes as the CPU does", async function () {
    const factory = watched(this, { runMs: () => 4 });
    const result = await probe(factory);
    // 8 products of [512, 512] × [512, 512], two operations per multiply-add.
    const operations = 8 * 2 * 512 ** 3;
    assert.deepEqual(result, {
      verdict: "right",
      gflops: { device: operations / 4 / 1e6, cpu: operations / CPU_RUN_MS / 1e6 },
    });
  });

  it("allows no node of a WebGPU graph on the CPU, and takes other devices as they are", async () => {
    const factory = new DisguisedFactory();
    await probeDevice("webgpu", factory, factory.nowMs);
    await probeDevice("coreml", factory, factory.nowMs);
    for (const { device, forbidCpuFallback } of factory.opened) {
      assert.equal(forbidCpuFallback, device === "webgpu");
    }
  });

  it("spares a hopeless device the large problem", async function () {
    let mostRows = 0;
    const factory = watched(this, {
      runMs: ({ x }) => {
        if (x?.dims[1] === 512) mostRows = Math.max(mostRows, x.dims[0] ?? 0);
        return 400;
      },
    });
    const result = await probe(factory);
    assert.equal(mostRows, 16);
    assert.equal(result.verdict, "right");
    assert.ok(result.gflops.device < result.gflops.cpu / 10);
  });

  for (const name of [
    "product",
    "int4_product",
    "int8_product",
    "attention",
    "present_key",
    "present_value",
  ]) {
    it(`notices when "${name}" is wrong`, async function () {
      const alter = (of: string, values: Float32Array): Float32Array =>
        of === name ? values.map((value) => value * 1.1) : values;
      const result = await probe(watched(this, { alter }));
      assert.equal(result.verdict, "wrong");
      assert.match(result.why, new RegExp(`"${name}" is off by 1\\.0e-1`));
    });
  }

  it("notices results that are not numbers, or too few", async function () {
    const nan = await probe(watched(this, { alter: (_, values) => values.map(() => NaN) }));
    assert.equal(nan.verdict, "wrong");
    const zero = await probe(watched(this, { alter: (_, values) => values.fill(0) }));
    assert.equal(zero.verdict, "wrong");
  });

  it("tells a device that is absent from one that fails", async function () {
    const absent = await probe(watched(this, { openError: failure("device.unavailable") }));
    assert.deepEqual(absent, { verdict: "absent", why: "No adapter." });
    const failed = await probe(watched(this, { runError: failure("device.failed") }));
    assert.deepEqual(failed, { verdict: "failed", why: "No adapter." });
  });

  it("does not blame the device for a bug of ours", async function () {
    for (const quirks of [
      { openError: failure("internal") },
      { runError: failure("internal") },
      { runError: new TypeError("undefined is not a function") },
    ]) {
      const expected = quirks.openError ?? quirks.runError;
      await assert.rejects(probe(watched(this, quirks)), expected);
    }
  });
});

describe("supportsFloat16", () => {
  it("is true on the CPU, which has the exact result", async () => {
    const factory = new DisguisedFactory();
    assert.equal(await supportsFloat16("cpu", factory), true);
    assert.equal(factory.nReleased, 1);
  });

  it("is false when the graph opens but does not run, and when its result is wrong", async () => {
    const failing = new DisguisedFactory({ runError: failure("device.failed") });
    assert.equal(await supportsFloat16("webgpu", failing), false);
    assert.equal(failing.nReleased, 1);
    const wrong = new DisguisedFactory({ alter: (_, values) => values.map((value) => -value) });
    assert.equal(await supportsFloat16("webgpu", wrong), false);
    const absent = new DisguisedFactory({ openError: failure("device.unavailable") });
    assert.equal(await supportsFloat16("webgpu", absent), false);
  });

  it("passes on what is no fault of the device", async () => {
    const error = failure("internal");
    const factory = new DisguisedFactory({ runError: error });
    await assert.rejects(supportsFloat16("webgpu", factory), error);
  });
});
