/**
 * Answers the host's requests: holds the one model in memory, and gives each method its lane. What needs
 * no model is enginePort.ts's.
 */

import { abortable } from "../base/abortable";
import { AppError, throwIfAborted } from "../base/errors";
import type { Logger } from "../base/logger";
import type { EngineInfo, LoadPlan, LoadRequest } from "../model/ask/models";
import {
  type AuditMethod,
  forEachMethod,
  isAuditMethod,
  isModelMethod,
  type ModelMethod,
} from "../protocol/methods";
import { type Handlers, type RequestContext, RpcServer } from "../protocol/rpcServer";
import type { Transport } from "../protocol/transport";
import { type EnginePort, type LoadedModel, ofOther, type TaskRun, type Work } from "./enginePort";
import { RunQueue } from "./runQueue";

export interface EngineServerOptions {
  readonly transport: Transport;
  readonly engine: EnginePort;
  readonly logger: Logger;
}

/** Of the lane `few`. */
const AT_ONCE = 2;

/** Starts to answer; ends with the process. */
export function serveEngine(options: EngineServerOptions): void {
  const held = new HeldModel(options);
  const work = workOf(options.engine, held);
  const turn = new RunQueue(() => held.info?.maxParallel ?? 1);
  const few = new RunQueue(() => AT_ONCE);
  const handlers = forEachMethod((method, { lane }) => (params: never, context: RequestContext) => {
    const run = taskRun(context);
    if (isAuditMethod(method)) return Promise.reject(ofOther(method));
    const begin = (): Promise<unknown> =>
      isModelMethod(method) ? held.compute(method, params, run) : work[method](params, run);
    if (lane === "beside") return begin();
    // What loads or releases the model waits for all who use it.
    if (lane === "turn") return turn.run(run.signal, begin, !isModelMethod(method));
    // A cancel is answered at once, though what cannot be stopped keeps its place to the end.
    return abortable(few.run(run.signal, begin), run.signal);
  });
  new RpcServer({
    transport: options.transport,
    // Each handler is that of its method, which the compiler loses in the loop.
    handlers: handlers as Handlers,
    onViolation: (error) => {
      options.logger.warn(`Ignored a message of the host: ${error.message}`);
    },
  });
}

/** A handler for each method that the model in memory does not answer itself. */
function workOf(engine: EnginePort, held: HeldModel): Omit<Work, ModelMethod | AuditMethod> {
  return {
    ...engine,
    load: (params, run) => held.load(params, run),
    planLoad: (params) => held.planLoad(params),
    deleteModel: (params) =>
      engine.deleteModel(params, async (folder) => {
        if (held.folder === folder) await held.release();
      }),
    unload: async () => {
      await held.release();
      return {};
    },
    status: () =>
      Promise.resolve({
        ...{ rssBytes: process.memoryUsage.rss(), pid: process.pid },
        uptimeMs: process.uptime() * 1000,
        ...(held.info === undefined ? {} : { loaded: held.info }),
      }),
  };
}

/** Which model is in memory, from its load to its release or the loss of its device. */
class HeldModel {
  readonly #engine: EnginePort;
  readonly #logger: Logger;
  #loaded: LoadedModel | undefined;
  /** Why there is no model any more; until another one is loaded. */
  #lost: AppError | undefined;
  /** Settles when a lost model is released. */
  #releasing: Promise<void> = Promise.resolve();

  constructor(options: Pick<EngineServerOptions, "engine" | "logger">) {
    this.#engine = options.engine;
    this.#logger = options.logger;
  }

  get info(): EngineInfo | undefined {
    return this.#loaded?.engine.info;
  }

  get folder(): string | undefined {
    return this.#loaded?.folder;
  }

  async load(params: LoadRequest, run: TaskRun): Promise<EngineInfo> {
    // Two models at once would need the memory of both.
    await this.release();
    const loaded = await this.#engine.load(params, run);
    this.#loaded = loaded;
    if (run.signal.aborted) await this.release();
    throwIfAborted(run.signal);
    const { info } = loaded.engine;
    this.#logger.info(`Loaded ${params.model} on ${info.device}.`);
    return info;
  }

  async planLoad(params: LoadRequest): Promise<LoadPlan> {
    const plan = await this.#engine.planLoad(params, this.#loaded);
    if (this.#loaded === undefined || plan.isOnAdapter === true) return plan;
    // It is released before another model is loaded, and then most of this process's memory is free.
    return { ...plan, availableBytes: plan.availableBytes + process.memoryUsage.rss() };
  }

  async release(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    this.#lost = undefined;
    await this.#releasing;
    await loaded?.engine.release();
  }

  /** Computes with the loaded model, and gives it up when its device fails. */
  async compute(method: ModelMethod, params: never, run: TaskRun): Promise<unknown> {
    const model = this.#model();
    try {
      return await model.engine[method](params, run);
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (error.code === "device.failed") this.#giveUp(model, error);
      throw thrown;
    }
  }

  /** Sessions of a device that failed give wrong answers or none. */
  #giveUp(model: LoadedModel, error: AppError): void {
    this.#loaded = undefined;
    this.#lost = error;
    // After the reply has left, because a driver that is gone may never let go.
    const isSent = new Promise((resolve) => setImmediate(resolve));
    this.#releasing = isSent
      .then(() => model.engine.release())
      .catch((thrown: unknown) => {
        this.#logger.warn(`A model whose device failed was not released: ${String(thrown)}`);
      });
  }

  #model(): LoadedModel {
    if (this.#loaded !== undefined) return this.#loaded;
    if (this.#lost !== undefined) throw this.#lost;
    throw new AppError("model.missing", "No model is loaded. Load a model folder first.");
  }
}

/** Must be called before the handler awaits anything, because a cancel may come at once. */
function taskRun(context: RequestContext): TaskRun {
  const controller = new AbortController();
  context.onCancel(() => {
    controller.abort();
  });
  const { emitText, emitProgress, emitStage } = context;
  const { signal } = controller;
  return { signal, onText: emitText, onProgress: emitProgress, onStage: emitStage };
}
