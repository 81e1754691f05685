/** The child's end of the protocol: calls a handler per request and always answers. Runs no engine. */

import { AppError, type WireError } from "../base/errors";
import type { Progress, Stage } from "../model/ask/progress";
import {
  type CancelMessage,
  peekId,
  readParams,
  readToChild,
  type RequestMessage,
} from "./messages";
import type { MethodName, Params, Result } from "./methods";
import type { Transport } from "./transport";

/** What a handler may do besides answering. */
export interface RequestContext {
  /**
   * Calls back when the host cancels this request; the handler then throws `request.cancelled`.
   * To be called before the handler awaits anything.
   */
  readonly onCancel: (listener: () => void) => void;
  readonly emitText: (text: string) => void;
  readonly emitProgress: (progress: Progress) => void;
  readonly emitStage: (stage: Stage) => void;
}

export type Handlers = {
  readonly [M in MethodName]: (params: Params<M>, context: RequestContext) => Promise<Result<M>>;
};

export interface RpcServerOptions {
  readonly transport: Transport;
  readonly handlers: Handlers;
  /** Called with what a message did wrong that has no id to answer to. */
  readonly onViolation: (error: AppError) => void;
}

/**
 * Answers each request of the host with one reply or one failure, whatever the handler does.
 * Starts to listen when it is created.
 */
export class RpcServer {
  readonly #transport: Transport;
  readonly #handlers: Handlers;
  readonly #onViolation: (error: AppError) => void;
  /** Cancel listeners of each request that is not answered yet. */
  readonly #running = new Map<number, (() => void)[]>();

  constructor(options: RpcServerOptions) {
    this.#transport = options.transport;
    this.#handlers = options.handlers;
    this.#onViolation = options.onViolation;
    this.#transport.onMessage((message) => {
      this.#receive(message);
    });
  }

  #receive(value: unknown): void {
    try {
      const message = readToChild(value);
      if (message.type === "cancel") this.#cancel(message);
      else this.#start(message);
    } catch (thrown) {
      const error = AppError.from(thrown);
      const id = peekId(value);
      // A failure for a request that runs would be taken for its answer.
      if (id === undefined || this.#running.has(id)) this.#onViolation(error);
      else this.#transport.send({ type: "failure", id, error: error.toWire() });
    }
  }

  #cancel(message: CancelMessage): void {
    // An unknown id is a request whose answer crossed the cancel on the way.
    for (const listener of this.#running.get(message.id) ?? []) listener();
  }

  #start({ id, method, params }: RequestMessage): void {
    if (this.#running.has(id)) {
      throw new AppError("protocol.violation", `Request ${id} is running already.`);
    }
    this.#serve(id, method, readParams(method, params));
  }

  #serve<M extends MethodName>(id: number, method: M, params: Params<M>): void {
    const handler = this.#handlers[method];
    this.#running.set(id, []);
    void this.#answer(id, (context) => handler(params, context));
  }

  async #answer(id: number, handle: (context: RequestContext) => Promise<unknown>): Promise<void> {
    try {
      const result = await handle(this.#contextOf(id));
      this.#transport.send({ type: "reply", id, result });
    } catch (thrown) {
      this.#transport.send({ type: "failure", id, error: wireOf(thrown) });
    } finally {
      this.#running.delete(id);
    }
  }

  #contextOf(id: number): RequestContext {
    return {
      onCancel: (listener) => {
        this.#running.get(id)?.push(listener);
      },
      emitText: (text) => {
        this.#emit(id, { type: "textEmitted", id, text });
      },
      emitProgress: (progress) => {
        this.#emit(id, { type: "progressed", id, ...progress });
      },
      emitStage: (stage) => {
        this.#emit(id, { type: "staged", id, ...stage });
      },
    };
  }

  /** An event after the answer would belong to nothing. */
  #emit(id: number, message: unknown): void {
    if (this.#running.has(id)) this.#transport.send(message);
  }
}

function wireOf(thrown: unknown): WireError {
  try {
    return AppError.from(thrown).toWire();
  } catch {
    // An object without a prototype cannot even be turned into a text.
    return { code: "internal", message: "Unexpected failure: a value that cannot be printed." };
  }
}
