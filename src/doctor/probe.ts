/** Tries a device in a process of its own, because a broken driver can end the process that uses it. */

import { execFile } from "node:child_process";
import { JsonObject } from "../base/json";
import { probeDevice, type ProbeResult, supportsFloat16 } from "../engine/device/device";
import type { SessionFactory } from "../engine/session/session";
import type { DeviceFacts } from "./facts";
import type { Device } from "../model/ask/device";

/** How to start a process that calls `probeHere` and prints what it returns as one line of JSON. */
export interface ProbeCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Longest time, in ms; a software adapter needs seconds. @default 60_000 */
  readonly patienceMs?: number;
  /** @default this process's */
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the process. */
  readonly signal?: AbortSignal;
}

const DEFAULT_PATIENCE_MS = 60_000;
/** What a probe prints is far shorter; a driver that chatters must not fill the memory. */
const MAX_OUTPUT_BYTES = 1 << 20;

/** Devices for which ONNX Runtime has a provider on a platform, with the CPU as the last. */
export function devicesOf(platform: NodeJS.Platform, arch: string): readonly Device[] {
  if (platform === "linux") return arch === "x64" ? ["webgpu", "cuda", "cpu"] : ["webgpu", "cpu"];
  if (platform === "win32") return ["webgpu", "dml", "cpu"];
  return platform === "darwin" ? ["webgpu", "coreml", "cpu"] : ["cpu"];
}

/**
 * Tries a device in this process, which may not survive it.
 * @throws AppError from `factory` when the CPU itself does not work.
 */
export async function probeHere(device: Device, factory: SessionFactory): Promise<DeviceFacts> {
  const result = await probeDevice(device, factory);
  if (result.verdict !== "right") return { device, state: result.verdict, why: result.why };
  return { ...rightFacts(device, result), float16: await supportsFloat16(device, factory) };
}

/** Tries a device in another process and tells how it went; never throws. */
export function probeApart(device: Device, command: ProbeCommand): Promise<DeviceFacts> {
  const { program, args, patienceMs = DEFAULT_PATIENCE_MS } = command;
  const options = {
    timeout: patienceMs,
    // A process in a driver's code does not listen to anything milder.
    killSignal: "SIGKILL",
    maxBuffer: MAX_OUTPUT_BYTES,
    windowsHide: true,
    env: command.env ?? process.env,
    ...(command.signal === undefined ? {} : { signal: command.signal }),
  } as const;
  return new Promise((resolve) => {
    const startMs = performance.now();
    execFile(program, args, options, (error, stdout) => {
      const isLate = performance.now() - startMs >= patienceMs;
      resolve(readOutcome(device, { error, stdout, isLate, patienceMs }));
    });
  });
}

interface Outcome {
  readonly error: (Error & { code?: unknown; signal?: unknown }) | null;
  readonly stdout: string;
  readonly isLate: boolean;
  readonly patienceMs: number;
}

function readOutcome(device: Device, outcome: Outcome): DeviceFacts {
  const { error, stdout, isLate, patienceMs } = outcome;
  if (error !== null && isLate) {
    const why = `The test was ended after ${Math.round(patienceMs / 1000)} s.`;
    return { device, state: "timeout", why };
  }
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  const read = readFacts(device, line);
  // A process that told its result and then fell over did not work either.
  if (error === null && read !== undefined) return read;
  if (error !== null && typeof error.signal === "string") {
    return { device, state: "crashed", why: `It crashed the test process (${error.signal}).` };
  }
  const failure = failureIn(line) ?? (error === null ? "it told nothing" : exitText(error));
  return { device, state: "crashed", why: `The test process failed: ${failure}` };
}

/** On Windows a crash is an exit code such as 3221225477. */
function exitText({ code, message }: Error & { code?: unknown }): string {
  return typeof code === "number" ? `it ended with the exit code ${code}.` : message;
}

function rightFacts(
  device: Device,
  { gflops }: Extract<ProbeResult, { verdict: "right" }>,
): DeviceFacts {
  return { device, state: "works", gflops };
}

const STATES = ["works", "absent", "failed", "wrong"] as const;

/** Undefined for anything else than what `probeHere` returns. */
function readFacts(device: Device, line: string): DeviceFacts | undefined {
  try {
    const json = JsonObject.parse(line, { file: "The output of a test", code: "internal" });
    const state = STATES.find((name) => name === json.raw("state"));
    if (state === undefined) return undefined;
    if (state !== "works") return { device, state, why: json.string("why") };
    const gflops = json.object("gflops");
    return {
      device,
      state,
      gflops: { device: gflops.number("device"), cpu: gflops.number("cpu") },
      float16: json.boolean("float16"),
    };
  } catch {
    return undefined;
  }
}

/** The message of a failure as the command line prints it with --json. */
function failureIn(line: string): string | undefined {
  try {
    const source = { file: "The output of a test", code: "internal" } as const;
    return JsonObject.parse(line, source).object("error").string("message");
  } catch {
    return undefined;
  }
}
