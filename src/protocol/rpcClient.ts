/** The host's end of the protocol: typed calls with an id, events, a cancel and always an end. */

import type { CancelSignal } from "../base/abortable";
import { AppError, type WireError } from "../base/errors";
import type { Progress, Stage } from "../model/ask/progress";
import type { LatePicture } from "../model/ask/request";
import {
  type FromChild,
  type LoggedMessage,
  peekId,
  readFromChild,
  readResult,
  type ReadyMessage,
} from "./messages";
import { withoutBytes } from "./latePicture";
import type { MethodName, Params, Result } from "./methods";
import { violation } from "./schema";
import type { Transport } from "./transport";

export interface CallOptions {
  /** Asks the child to stop; the call still ends with what the child answers. */
  readonly signal?: CancelSignal | undefined;
  /** Each piece of an answer; none after a cancel. */
  readonly onText?: ((text: string) => void) | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** What is done now; none after a cancel. */
  readonly onStage?: ((stage: Stage) => void) | undefined;
}

export interface RpcClientOptions {
  readonly transport: Transport;
  readonly onReady: (message: ReadyMessage) => void;
  readonly onLogged: (message: LoggedMessage) => void;
  /** Called with what a message of the child did wrong. */
  readonly onViolation: (error: AppError) => void;
  /** Called once when no call can succeed any more: the child is gone or `close` was called. */
  readonly onClosed: (reason: AppError) => void;
}

interface Pending {
  /** Settles the call with a result of the right method. @throws when the result does not fit. */
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: AppError) => void;
  readonly options: CallOptions;
  /** What the request named and the child may ask for. */
  readonly picture: LatePicture | undefined;
}

/** Starts to listen when it is created; ends with `close`. */
export class RpcClient {
  readonly #options: RpcClientOptions;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #closeReason: AppError | undefined;

  constructor(options: RpcClientOptions) {
    this.#options = options;
    options.transport.onMessage((message) => {
      this.#receive(message);
    });
    options.transport.onClose((how) => {
      this.close(new AppError("engine.exited", `The engine's process ended (${how}). Try again.`));
    });
  }

  /** Calls that have no answer yet. */
  get nPending(): number {
    return this.#pending.size;
  }

  /**
   * Sends a request. The stack of an error that comes back is that of this call.
   * @throws AppError what the child answered; `request.cancelled`; the reason of `close`;
   * `protocol.violation` for parameters that cannot be sent or a result that does not fit.
   */
  async request<M extends MethodName>(
    method: M,
    params: Params<M>,
    options: CallOptions = {},
  ): Promise<Result<M>> {
    const isCancelled = (): boolean => options.signal?.aborted === true;
    if (this.#closeReason !== undefined) throw copyOf(this.#closeReason);
    if (isCancelled()) throw cancelled();
    const id = this.#nextId++;
    const onAbort = (): void => {
      this.#options.transport.send({ type: "cancel", id });
    };
    const { sent, picture } = withoutBytes(params);
    const sentFrom = new Error(method);
    const answer = new Promise<Result<M>>((resolve, reject) => {
      this.#pending.set(id, {
        ...{ options, picture },
        resolve: (result) => {
          resolve(readResult(method, result));
        },
        reject: (error) => {
          // A cancelled call ends as cancelled, also when the child died of it.
          const isExit = error === this.#closeReason;
          reject(withStackOf(sentFrom, isExit && isCancelled() ? cancelled() : copyOf(error)));
        },
      });
    });
    options.signal?.addEventListener("abort", onAbort);
    try {
      this.#send(id, { type: "request", id, method, params: sent });
      return await answer;
    } finally {
      this.#pending.delete(id);
      options.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Ends every pending call, and each later one, with this error. Only the first close counts. */
  close(reason: AppError): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = reason;
    for (const pending of [...this.#pending.values()]) pending.reject(reason);
    this.#pending.clear();
    this.#options.onClosed(reason);
  }

  #send(id: number, message: unknown): void {
    try {
      this.#options.transport.send(message);
    } catch (cause) {
      const text = "The request holds something that cannot be sent to another process.";
      this.#pending.get(id)?.reject(new AppError("protocol.violation", text, { cause }));
    }
  }

  #receive(value: unknown): void {
    if (this.#closeReason !== undefined) return;
    try {
      this.#dispatch(readFromChild(value));
    } catch (thrown) {
      const error = AppError.from(thrown);
      this.#options.onViolation(error);
      // A broken answer is an answer all the same: no other will come.
      const id = peekId(value);
      if (id !== undefined) this.#pending.get(id)?.reject(error);
    }
  }

  #dispatch(message: FromChild): void {
    switch (message.type) {
      case "ready":
        this.#options.onReady(message);
        return;
      case "logged":
        this.#options.onLogged(message);
        return;
      case "reply":
        this.#find(message.id).resolve(message.result);
        return;
      case "failure":
        this.#find(message.id).reject(AppError.fromWire(message.error));
        return;
      case "wanted":
        void this.#supply(message.id, this.#find(message.id));
        return;
      case "textEmitted": {
        const { options } = this.#find(message.id);
        if (options.signal?.aborted !== true) options.onText?.(message.text);
        return;
      }
      case "staged": {
        const { options } = this.#find(message.id);
        if (options.signal?.aborted !== true) options.onStage?.(withoutEnvelope(message));
        return;
      }
      case "progressed": {
        const { options } = this.#find(message.id);
        if (options.signal?.aborted !== true) options.onProgress?.(withoutEnvelope(message));
        return;
      }
    }
  }

  /** A cancelled request needs no bytes: the child has the cancel by then, and waits no longer. */
  async #supply(id: number, { picture, options }: Pending): Promise<void> {
    let answer: { readonly image: Uint8Array } | { readonly error: WireError };
    try {
      if (picture === undefined) {
        throw violation("The engine asked for a picture it was not told of.");
      }
      answer = { image: await picture.read() };
    } catch (thrown) {
      answer = { error: AppError.from(thrown).toWire() };
    }
    if (options.signal?.aborted === true) return;
    this.#options.transport.send({ type: "supplied", id, ...answer });
  }

  #find(id: number): Pending {
    const pending = this.#pending.get(id);
    if (pending !== undefined) return pending;
    throw new AppError(
      "protocol.violation",
      `The engine answered request ${id}, which is not open.`,
    );
  }
}

function withoutEnvelope<T extends { readonly type: string; readonly id: number }>(
  message: T,
): Omit<T, "type" | "id"> {
  const event: Partial<Record<"type" | "id", unknown>> = { ...message };
  delete event.type;
  delete event.id;
  return event as Omit<T, "type" | "id">;
}

function cancelled(): AppError {
  return new AppError("request.cancelled", "The request was cancelled.");
}

/** Each caller gets an error of its own, so that one's stack is not another's. */
function copyOf(error: AppError): AppError {
  return new AppError(error.code, error.message, {
    ...(error.cause === undefined ? {} : { cause: error.cause }),
    ...(error.detail === undefined ? {} : { detail: error.detail }),
  });
}

function withStackOf(sentFrom: Error, error: AppError): AppError {
  const frames = sentFrom.stack?.split("\n").slice(1).join("\n") ?? "";
  error.stack = `${error.name}: ${error.message}\n${frames}`;
  return error;
}
