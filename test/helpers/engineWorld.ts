/** The engine's service with children that follow a script, and with the user's settings. */

import assert from "node:assert/strict";
import { AppError, type ErrorCode, isCancelled } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
import type { AskOptions, EngineStatus } from "../../src/host/service/engine";
import { DEFAULT_TIME_LIMITS } from "../../src/host/process/engineConnection";
import { EngineSupervisor } from "../../src/host/service/engineSupervisor";
import type { RemoteWay } from "../../src/host/service/remoteWay";
import type { MemoryGate } from "../../src/host/service/memoryGate";
import type { ProcessKind } from "../../src/model/ask/kinds";
import type { LoadPlan, LoadRequest } from "../../src/model/ask/models";
import type { GenerateResult } from "../../src/model/ask/request";
import type { Handlers, RequestContext } from "../../src/protocol/rpcServer";
import { FakeClock } from "./fakeClock";
import { STORE_CONTENTS } from "./fakeEngine";
import { ScriptedProcess } from "./scriptedProcess";

export const IDLE_MS = 600_000;

/** What the children do; a test changes it while they run. */
export interface World {
  /** Before a model is loaded; `broken` cannot be. */
  beforeLoad?: ((params: LoadRequest, context: RequestContext) => Promise<void>) | undefined;
  /** Of every model. */
  precision?: string;
  /** What the children find out about the memory. */
  plan?: LoadPlan | undefined;
  /** While a picture is looked at ahead. */
  prepare?: ((context: RequestContext) => Promise<void>) | undefined;
  answer?: ((loaded: LoadRequest, context: RequestContext) => Promise<GenerateResult>) | undefined;
}

export interface Created {
  readonly service: EngineSupervisor;
  readonly world: World;
  readonly clock: FakeClock;
  /** Every process that was started, oldest first, and what for. */
  readonly processes: ScriptedProcess[];
  readonly started: ProcessKind[];
  /** Every status that was told. */
  readonly statuses: EngineStatus[];
  /** What was told of devices that were given up. */
  readonly overruled: string[];
  /** Changes the settings as a user does. */
  readonly choose: (choice: LoadRequest) => void;
  readonly setIdleMs: (ms: number) => void;
}

export interface CreateOptions {
  /** Asked before a model is loaded. */
  readonly memory?: Pick<MemoryGate, "permit">;
  readonly platform?: string;
  readonly remote?: RemoteWay;
  readonly nFailures?: number;
  /** Processes do not end when they are killed. */
  readonly isImmortal?: boolean;
}

/** A service whose settings and children the test has in its hand. */
export function createService(options: CreateOptions = {}): Created {
  const world: World = {};
  const clock = new FakeClock();
  const processes: ScriptedProcess[] = [];
  const started: ProcessKind[] = [];
  const statuses: EngineStatus[] = [];
  const overruled: string[] = [];
  let choice: LoadRequest = { model: "demo", device: "auto" };
  let idleMs = IDLE_MS;
  const service = new EngineSupervisor({
    chosen: () => choice,
    startProcess: (kind) => {
      const process = new ScriptedProcess(scriptOf(world));
      if (options.isImmortal === true) process.kill = () => undefined;
      processes.push(process);
      started.push(kind);
      return process;
    },
    idleMs: () => idleMs,
    logger: silentLogger,
    ...(options.memory === undefined ? {} : { memory: options.memory }),
    ...(options.remote === undefined ? {} : { remote: options.remote }),
    onDeviceOverruled: ({ chosen, failed }, error) => {
      overruled.push(`${chosen} ${failed ?? "?"} ${error.code}`);
    },
    unsupported:
      options.platform === undefined
        ? undefined
        : new AppError("device.unavailable", `There is no engine for ${options.platform}.`),
    clock,
    // A request that never ends is no hanging child here.
    limits: { ...DEFAULT_TIME_LIMITS, requestMs: endlessLimits() },
    restart: { firstDelayMs: 1000, maxFailures: options.nFailures ?? 3 },
  });
  service.onStatusChanged((status) => statuses.push(status));
  return {
    service,
    world,
    clock,
    processes,
    started,
    statuses,
    overruled,
    choose: (next) => {
      choice = next;
      service.choiceChanged();
    },
    setIdleMs: (ms) => {
      idleMs = ms;
    },
  };
}

function endlessLimits(): typeof DEFAULT_TIME_LIMITS.requestMs {
  const { requestMs } = DEFAULT_TIME_LIMITS;
  const endless = Object.keys(requestMs).map((method) => [method, Infinity] as const);
  return { ...requestMs, ...Object.fromEntries<number>(endless) };
}

/** A child with a queue of one, as the real one has. */
function scriptOf(world: World): Partial<Handlers> {
  let loaded: LoadRequest | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const result = last.then(run, run);
    last = result;
    return result;
  };
  return {
    load: (params, context) => {
      const cancelled = cancelOf(context);
      return inTurn(async () => {
        loaded = undefined;
        cancelled.throwIfFired();
        await world.beforeLoad?.(params, { ...context, onCancel: cancelled.onFired });
        if (params.model === "broken") throw new AppError("model.corrupt", "broken is damaged.");
        loaded = params;
        const device = params.device === "auto" ? "cpu" : params.device;
        return {
          name: params.model,
          device,
          deviceReason: { code: "asked", device: "cpu" } as const,
          kind: "generation",
          ...(world.precision === undefined ? {} : { precision: world.precision }),
        };
      });
    },
    planLoad: () => Promise.resolve(world.plan ?? { neededBytes: 1, availableBytes: 2 }),
    prepare: (_params, context) => {
      const cancelled = cancelOf(context);
      return inTurn(async () => {
        cancelled.throwIfFired();
        await world.prepare?.({ ...context, onCancel: cancelled.onFired });
        return { cached: { imageFeatures: "computed" } };
      });
    },
    generate: (_params, context) =>
      inTurn(async () => {
        if (loaded === undefined) throw new AppError("model.missing", "No model is loaded.");
        if (world.answer !== undefined) return await world.answer(loaded, context);
        context.emitStage({ stage: "look" });
        context.emitStage({ stage: "write" });
        context.emitText("piece");
        const device = loaded.device === "auto" ? "cpu" : loaded.device;
        return replyOf(`${loaded.model} on ${device}`);
      }),
    unload: () =>
      inTurn(() => {
        loaded = undefined;
        return Promise.resolve({});
      }),
    status: () => Promise.resolve({ rssBytes: 5000, pid: 1, uptimeMs: 1 }),
    models: () =>
      Promise.resolve({ folder: "/s", freeBytes: 9, models: [{ name: "demo", bytes: 7 }] }),
    catalog: () => Promise.resolve({ freeBytes: 9, entries: [], sets: [], later: [] }),
    addModel: ({ name }, context) => {
      context.emitProgress({ doneBytes: 1, totalBytes: 2, step: "download" });
      return Promise.resolve({ name, folder: `/s/${name}`, source: "hub", kind: "generation" });
    },
    deleteDownload: () => Promise.resolve({ freedBytes: 3 }),
    storeContents: () => Promise.resolve(STORE_CONTENTS),
    emptyStore: () => Promise.resolve({ freedBytes: 10, left: ["/store/thesis"] }),
    cudaStatus: () => Promise.resolve({}),
    planCuda: () => Promise.resolve({}),
    installCuda: () => Promise.resolve({ outcome: "installed" }),
    removeCuda: () => Promise.resolve({ freedBytes: 4 }),
    planImport: () =>
      Promise.resolve({
        name: "new",
        out: "/s/new",
        precision: "int8",
        kind: "generation",
        architecture: "BLIP-2 OPT",
        sourceBytes: 4,
        modelBytes: 2,
        freeBytes: 9,
      }),
    convert: ({ out }, context) => {
      context.emitProgress({ doneBytes: 1, totalBytes: 2 });
      return Promise.resolve({ folder: out });
    },
    deleteModel: () => Promise.resolve({ freedBytes: 7 }),
    serverModels: () => Promise.resolve({ models: ["blip2"], candidates: [] }),
    useGraphServer: () => Promise.resolve({}),
    indexSize: () => Promise.resolve({ bytes: 0 }),
    knownPictures: () => Promise.resolve({ fresh: [], skipped: [], bytesEach: 1 }),
    findPictures: () => Promise.resolve({ model: "itm", matches: [] }),
    thumbnail: ({ image }) => Promise.resolve({ image, width: 640, height: 480 }),
  };
}

/** A load that ends only by being cancelled. */
export function untilCancelled(_params: LoadRequest, context: RequestContext): Promise<void> {
  return new Promise((_resolve, reject) => {
    context.onCancel(() => {
      reject(new AppError("request.cancelled", "The load was cancelled."));
    });
  });
}

/** The cancel of a request, which may come before anybody looks. */
function cancelOf(context: RequestContext): {
  throwIfFired: () => void;
  onFired: (listener: () => void) => void;
} {
  let isFired = false;
  const listeners: (() => void)[] = [];
  context.onCancel(() => {
    isFired = true;
    for (const listener of listeners) listener();
  });
  return {
    throwIfFired: () => {
      if (isFired) throw new AppError("request.cancelled", "The load was cancelled.");
    },
    onFired: (listener) => {
      listeners.push(listener);
    },
  };
}

/** Asks a question and gives the answer. */
export async function ask(service: EngineSupervisor, options: AskOptions = {}): Promise<string> {
  const prompt = { kind: "question", question: "What is it?" } as const;
  const reply = await service.generate({ image: new Uint8Array(1), prompt }, options);
  return reply.sequences[0]?.text ?? "";
}

/** What a child was asked to do, without the questions about itself. */
export function methods(process: ScriptedProcess | undefined): string[] {
  return process?.asked.filter((method) => method !== "status") ?? [];
}

/** The call fails with a code, and its message fits. */
export async function rejectsWith(
  call: Promise<unknown>,
  code: ErrorCode,
  message = /./,
): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code, error.message);
    assert.equal(isCancelled(error), code === "request.cancelled");
    assert.match(error.message, message);
    return true;
  });
}

/** An answer of this text. */
export function replyOf(text: string): GenerateResult {
  return {
    sequences: [{ text, tokenIds: [1], finishReason: "eos" }],
    tokens: 1,
    timings: { preprocess: 1, vision: 1, qformer: 1, prefill: 1, decode: 1, total: 5 },
    cached: { imageFeatures: "computed", prefixTokens: 0 },
    droppedTurns: 0,
  };
}

/** Lets every message that is on its way arrive. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Something that a test lets happen. */
export class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}
