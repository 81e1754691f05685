/** The envelopes between host and child, and the check of everything that enters a process. */

import * as v from "valibot";
import { AppError, type ErrorCode, isErrorCode } from "../base/errors";
import { progressFields, stageFields } from "./askSchemas";
import { type MethodName, METHODS, type Params, type Result } from "./methods";
import {
  clip,
  count,
  fields,
  isRecord,
  maybe,
  oneOf,
  picture,
  read,
  readByType,
  text,
  type Typed,
} from "./schema";

/** Raised when a message changes so that an older process would misread it. */
export const PROTOCOL_VERSION = 8;

const wireError = fields({
  code: v.custom<ErrorCode>(isErrorCode, "a known error code"),
  message: text,
  detail: maybe(v.record(text, v.union([text, v.number()], "a text or a number"), "an object")),
});

const TO_CHILD = {
  /** `id`: chosen by the host, never used twice in the life of a child; `params` are read apart. */
  request: fields({ id: count, method: text, params: maybe(v.unknown()) }),
  /** Asks for the end of a request, which is then answered with `request.cancelled`. */
  cancel: fields({ id: count }),
  /** The bytes of the picture that a request named, or why they cannot be had. */
  supplied: fields({ id: count, image: maybe(picture), error: maybe(wireError) }),
};

const FROM_CHILD = {
  /** The hello of the child; the host says nothing before it. */
  ready: fields({ protocolVersion: count, pid: count }),
  /** `result` is read apart, by whoever knows the request's method. */
  reply: fields({ id: count, result: maybe(v.unknown()) }),
  failure: fields({ id: count, error: wireError }),
  /** A piece of the answer that is complete. */
  textEmitted: fields({ id: count, text }),
  /** Asks for the bytes of the picture that the request named; answered with `supplied`. */
  wanted: fields({ id: count }),
  progressed: fields({ id: count, ...progressFields }),
  /** What is done while neither bytes nor words come. */
  staged: fields({ id: count, ...stageFields }),
  /** A line for the host's log. */
  logged: fields({ level: oneOf(["debug", "info", "warn", "error"]), message: text }),
};

/** What the host says about a request that it has sent. */
export type FollowUp = Exclude<Typed<typeof TO_CHILD>, { readonly type: "request" }>;
export interface RequestMessage {
  readonly type: "request";
  readonly id: number;
  readonly method: MethodName;
  /** `Params<method>`, checked by `readParams`. */
  readonly params: unknown;
}
export type FromChild = Typed<typeof FROM_CHILD>;
export type ReadyMessage = Extract<FromChild, { readonly type: "ready" }>;
export type LoggedMessage = Extract<FromChild, { readonly type: "logged" }>;

/** Reads a message of the host. @throws AppError `request.unknown` for a method that is not there. */
export function readToChild(value: unknown): RequestMessage | FollowUp {
  const message = readByType(TO_CHILD, "The message", value);
  if (message.type !== "request") return message;
  const { id, type, method, params } = message;
  if (!isMethodName(method)) {
    throw new AppError("request.unknown", `The engine has no method "${clip(method)}".`);
  }
  return { type, id, method, params };
}

/** Reads a message of the child. @throws AppError `protocol.violation`. */
export function readFromChild(value: unknown): FromChild {
  return readByType(FROM_CHILD, "The message", value);
}

/** The id of a message that is otherwise wrong, so that its sender can be told. */
export function peekId(value: unknown): number | undefined {
  return isRecord(value) && v.is(count, value["id"]) ? value["id"] : undefined;
}

/** Reads the parameters of a request. @throws AppError `protocol.violation`. */
export function readParams<M extends MethodName>(method: M, value: unknown): Params<M> {
  return read(METHODS[method].params, `The ${method} request`, value) as Params<M>;
}

/** Reads the result of a request. @throws AppError `protocol.violation`. */
export function readResult<M extends MethodName>(method: M, value: unknown): Result<M> {
  return read(METHODS[method].result, `The ${method} reply`, value) as Result<M>;
}

function isMethodName(method: string): method is MethodName {
  return Object.hasOwn(METHODS, method);
}
