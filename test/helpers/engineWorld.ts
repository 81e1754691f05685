/** The engine's service with children that follow a script, and with the user's settings. */

import { AppError } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
import type { EngineStatus } from "../../src/host/engine";
import { DEFAULT_TIME_LIMITS } from "../../src/host/engineConnection";
import { EngineService, type ProcessKind } from "../../src/host/engineService";
import type { GenerateReply, LoadParams } from "../../src/protocol/engineMessages";
import type { Handlers, RequestContext } from "../../src/protocol/rpcServer";
import { FakeClock } from "./fakeClock";
import { ScriptedProcess } from "./scriptedProcess";

export const IDLE_MS = 600_000;

/** What the children do; a test changes it while they run. */
export interface World {
  /** Before a model is loaded; `broken` cannot be. */
  beforeLoad?: ((params: LoadParams, context: RequestContext) => Promise<void>) | undefined;
  answer?: (() => Promise<GenerateReply>) | undefined;
}

export interface Created {
  readonly service: EngineService;
  readonly world: World;
  readonly clock: FakeClock;
  /** Every process that was started, oldest first, and what for. */
  readonly processes: ScriptedProcess[];
  readonly started: ProcessKind[];
  /** Every status that was told. */
  readonly statuses: EngineStatus[];
  /** Changes the settings as a user does. */
  readonly choose: (choice: LoadParams) => void;
  readonly setIdleMs: (ms: number) => void;
}

export interface CreateOptions {
  readonly platform?: string;
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
  let choice: LoadParams = { model: "demo", device: "auto" };
  let idleMs = IDLE_MS;
  const service = new EngineService({
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
    unsupportedPlatform: options.platform,
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
  let loaded: LoadParams | undefined;
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
          model: params.model,
          device,
          deviceReason: "The only one.",
          kind: "generation",
        };
      });
    },
    generate: (_params, context) =>
      inTurn(async () => {
        if (world.answer !== undefined) return await world.answer();
        if (loaded === undefined) throw new AppError("model.missing", "No model is loaded.");
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
    catalog: () => Promise.resolve({ freeBytes: 9, entries: [] }),
    addModel: ({ name }, context) => {
      context.emitProgress({ doneBytes: 1, totalBytes: 2, step: "download" });
      return Promise.resolve({ name, folder: `/s/${name}`, source: "hub", kind: "generation" });
    },
    deleteDownload: () => Promise.resolve({ freedBytes: 3 }),
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
    thumbnail: ({ image }) => Promise.resolve({ image, width: 640, height: 480 }),
  };
}

/** A load that ends only by being cancelled. */
export function untilCancelled(_params: LoadParams, context: RequestContext): Promise<void> {
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

function replyOf(text: string): GenerateReply {
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
