/** A client whose processes are fakes, its time too, and the calls that its tests make. */

import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
import { EngineClient, type EngineClientOptions } from "../../src/host/process/engineClient";
import { DEFAULT_TIME_LIMITS } from "../../src/host/process/engineConnection";
import type { GenerateRequest } from "../../src/model/ask/request";
import { FakeClock } from "./fakeClock";
import { createFakeEngine } from "./fakeEngine";
import { FakeProcess, type FakeProcessOptions } from "./fakeProcess";

/** Seconds where the real ones are minutes. */
export const limits = {
  helloMs: 1000,
  cancelGraceMs: 500,
  requestMs: { ...DEFAULT_TIME_LIMITS.requestMs, generate: 5000, convert: 20_000 },
};
/** A second where the real ones are a minute. */
export const restart = { firstDelayMs: 100, maxDelayMs: 1000, maxFailures: 3 };
/** The model that the tests load. */
export const model = { model: "/m", device: "cpu" } as const;

/** What `create` gives. */
export interface Created {
  readonly client: EngineClient;
  readonly clock: FakeClock;
  /** Every process that was started, oldest first. */
  readonly processes: FakeProcess[];
  /** Every state that was told. */
  readonly states: string[];
}

/** A client with everything that a test looks at. */
export function create(
  overrides: Partial<EngineClientOptions> = {},
  processOptions: () => FakeProcessOptions = () => ({ engine: createFakeEngine() }),
): Created {
  const clock = new FakeClock();
  const processes: FakeProcess[] = [];
  const client = new EngineClient({
    startProcess: () => {
      const process = new FakeProcess(processOptions());
      processes.push(process);
      return process;
    },
    logger: silentLogger,
    clock,
    limits,
    idleMs: 10_000,
    restart,
    ...overrides,
  });
  const states: string[] = [];
  client.onStateChanged((state) => {
    states.push(state.kind === "failed" ? `failed: ${state.error.code}` : state.kind);
  });
  return { client, clock, processes, states };
}

/** Asks the fake engine, and gives its text. */
export async function answer(
  client: EngineClient,
  text: string,
  signal?: AbortSignal,
): Promise<string> {
  const params: GenerateRequest = { image: new Uint8Array(1), prompt: { kind: "raw", text } };
  const result = await client.call("generate", params, { signal });
  return result.sequences[0]?.text ?? "";
}

/** Converts in three steps. */
export async function convert(client: EngineClient, onProgress?: () => void): Promise<void> {
  await client.call("convert", { checkpoint: "/c", out: "/o" }, { onProgress });
}

/** Lets every message that is on its way arrive. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** A promise that the test settles. */
export class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

/** @throws unless the call fails with the code and a message like this. */
export async function rejectsWith(
  call: Promise<unknown>,
  code: ErrorCode,
  message = /./,
): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}
