/**
 * One child from its hello to its end: checks that it speaks our version, times its requests and ends
 * it when it hangs. Starting another one is the client's business.
 */

import { AppError } from "../../base/errors";
import type { Logger } from "../../base/logger";
import type { Clock } from "../../base/clock";
import { byDigest } from "../pictures/picture";
import type { EngineProcess } from "./engineProcess";
import type { PictureRequest } from "../../model/ask/request";
import { PROTOCOL_VERSION, type ReadyMessage } from "../../protocol/messages";
import {
  type MethodName,
  type Params,
  type Result,
  entryOf,
  forEachMethod,
  isModelMethod,
} from "../../protocol/methods";
import { type CallOptions, RpcClient } from "../../protocol/rpcClient";

/** All in ms; `Infinity` is no limit. */
export interface TimeLimits {
  /** From the fork to the hello. */
  readonly helloMs: number;
  /** From the cancel of the running request to its answer; then the child is ended. */
  readonly cancelGraceMs: number;
  /** Longest silence of each; the table of methods has the reasons. */
  readonly requestMs: Readonly<Record<MethodName, number>>;
}

const MINUTE_MS = 60_000;

/** Those that wait for no other are timed only while nothing else is. */
const isConcurrent = (method: MethodName): boolean => entryOf(method).lane !== "turn";

export const DEFAULT_TIME_LIMITS: TimeLimits = {
  helloMs: MINUTE_MS / 2,
  cancelGraceMs: MINUTE_MS / 4,
  requestMs: forEachMethod((_method, { silence }) => silence * MINUTE_MS),
};

/** Why a connection ended. */
export interface ConnectionEnd {
  readonly reason: AppError;
  /** True when the host ended it on purpose, so that nothing is wrong with the child. */
  readonly isExpected: boolean;
}

export interface ConnectionOptions {
  readonly process: EngineProcess;
  readonly limits: TimeLimits;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Called once; no call succeeds after it, though the process may take a moment to go. */
  readonly onEnded: (end: ConnectionEnd) => void;
}

/** A request that the child has not answered yet. */
interface OpenCall {
  readonly method: MethodName;
  isCancelled: boolean;
}

export class EngineConnection {
  readonly #options: ConnectionOptions;
  readonly #rpc: RpcClient;
  /** Settles with the hello. @throws AppError `protocol.mismatch`, `engine.timeout`, `engine.exited`. */
  readonly ready: Promise<void>;
  #settleHello: (error?: AppError) => void = () => undefined;
  #isReady = false;
  #isExpectedEnd = false;
  /**
   * Oldest first, and the concurrent ones last. The child takes them in this order, so only the first one
   * is being worked on.
   */
  readonly #line: OpenCall[] = [];
  #stopTimer: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.ready = new Promise((resolve, reject) => {
      this.#settleHello = (error) => {
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    // The end of a start is told by onEnded as well, so this promise may have no listener.
    this.ready.catch(() => undefined);
    this.#rpc = new RpcClient({
      transport: options.process.transport,
      onReady: (message) => {
        this.#greet(message);
      },
      onLogged: ({ level, message }) => {
        options.logger[level](message);
      },
      onViolation: (error) => {
        options.logger.warn(`Ignored a message of the engine: ${error.message}`);
      },
      onClosed: (reason) => {
        this.#end(reason);
      },
    });
    this.#startTimer(options.limits.helloMs, () => {
      const seconds = Math.round(options.limits.helloMs / 1000);
      this.#kill(
        new AppError("engine.timeout", `The engine did not start within ${seconds} seconds.`),
      );
    });
  }

  /** True from the hello to the end. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Sends a request, once `ready` has settled, and ends a child that is silent for too long over it.
   * @throws AppError what the child answered; `engine.exited`, `engine.timeout`, `request.cancelled`.
   */
  async timed<M extends MethodName>(
    method: M,
    params: Params<M>,
    options: CallOptions = {},
  ): Promise<Result<M>> {
    const open: OpenCall = { method, isCancelled: false };
    const onAbort = (): void => {
      open.isCancelled = true;
      if (this.#line[0] === open) this.#watch();
    };
    this.#lineUp(open);
    options.signal?.addEventListener("abort", onAbort);
    if (this.#line[0] === open) this.#watch();
    try {
      return await this.#rpc.request(
        method,
        digestFirst(method, params),
        this.#withSignsOfLife(open, options),
      );
    } finally {
      options.signal?.removeEventListener("abort", onAbort);
      const wasFirst = this.#line[0] === open;
      this.#line.splice(this.#line.indexOf(open), 1);
      if (wasFirst) this.#watch();
    }
  }

  /** Ends the child on purpose; pending calls are rejected with `engine.exited`. */
  stop(): void {
    this.#isExpectedEnd = true;
    this.#rpc.close(
      new AppError("engine.exited", "The engine was stopped. Ask again to start it."),
    );
    this.#options.process.kill();
  }

  #greet(message: ReadyMessage): void {
    if (message.protocolVersion !== PROTOCOL_VERSION) {
      const versions = `version ${message.protocolVersion} and not ${PROTOCOL_VERSION}`;
      this.#kill(
        new AppError(
          "protocol.mismatch",
          `The engine speaks protocol ${versions}. Reload the window; if that does not help, install Sightline again.`,
        ),
      );
      return;
    }
    if (this.#isReady) return;
    this.#isReady = true;
    this.#stopTimer?.();
    this.#settleHello();
  }

  #lineUp(open: OpenCall): void {
    const firstBeside = this.#line.findIndex(({ method }) => isConcurrent(method));
    const isLast = firstBeside < 0 || isConcurrent(open.method);
    this.#line.splice(isLast ? this.#line.length : firstBeside, 0, open);
  }

  #withSignsOfLife(open: OpenCall, options: CallOptions): CallOptions {
    const alive = (): void => {
      // What a cancelled request still sends does not prolong its grace.
      if (this.#line[0] === open && !open.isCancelled) this.#watch();
    };
    return {
      signal: options.signal,
      onText: (text) => {
        alive();
        options.onText?.(text);
      },
      onProgress: (progress) => {
        alive();
        options.onProgress?.(progress);
      },
      onStage: (stage) => {
        alive();
        options.onStage?.(stage);
      },
    };
  }

  /** Times the request that is being worked on, from now. */
  #watch(): void {
    this.#stopTimer?.();
    const first = this.#line[0];
    if (first === undefined || !this.#isReady) return;
    const { cancelGraceMs, requestMs } = this.#options.limits;
    if (first.isCancelled && entryOf(first.method).afterCancel === undefined) {
      this.#startTimer(cancelGraceMs, () => {
        this.#isExpectedEnd = true;
        const text = "The engine did not react to a cancel and was ended. Ask again to restart it.";
        this.#kill(new AppError("engine.exited", text));
      });
      return;
    }
    const limitMs = requestMs[first.method];
    this.#startTimer(limitMs, () => {
      const seconds = Math.round(limitMs / 1000);
      const text = `The engine gave no sign of life for ${seconds} seconds (${first.method}) and was ended. Ask again to restart it.`;
      this.#kill(new AppError("engine.timeout", text, { detail: { method: first.method } }));
    });
  }

  #startTimer(ms: number, callback: () => void): void {
    this.#stopTimer = this.#options.clock.after(ms, callback);
  }

  #kill(reason: AppError): void {
    this.#rpc.close(reason);
    this.#options.process.killNow();
  }

  #end(reason: AppError): void {
    this.#isReady = false;
    this.#stopTimer?.();
    this.#settleHello(reason);
    this.#options.onEnded({ reason, isExpected: this.#isExpectedEnd });
  }
}

/** The bytes of a picture follow only where the model does not know it. */
function digestFirst<M extends MethodName>(method: M, params: Params<M>): Params<M> {
  if (!isModelMethod(method)) return params;
  const request = params as PictureRequest;
  return { ...request, image: byDigest(request.image) } as Params<M>;
}
