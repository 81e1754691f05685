/**
 * Where the graphs run: checks that a device is there, computes rightly and is worth using.
 * A broken graphics driver can end the process while it is being probed. Nothing here can prevent
 * that: whoever started the process has to start it again with the CPU.
 */

import { defined } from "../../base/assert";
import { AppError } from "../../base/errors";
import type { Logger } from "../../base/logger";
import {
  CHECK_TOLERANCES,
  checkGraph,
  FLOAT16_RESULT,
  float16Graph,
  type ProbeGraph,
  speedGraph,
} from "./probeGraphs";
import type { RememberedDevice } from "./rememberedDevice";
import { floats, type Session, type SessionFactory, type TensorMap } from "../session/session";
import {
  type ChosenDevice,
  type Device,
  type DeviceChoice,
  deviceTitle,
} from "../../model/ask/device";

/** What was found out about a device. */
export type ProbeResult =
  | {
      readonly verdict: "right";
      /** Speed of matrix products, in 10^9 operations per second. */
      readonly gflops: { readonly device: number; readonly cpu: number };
    }
  | {
      /** No such device or no kernel; it failed while computing; its results are wrong. */
      readonly verdict: "absent" | "failed" | "wrong";
      /** For the log; may quote ONNX Runtime. */
      readonly why: string;
    };

export type DeviceProbe = (device: Device, factory: SessionFactory) => Promise<ProbeResult>;

export interface DeviceQuery {
  readonly choice: DeviceChoice;
  readonly factory: SessionFactory;
  readonly logger: Logger;
  /** @default probeDevice */
  readonly probe?: DeviceProbe;
  /** Asked and told about `auto` only. @default none */
  readonly memory?: RememberedDevice | undefined;
}

/**
 * Settles on a device. A device asked for by name is taken when it computes rightly, however slow.
 * @throws AppError `device.unavailable` when a device asked for by name does not work here.
 */
export async function chooseDevice(query: DeviceQuery): Promise<ChosenDevice> {
  const { choice, factory, logger } = query;
  if (choice === "cpu") return { device: "cpu", reason: { code: "asked", device: "cpu" } };
  const remembered = choice === "auto" ? await query.memory?.recall() : undefined;
  if (remembered !== undefined) return remembered;
  const device = choice === "auto" ? "webgpu" : choice;
  const result = await (query.probe ?? probeDevice)(device, factory);
  logger.info(`Probe of ${device}: ${describe(result)}`);
  if (choice === "auto") {
    const chosen = judge(device, result);
    await query.memory?.remember(chosen);
    return chosen;
  }
  if (result.verdict !== "right") throw refusal(device, result);
  if (isSlow(result)) logger.warn(`${deviceTitle(device)} is slower here than the CPU.`);
  return { device, reason: { code: "asked", device } };
}

type RightResult = Extract<ProbeResult, { verdict: "right" }>;
type Refused = Exclude<ProbeResult, RightResult>;

function isSlow({ gflops }: RightResult): boolean {
  // Written so that a measurement that is not a number counts as slow.
  return !(gflops.device > gflops.cpu);
}

function describe(result: ProbeResult): string {
  if (result.verdict !== "right") return `${result.verdict}. ${result.why}`;
  return `right. ${speeds(result)}.`;
}

const speeds = ({ gflops }: RightResult): string =>
  `${gflops.device.toFixed(1)} against the CPU's ${gflops.cpu.toFixed(1)} GFLOPS`;

function judge(device: Device, result: ProbeResult): ChosenDevice {
  if (result.verdict !== "right") {
    return { device: "cpu", reason: { code: result.verdict, device } };
  }
  const { gflops } = result;
  return isSlow(result)
    ? { device: "cpu", reason: { code: "slower", device, gflops } }
    : { device, reason: { code: "faster", device, gflops } };
}

function refusal(device: Device, { verdict, why }: Refused): AppError {
  const problem = {
    absent: "is not available here",
    failed: "failed in a test run",
    wrong: "computed wrong results in a test run",
  }[verdict];
  return new AppError(
    "device.unavailable",
    `${deviceTitle(device)} ${problem}: ${why} Update its driver, or choose the device "auto" or "cpu".`,
    { detail: { device } },
  );
}

/**
 * Compares a device with the CPU, first in its results, then in its speed.
 * @param nowMs a clock in milliseconds.
 * @throws AppError from `factory` when the CPU itself does not work.
 */
export async function probeDevice(
  device: Device,
  factory: SessionFactory,
  nowMs: () => number = () => performance.now(),
): Promise<ProbeResult> {
  const check = checkGraph();
  const expected = await runOnce({ factory, device: "cpu", probe: check });
  let session: Session;
  try {
    session = await openProbe(factory, device, check.graph);
  } catch (error) {
    return { verdict: "absent", why: deviceProblem(error) };
  }
  try {
    const actual = await session.run(check.feeds);
    for (const [name, tolerance] of Object.entries(CHECK_TOLERANCES)) {
      const error = relativeL2(resultOf(actual, name), resultOf(expected, name));
      // Written so that NaN fails.
      if (!(error <= tolerance)) {
        const why = `"${name}" is off by ${error.toExponential(1)}, more than ${tolerance}.`;
        return { verdict: "wrong", why };
      }
    }
    return { verdict: "right", gflops: await measureSpeeds({ device, factory, nowMs }) };
  } catch (error) {
    return { verdict: "failed", why: deviceProblem(error) };
  } finally {
    await session.release();
  }
}

/**
 * Whether graphs of precision f16 run. WebGPU accepts such a graph without the adapter's support and
 * fails only when it runs, so one is run.
 */
export async function supportsFloat16(device: Device, factory: SessionFactory): Promise<boolean> {
  try {
    const outputs = await runOnce({ factory, device, probe: float16Graph() });
    const result = resultOf(outputs, "y");
    return FLOAT16_RESULT.every((value, index) => result[index] === value);
  } catch (error) {
    if (isDeviceError(error)) return false;
    throw error;
  }
}

function isDeviceError(error: unknown): error is AppError {
  return (
    error instanceof AppError &&
    (error.code === "device.unavailable" || error.code === "device.failed")
  );
}

/** Why a device failed, without our advice. Rethrows what the device is not to blame for. */
function deviceProblem(error: unknown): string {
  if (!isDeviceError(error)) throw error;
  const reason = error.detail?.["reason"];
  return typeof reason === "string" ? reason : error.message;
}

function openProbe(factory: SessionFactory, device: Device, graph: Uint8Array): Promise<Session> {
  // Only WebGPU must have every kernel: there a node on the CPU costs two copies per step.
  return factory.open(graph, { device, forbidCpuFallback: device === "webgpu" });
}

interface SingleRun {
  readonly factory: SessionFactory;
  readonly device: Device;
  readonly probe: ProbeGraph;
}

async function runOnce({ factory, device, probe }: SingleRun): Promise<TensorMap> {
  const session = await openProbe(factory, device, probe.graph);
  try {
    return await session.run(probe.feeds);
  } finally {
    await session.release();
  }
}

const resultOf = (outputs: TensorMap, name: string): Float32Array =>
  floats(defined(outputs[name], `The output "${name}" of a probe`));

/** |actual - expected| / |expected|, with Euclid's norm. */
function relativeL2(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let size = 0;
  for (const [index, value] of expected.entries()) {
    difference += ((actual[index] ?? NaN) - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(difference / size);
}

/** 34 million multiply-adds: 0.4 s on a software adapter, a few milliseconds on any real one. */
const FEW_ROWS = 16;
/** 1.1 billion: enough to outweigh the cost of copies and of starting kernels. */
const MANY_ROWS = 512;
/** A device that needs longer for FEW_ROWS is in software or ancient. */
const PATIENCE_MS = 50;
const REPEATS = 3;
/** One run of this length settles it; a shorter one may be an adapter that was asleep. */
const NO_REPEAT_MS = 200;

interface Measurement {
  readonly device: Device;
  readonly factory: SessionFactory;
  readonly nowMs: () => number;
}

/** Speeds of both in GFLOPS; a device that is hopeless on a small problem is spared the large one. */
async function measureSpeeds(of: Measurement): Promise<{ device: number; cpu: number }> {
  const few = await bestTimeMs(of, FEW_ROWS);
  const rows = few > PATIENCE_MS ? FEW_ROWS : MANY_ROWS;
  const onDevice = rows === FEW_ROWS ? few : await bestTimeMs(of, rows);
  const onCpu = await bestTimeMs({ ...of, device: "cpu" }, rows);
  const operations = speedGraph().operationsOf(rows);
  return { device: operations / onDevice / 1e6, cpu: operations / onCpu / 1e6 };
}

/** The best of several runs: other programs can only make a run slower. */
async function bestTimeMs(of: Measurement, rows: number): Promise<number> {
  const { graph, feedsOf } = speedGraph();
  const feeds = feedsOf(rows);
  const session = await openProbe(of.factory, of.device, graph);
  try {
    await session.run(feeds); // Compiles the device's kernels.
    let best = Infinity;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const startMs = of.nowMs();
      await session.run(feeds);
      best = Math.min(best, of.nowMs() - startMs);
      if (best > NO_REPEAT_MS) break;
    }
    return best;
  } finally {
    await session.release();
  }
}
