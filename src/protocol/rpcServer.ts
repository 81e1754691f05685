/** The child's end of the protocol: calls a handler per request and always answers. Runs no engine. */

import { AppError, type WireError } from "../base/errors";
import type { Progress, Stage } from "../model/ask/progress";
import { type FollowUp, peekId, readParams, readToChild, type RequestMessage } from "./messages";
import { withBytes } from "./latePicture";
import type { MethodName, Params, Result } from "./methods";
import { violation } from "./schema";
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

interface Running {
  readonly onCancel: (() => void)[];
  isCancelled: boolean;
  onSupplied?: (message: Extract<FollowUp, { readonly type: "supplied" }>) => void;
  /** Asked for once. */
  picture?: Promise<Uint8Array>;
}

/**
 * Answers each request of the host with one reply or one failure, whatever the handler does.
 * Starts to listen when it is created.
 */
export class RpcServer {
  readonly #transport: Transport;
  readonly #handlers: Handlers;
  readonly #onViolation: (error: AppError) => void;
  /** Each request that is not answered yet. */
  readonly #running = new Map<number, Running>();

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
      if (message.type === "request") this.#start(message);
      else this.#follow(message);
    } catch (thrown) {
      const error = AppError.from(thrown);
      const id = peekId(value);
      // A failure for a request that runs would be taken for its answer.
      if (id === undefined || this.#running.has(id)) this.#onViolation(error);
      else this.#transport.send({ type: "failure", id, error: error.toWire() });
    }
  }

  /** An unknown id is a request whose answer crossed the message on the way. */
  #follow(message: FollowUp): void {
    const running = this.#running.get(message.id);
    if (running === undefined) return;
    if (message.type === "supplied") {
      running.onSupplied?.(message);
      return;
    }
    running.isCancelled = true;
    for (const listener of running.onCancel) listener();
  }

  #start({ id, method, params }: RequestMessage): void {
    if (this.#running.has(id)) {
      throw new AppError("protocol.violation", `Request ${id} is running already.`);
    }
    const running: Running = { onCancel: [], isCancelled: false };
    const whole = withBytes(params, () => (running.picture ??= this.#pictureOf(id, running)));
    const read = readParams(method, whole);
    this.#running.set(id, running);
    // The compiler loses in the union of methods that these are the parameters of this one.
    const handler = this.#handlers[method] as (
      given: unknown,
      at: RequestContext,
    ) => Promise<unknown>;
    void this.#answer(id, (context) => handler(read, context));
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

  /** Asks the host for the bytes of a picture that a request named. */
  #pictureOf(id: number, running: Running): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(new AppError("request.cancelled", "The request was cancelled."));
      };
      running.onCancel.push(leave);
      running.onSupplied = ({ image, error }) => {
        if (image !== undefined) resolve(image);
        else reject(error === undefined ? violation("No picture came.") : AppError.fromWire(error));
      };
      // The host sends nothing to a request that it has cancelled.
      if (running.isCancelled) leave();
      else this.#emit(id, { type: "wanted", id });
    });
  }

  #contextOf(id: number): RequestContext {
    return {
      onCancel: (listener) => {
        this.#running.get(id)?.onCancel.push(listener);
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
