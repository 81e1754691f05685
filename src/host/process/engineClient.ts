/**
 * The engine as the rest of the host sees it: typed calls that start the child when it is needed,
 * start it again when it died and end it when it is idle. Knows no editor and no models.
 */

import { abortable } from "../../base/abortable";
import { AppError, throwIfAborted } from "../../base/errors";
import type { Logger } from "../../base/logger";
import type { Clock } from "../../base/clock";
import { systemClock } from "./clock";
import {
  type ConnectionEnd,
  DEFAULT_TIME_LIMITS,
  EngineConnection,
  type TimeLimits,
} from "./engineConnection";
import type { EngineProcess } from "./engineProcess";
import { type RestartLimits, RestartPolicy } from "./restartPolicy";
import { entryOf, type MethodName, type Params, type Result } from "../../protocol/methods";
import type { CallOptions } from "../../protocol/rpcClient";

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
 * call works again, with a new child, which holds no model.
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

  /** Calls a method of the table; text, progress and stages arrive in the options' callbacks. */
  async call<M extends MethodName>(
    method: M,
    params: Params<M>,
    options: CallOptions = {},
  ): Promise<Result<M>> {
    throwIfAborted(options.signal);
    this.#throwIfDisposed();
    const answer = this.#answerOf(method, params, options);
    if (entryOf(method).afterCancel !== "leaves") return await answer;
    return await abortable(answer, options.signal);
  }

  /** Counts as work until the child has answered, also when the caller has left. */
  async #answerOf<M extends MethodName>(
    method: M,
    params: Params<M>,
    options: CallOptions,
  ): Promise<Result<M>> {
    this.#nActive += 1;
    this.#updateState();
    try {
      const connection = await abortable(this.#connect(), options.signal);
      const result = await connection.timed(method, params, options);
      this.#policy.succeeded();
      return result;
    } finally {
      this.#nActive -= 1;
      this.#updateState();
    }
  }

  /** Ends the child and its calls, which reject with `engine.exited`; the next call starts another. */
  stop(): void {
    this.#connection?.stop();
  }

  /** Facts about the child, or undefined when there is none. Neither starts it nor keeps it alive. */
  async status(): Promise<Result<"status"> | undefined> {
    const connection = this.#connection;
    return connection?.isReady === true ? await connection.timed("status", {}) : undefined;
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
    if (!isExpected) {
      this.#options.logger.error(reason.message);
      this.#failure = reason;
      this.#policy.failed(this.#clock.now());
    }
    this.#updateState();
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
