/** Answers the host's requests with the engine: one handler per method, one run at a time. */

import { AppError, throwIfAborted } from "../base/errors";
import type { Logger } from "../base/logger";
import type { ConvertParams, LoadParams, ModelInfo, StatusReply } from "../protocol/engineMessages";
import { type Handlers, type RequestContext, RpcServer } from "../protocol/rpcServer";
import type { Transport } from "../protocol/transport";
import type { EngineHost, EngineInfo, LoadedEngine } from "./engineHost";
import { RunQueue } from "./runQueue";

export interface EngineServerOptions {
  readonly transport: Transport;
  readonly engine: EngineHost;
  readonly logger: Logger;
}

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
  #loaded: LoadedEngine | undefined;

  constructor(options: EngineServerOptions) {
    this.#engine = options.engine;
    this.#logger = options.logger;
  }

  handlers(): Handlers {
    return {
      load: (params, context) => this.#run(context, (signal) => this.#load(params, signal)),
      generate: (params, context) =>
        this.#run(context, (signal) =>
          this.#model().generate(params, { signal, onText: context.emitText }),
        ),
      score: (params, context) =>
        this.#run(context, (signal) => this.#model().score(params, { signal })),
      convert: (params, context) =>
        this.#run(context, (signal) => this.#convert(params, { signal, context })),
      unload: (_params, context) => this.#run(context, () => this.#unload()),
      status: () => Promise.resolve(this.#status()),
    };
  }

  #run<T>(context: RequestContext, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    context.onCancel(() => {
      controller.abort();
    });
    return this.#queue.run(controller.signal, () => work(controller.signal));
  }

  async #load(params: LoadParams, signal: AbortSignal): Promise<ModelInfo> {
    // Two models at once would need the memory of both.
    await this.#release();
    const loaded = await this.#engine.load(params.model, params.device, signal);
    this.#loaded = loaded;
    if (signal.aborted) await this.#release();
    throwIfAborted(signal);
    this.#logger.info(`Loaded ${params.model} on ${loaded.info.device}.`);
    return modelInfo(loaded.info);
  }

  async #unload(): Promise<Record<string, never>> {
    await this.#release();
    return {};
  }

  async #release(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.release();
  }

  async #convert(
    params: ConvertParams,
    run: { readonly signal: AbortSignal; readonly context: RequestContext },
  ): Promise<{ readonly folder: string }> {
    const { folder } = await this.#engine.convert(params, {
      signal: run.signal,
      onProgress: run.context.emitProgress,
    });
    return { folder };
  }

  #status(): StatusReply {
    const facts = {
      rssBytes: process.memoryUsage.rss(),
      pid: process.pid,
      uptimeMs: process.uptime() * 1000,
    };
    return this.#loaded === undefined ? facts : { ...facts, loaded: modelInfo(this.#loaded.info) };
  }

  #model(): LoadedEngine {
    if (this.#loaded !== undefined) return this.#loaded;
    throw new AppError("model.missing", "No model is loaded. Load a model folder first.");
  }
}

function modelInfo(info: EngineInfo): ModelInfo {
  const { name, device, deviceReason, kind } = info;
  const plain = { model: name, device, kind };
  return deviceReason === undefined ? plain : { ...plain, deviceReason };
}
