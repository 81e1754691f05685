/**
 * The engine as the rest of the host sees it: typed calls that start the child when it is needed,
 * start it again when it died and end it when it is idle. Knows no editor and no models.
 */

import { AppError, throwIfAborted } from "../base/errors";
import type { Logger } from "../base/logger";
import { abortable } from "./abortable";
import { type Clock, systemClock } from "./clock";
import {
  type ConnectionEnd,
  DEFAULT_TIME_LIMITS,
  EngineConnection,
  type TimeLimits,
} from "./engineConnection";
import type { EngineProcess } from "./engineProcess";
import { type RestartLimits, RestartPolicy } from "./restartPolicy";
import type { AddedModel, EngineInfo, ImportPlan, LoadRequest } from "../model/ask/models";
import type { CudaMethod } from "../protocol/cudaMessages";
import type {
  CatalogReply,
  DeleteReply,
  ModelsReply,
  Params,
  Result,
  StatusReply,
  ThumbnailReply,
} from "../protocol/engineMessages";
import type { CallOptions, CancelSignal } from "../protocol/rpcClient";

export interface EngineClientOptions {
  /** Forks a new child. */
  readonly startProcess: () => EngineProcess;
  readonly logger: Logger;
  /** @default the real time */
  readonly clock?: Clock;
  /** @default DEFAULT_TIME_LIMITS */
  readonly limits?: TimeLimits;
  /**
   * Without work for this long, in ms, the child is ended to free its memory; a function is asked at
   * the end of each work. @default 600000
   */
  readonly idleMs?: number | (() => number);
  readonly restart?: RestartLimits;
}

export type EngineState =
  | { readonly kind: "stopped" | "starting" | "ready" | "busy" }
  /** The child died and is started again by the next call. */
  | { readonly kind: "failed"; readonly error: AppError };

const DEFAULT_IDLE_MS = 600_000;

/**
 * All calls reject with AppError: what the engine answered, `request.cancelled`, `engine.exited` when
 * the child died or was disposed of, `engine.timeout`, `protocol.mismatch`. After any of them the next
 * call works again, with a new child and the model that was loaded before.
 */
export class EngineClient {
  readonly #options: EngineClientOptions;
  readonly #clock: Clock;
  readonly #limits: TimeLimits;
  readonly #policy: RestartPolicy;
  readonly #listeners = new Set<(state: EngineState) => void>();
  #state: EngineState = { kind: "stopped" };
  #connection: EngineConnection | undefined;
  #starting: Promise<EngineConnection> | undefined;
  /** Settles when every child that was ever started is gone. */
  #allGone: Promise<unknown> = Promise.resolve();
  #failure: AppError | undefined;
  #nActive = 0;
  /** The last model that was loaded with success. */
  #model: LoadRequest | undefined;
  /** The child that holds it, as far as we know. */
  #modelHolder: EngineConnection | undefined;
  #reload: { readonly into: EngineConnection; readonly done: Promise<void> } | undefined;
  #stopIdleTimer: (() => void) | undefined;
  #wakeUp: (() => void) | undefined;
  #isDisposed = false;

  constructor(options: EngineClientOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limits = options.limits ?? DEFAULT_TIME_LIMITS;
    this.#policy = new RestartPolicy(options.restart);
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Calls back with each new state. Returns the function that ends this. */
  onStateChanged(listener: (state: EngineState) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * Loads a model; the demo's first use is a conversion, which tells its progress. When it fails, the
   * model before it stays the one that is used.
   */
  load(params: LoadRequest, options: CallOptions = {}): Promise<EngineInfo> {
    return this.#work(options.signal, async (connection) => {
      try {
        const info = await connection.call("load", params, options);
        this.#model = params;
        this.#modelHolder = connection;
        return info;
      } catch (error) {
        // The child releases the old model first, so it may hold none now.
        if (this.#modelHolder === connection) this.#modelHolder = undefined;
        throw error;
      }
    });
  }

  /** What loading a model would take of the memory; does not wait for other requests. */
  planLoad(params: Params<"planLoad">, options: CallOptions = {}): Promise<Result<"planLoad">> {
    return this.#work(options.signal, (connection) => connection.call("planLoad", params, options));
  }

  /** Does for a picture what does not depend on the question. */
  prepare(params: Params<"prepare">, options: CallOptions = {}): Promise<Result<"prepare">> {
    return this.#ask("prepare", params, options);
  }

  /** Answers a question about a picture; the answer also arrives piece by piece in `onText`. */
  generate(params: Params<"generate">, options: CallOptions = {}): Promise<Result<"generate">> {
    return this.#ask("generate", params, options);
  }

  /** Says how well texts fit a picture. */
  score(params: Params<"score">, options: CallOptions = {}): Promise<Result<"score">> {
    return this.#ask("score", params, options);
  }

  /** What importing a checkpoint would cost. */
  planImport(params: Params<"planImport">, options: CallOptions = {}): Promise<ImportPlan> {
    return this.#work(options.signal, (connection) =>
      connection.call("planImport", params, options),
    );
  }

  /** Converts a checkpoint; nothing else runs meanwhile. */
  convert(params: Params<"convert">, options: CallOptions = {}): Promise<Result<"convert">> {
    return this.#work(options.signal, (connection) => connection.call("convert", params, options));
  }

  /** The models that there are; does not wait for other requests. */
  models(options: CallOptions = {}): Promise<ModelsReply> {
    return this.#work(options.signal, (connection) => connection.call("models", {}, options));
  }

  /** Deletes a model; when it was the loaded one, the next question tries to load it again. */
  deleteModel(params: Params<"deleteModel">, options: CallOptions = {}): Promise<DeleteReply> {
    return this.#work(options.signal, async (connection) => {
      try {
        return await connection.call("deleteModel", params, options);
      } finally {
        const status = await connection.call("status", {}).catch(() => undefined);
        const isReleased = status?.loaded === undefined;
        if (isReleased && this.#modelHolder === connection) this.#modelHolder = undefined;
      }
    });
  }

  /** The published checkpoints, and what is here of each; does not wait for other requests. */
  catalog(options: CallOptions = {}): Promise<CatalogReply> {
    return this.#work(options.signal, (connection) => connection.call("catalog", {}, options));
  }

  /** Gets a model of the catalogue; nothing else runs meanwhile. */
  addModel(params: Params<"addModel">, options: CallOptions = {}): Promise<AddedModel> {
    return this.#work(options.signal, (connection) => connection.call("addModel", params, options));
  }

  /** Deletes what has arrived of a download. */
  deleteDownload(
    params: Params<"deleteDownload">,
    options: CallOptions = {},
  ): Promise<DeleteReply> {
    return this.#work(options.signal, (connection) =>
      connection.call("deleteDownload", params, options),
    );
  }

  /** What the store holds; does not wait for other requests. */
  storeContents(options: CallOptions = {}): Promise<Result<"storeContents">> {
    return this.#work(options.signal, (connection) =>
      connection.call("storeContents", {}, options),
    );
  }

  /** Deletes what Sightline put into the store. */
  emptyStore(options: CallOptions = {}): Promise<Result<"emptyStore">> {
    return this.#work(options.signal, (connection) => connection.call("emptyStore", {}, options));
  }

  /** ONNX Runtime's CUDA libraries. */
  cuda<M extends CudaMethod>(
    method: M,
    params: Params<M>,
    options: CallOptions = {},
  ): Promise<Result<M>> {
    return this.#work(options.signal, (connection) => connection.call(method, params, options));
  }

  /** A small copy of a picture; does not wait for other requests. */
  thumbnail(params: Params<"thumbnail">, options: CallOptions = {}): Promise<ThumbnailReply> {
    return this.#work(options.signal, (connection) =>
      connection.call("thumbnail", params, options),
    );
  }

  /** Releases the model and forgets it. Starts no child. */
  async unload(): Promise<void> {
    this.#model = undefined;
    this.#modelHolder = undefined;
    if (this.#connection === undefined) return;
    await this.#work(undefined, (connection) => connection.call("unload", {}));
  }

  /** Ends the child and its calls, which reject with `engine.exited`; the next call starts another. */
  stop(): void {
    this.#connection?.stop();
  }

  /** Facts about the child, or undefined when there is none. Neither starts it nor keeps it alive. */
  async status(): Promise<StatusReply | undefined> {
    const connection = this.#connection;
    return connection?.isReady === true ? await connection.call("status", {}) : undefined;
  }

  /** Ends the child and every call; settles when no process is left. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#listeners.clear();
    this.#wakeUp?.();
    this.#connection?.stop();
    await this.#starting?.catch(() => undefined);
    await this.#allGone;
  }

  #ask<M extends "prepare" | "generate" | "score">(
    method: M,
    params: Params<M>,
    options: CallOptions,
  ): Promise<Result<M>> {
    return this.#work(options.signal, async (connection) => {
      const reload = this.#reloadInto(connection);
      // No await without a reload, so that requests are sent in the order of their calls.
      if (reload !== undefined) await abortable(reload, options.signal);
      try {
        return await connection.call(method, params, options);
      } catch (error) {
        // The child has given up a model whose device failed.
        const isLost = error instanceof AppError && error.code === "device.failed";
        if (isLost && this.#modelHolder === connection) this.#modelHolder = undefined;
        throw error;
      }
    });
  }

  async #work<T>(
    signal: CancelSignal | undefined,
    use: (connection: EngineConnection) => Promise<T>,
  ): Promise<T> {
    throwIfAborted(signal);
    this.#throwIfDisposed();
    this.#nActive += 1;
    this.#updateState();
    try {
      const result = await use(await abortable(this.#connect(), signal));
      this.#policy.succeeded();
      return result;
    } finally {
      this.#nActive -= 1;
      this.#updateState();
    }
  }

  #connect(): Promise<EngineConnection> {
    if (this.#connection?.isReady === true) return Promise.resolve(this.#connection);
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<EngineConnection> {
    const advice = this.#policy.advice(this.#clock.now());
    if (advice.kind === "refuse") {
      throw new AppError(
        "engine.exited",
        `The engine failed ${advice.nFailures} times in a row; the last time: ${this.#failure?.message ?? "unknown"} Try again in ${Math.ceil(advice.ms / 1000)} seconds.`,
        { detail: { failures: advice.nFailures, retryAfterMs: Math.ceil(advice.ms) } },
      );
    }
    if (advice.kind === "wait") await this.#pause(advice.ms);
    this.#throwIfDisposed();
    // The memory of the child before must be free, but one that cannot be killed is left behind.
    await this.#pause(this.#limits.helloMs, this.#allGone);
    this.#throwIfDisposed();
    const connection = this.#fork();
    await connection.ready;
    this.#updateState();
    return connection;
  }

  #fork(): EngineConnection {
    const process = this.#startProcess();
    this.#allGone = Promise.all([this.#allGone, process.exited]);
    const connection: EngineConnection = new EngineConnection({
      process,
      limits: this.#limits,
      logger: this.#options.logger,
      clock: this.#clock,
      onEnded: (end) => {
        this.#ended(end);
      },
    });
    this.#connection = connection;
    this.#failure = undefined;
    this.#updateState();
    return connection;
  }

  #startProcess(): EngineProcess {
    try {
      return this.#options.startProcess();
    } catch (cause) {
      const text = "The engine's process could not be started.";
      const reason = new AppError("engine.exited", text, { cause });
      this.#ended({ reason, isExpected: false });
      throw reason;
    }
  }

  #ended({ reason, isExpected }: ConnectionEnd): void {
    this.#connection = undefined;
    this.#modelHolder = undefined;
    if (!isExpected) {
      this.#options.logger.error(reason.message);
      this.#failure = reason;
      this.#policy.failed(this.#clock.now());
    }
    this.#updateState();
  }

  /** Loads the model again when the child is not the one that held it. */
  #reloadInto(connection: EngineConnection): Promise<void> | undefined {
    const model = this.#model;
    if (model === undefined || this.#modelHolder === connection) return undefined;
    if (this.#reload?.into !== connection) {
      const done = connection
        .call("load", model)
        .then(() => {
          this.#modelHolder = connection;
        })
        .finally(() => {
          this.#reload = undefined;
        });
      this.#reload = { into: connection, done };
    }
    return this.#reload.done;
  }

  /** Waits, but no longer than until the other promise or the disposal. */
  #pause(ms: number, until?: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const stopTimer = this.#clock.after(ms, resolve);
      const end = (): void => {
        stopTimer();
        resolve();
      };
      this.#wakeUp = end;
      void until?.then(end);
    });
  }

  #updateState(): void {
    const next = this.#currentState();
    const isSame = next.kind === this.#state.kind && next.kind !== "failed";
    if (isSame || (next.kind === "failed" && this.#isFailedWith(next.error))) return;
    this.#state = next;
    this.#stopIdleTimer?.();
    if (next.kind === "ready") {
      const { idleMs = DEFAULT_IDLE_MS } = this.#options;
      const ms = typeof idleMs === "number" ? idleMs : idleMs();
      this.#stopIdleTimer = this.#clock.after(ms, () => {
        this.#connection?.stop();
      });
    }
    for (const listener of [...this.#listeners]) listener(next);
  }

  #currentState(): EngineState {
    if (this.#connection?.isReady === true) return { kind: this.#nActive > 0 ? "busy" : "ready" };
    if (this.#connection !== undefined) return { kind: "starting" };
    return this.#failure === undefined
      ? { kind: "stopped" }
      : { kind: "failed", error: this.#failure };
  }

  #isFailedWith(error: AppError): boolean {
    return this.#state.kind === "failed" && this.#state.error === error;
  }

  #throwIfDisposed(): void {
    if (!this.#isDisposed) return;
    throw new AppError("engine.exited", "The engine was shut down. Reload the window to start it.");
  }
}
