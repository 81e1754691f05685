/**
 * Answers the host's requests with the engine: one handler per method, one run at a time, and what
 * needs no model beside it.
 */

import { AppError, throwIfAborted } from "../base/errors";
import type { Logger } from "../base/logger";
import type { EngineHost, LoadedEngine, TaskRun } from "./engineHost";
import { RunQueue } from "./runQueue";
import type { EngineInfo, LoadPlan, LoadRequest } from "../model/ask/models";
import type {
  DeleteReply,
  StatusReply,
  ThumbnailParams,
  ThumbnailReply,
} from "../protocol/engineMessages";
import { type Handlers, type RequestContext, RpcServer } from "../protocol/rpcServer";
import type { Transport } from "../protocol/transport";

export interface EngineServerOptions {
  readonly transport: Transport;
  readonly engine: EngineHost;
  readonly logger: Logger;
}

/** Each decodes a picture, whose pixels may be hundreds of megabytes. */
const THUMBNAILS_AT_ONCE = 2;

/** Starts to answer; ends with the process. */
export function serveEngine(options: EngineServerOptions): void {
  const server = new EngineServer(options);
  new RpcServer({
    transport: options.transport,
    handlers: server.handlers(),
    onViolation: (error) => {
      options.logger.warn(`Ignored a message of the host: ${error.message}`);
    },
  });
}

class EngineServer {
  readonly #engine: EngineHost;
  readonly #logger: Logger;
  readonly #queue = new RunQueue();
  readonly #thumbnails = new RunQueue(THUMBNAILS_AT_ONCE);
  #loaded: LoadedEngine | undefined;
  /** Why there is no model any more; until another one is loaded. */
  #lost: AppError | undefined;
  /** Settles when a lost model is released. */
  #releasing: Promise<void> = Promise.resolve();

  constructor(options: EngineServerOptions) {
    this.#engine = options.engine;
    this.#logger = options.logger;
  }

  handlers(): Handlers {
    return {
      load: (params, context) =>
        this.#run(context, (signal) => this.#load(params, taskRun(signal, context))),
      planLoad: (params) => this.#planLoad(params),
      prepare: (params, context) =>
        this.#run(context, (signal) => this.#compute((model) => model.prepare(params, { signal }))),
      generate: (params, context) =>
        this.#run(context, (signal) =>
          this.#compute((model) =>
            model.generate(params, {
              signal,
              onText: context.emitText,
              onStage: (stage) => {
                context.emitStage({ stage });
              },
            }),
          ),
        ),
      score: (params, context) =>
        this.#run(context, (signal) => this.#compute((model) => model.score(params, { signal }))),
      planImport: (params, context) => this.#run(context, () => this.#engine.planImport(params)),
      convert: (params, context) =>
        this.#run(context, async (signal) => {
          const { folder } = await this.#engine.convert(params, taskRun(signal, context));
          return { folder };
        }),
      models: () => this.#engine.models(),
      deleteModel: (params, context) => this.#run(context, () => this.#deleteModel(params.name)),
      catalog: () => this.#engine.catalog(),
      addModel: (params, context) =>
        this.#run(context, (signal) => this.#engine.addModel(params, taskRun(signal, context))),
      deleteDownload: (params, context) =>
        this.#run(context, () => this.#engine.deleteDownload(params.name)),
      storeContents: () => this.#engine.storeContents(),
      emptyStore: (_params, context) => this.#run(context, () => this.#engine.emptyStore()),
      cudaStatus: () => this.#engine.cuda.status(),
      planCuda: (params, context) =>
        this.#run(context, (signal) => this.#engine.cuda.plan(params, signal)),
      installCuda: (params, context) =>
        this.#run(context, (signal) => this.#engine.cuda.install(params, taskRun(signal, context))),
      removeCuda: (_params, context) => this.#run(context, () => this.#engine.cuda.remove()),
      thumbnail: (params, context) => this.#thumbnail(params, signalOf(context)),
      unload: (_params, context) => this.#run(context, () => this.#unload()),
      status: () => Promise.resolve(this.#status()),
    };
  }

  #run<T>(context: RequestContext, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = signalOf(context);
    return this.#queue.run(signal, () => work(signal));
  }

  async #load(params: LoadRequest, run: TaskRun): Promise<EngineInfo> {
    // Two models at once would need the memory of both.
    await this.#release();
    const loaded = await this.#engine.load(params, run);
    this.#loaded = loaded;
    if (run.signal.aborted) await this.#release();
    throwIfAborted(run.signal);
    this.#logger.info(`Loaded ${params.model} on ${loaded.info.device}.`);
    return loaded.info;
  }

  async #planLoad(params: LoadRequest): Promise<LoadPlan> {
    const plan = await this.#engine.planLoad(params, this.#loaded);
    if (this.#loaded === undefined || plan.isOnAdapter === true) return plan;
    // It is released before another model is loaded, and then most of this process's memory is free.
    return { ...plan, availableBytes: plan.availableBytes + process.memoryUsage.rss() };
  }

  async #unload(): Promise<Record<string, never>> {
    await this.#release();
    return {};
  }

  async #release(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    this.#lost = undefined;
    await this.#releasing;
    await loaded?.release();
  }

  /** Computes with the loaded model, and gives it up when its device fails. */
  async #compute<T>(work: (model: LoadedEngine) => Promise<T>): Promise<T> {
    const model = this.#model();
    try {
      return await work(model);
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (error.code === "device.failed") this.#giveUp(model, error);
      throw thrown;
    }
  }

  /** Sessions of a device that failed give wrong answers or none. */
  #giveUp(model: LoadedEngine, error: AppError): void {
    this.#loaded = undefined;
    this.#lost = error;
    // After the reply has left, because a driver that is gone may never let go.
    const isSent = new Promise((resolve) => setImmediate(resolve));
    this.#releasing = isSent
      .then(() => model.release())
      .catch((thrown: unknown) => {
        this.#logger.warn(`A model whose device failed was not released: ${String(thrown)}`);
      });
  }

  #deleteModel(name: string): Promise<DeleteReply> {
    return this.#engine.deleteModel(name, async (folder) => {
      if (this.#loaded?.folder === folder) await this.#release();
    });
  }

  /** Answers a cancel at once, though a picture that is being decoded keeps its place to the end. */
  #thumbnail(params: ThumbnailParams, signal: AbortSignal): Promise<ThumbnailReply> {
    const reply = this.#thumbnails.run(signal, () => this.#engine.thumbnail(params));
    return new Promise((resolve, reject) => {
      reply.then(resolve, reject);
      signal.addEventListener("abort", () => {
        reject(new AppError("request.cancelled", "The request was cancelled."));
      });
    });
  }

  #status(): StatusReply {
    const facts = {
      rssBytes: process.memoryUsage.rss(),
      pid: process.pid,
      uptimeMs: process.uptime() * 1000,
    };
    return this.#loaded === undefined ? facts : { ...facts, loaded: this.#loaded.info };
  }

  #model(): LoadedEngine {
    if (this.#loaded !== undefined) return this.#loaded;
    if (this.#lost !== undefined) throw this.#lost;
    throw new AppError("model.missing", "No model is loaded. Load a model folder first.");
  }
}

/** Must be called before the handler awaits anything. */
function signalOf(context: RequestContext): AbortSignal {
  const controller = new AbortController();
  context.onCancel(() => {
    controller.abort();
  });
  return controller.signal;
}

function taskRun(signal: AbortSignal, { emitProgress, emitStage }: RequestContext): TaskRun {
  return { signal, onProgress: emitProgress, onStage: emitStage };
}
