/** The one error type of the project: a closed set of codes that survives a process boundary. */

/** Every way something can fail. A test provokes each of them. */
export const ERROR_CODES = [
  "checkpoint.missing", // a folder or file of the checkpoint is not there
  "checkpoint.corrupt", // a file of the checkpoint breaks its format
  "checkpoint.incomplete", // a tensor is missing, left over or of the wrong shape
  "checkpoint.unsupported", // a valid checkpoint of a kind this project does not convert
  "convert.failed", // writing the model did not work (disk full, no permission)
  "hub.denied", // the hub wants a token, or another one
  "hub.missing", // the hub has no such repository, revision or file
  "hub.unreachable", // nobody took the connection, or answered, before anything had come
  "hub.failed", // the hub or the way to it failed, and went on failing
  "download.corrupt", // what arrived is not what the hub promised
  "download.failed", // what arrives cannot be kept (disk full, no permission)
  "model.missing", // no model of that name or in that folder
  "model.corrupt", // a file of the model folder is damaged or absent
  "model.unsupported", // the model cannot do what was asked, or has a newer format
  "model.busy", // another process writes to the model or holds it open
  "image.missing", // no file at that path
  "image.unreadable", // not a picture, or a damaged one
  "image.tooLarge", // more pixels than the limit
  "image.blank", // one colour only, so that there is nothing to describe
  "path.outside", // not in a folder that an agent may read, or not there at all
  "document.missing", // no file or folder at that path
  "document.unreadable", // not a file, not UTF-8, without permission, or of no known language
  "document.unparsable", // breaks the rules of its language, or is nested too deeply
  "document.tooLarge", // more bytes or characters than are searched for pictures
  "document.changed", // somebody wrote to it since it was read
  "document.unwritable", // replacing it did not work (disk full, no permission)
  "document.notEditable", // no edit can put that text or caption in that place
  "prompt.tooLong", // the question alone does not fit the position table
  "option.invalid", // a generation, device or precision option out of its range
  "device.unavailable", // the device asked for by name cannot run here
  "device.failed", // ONNX Runtime failed while it was computing
  "request.cancelled", // the caller changed its mind; not an error to the user
  "request.unknown", // a method this process does not have
  "protocol.mismatch", // the two processes speak different versions
  "protocol.violation", // a message that does not fit the protocol
  "engine.exited", // the child process ended while it had work
  "engine.timeout", // the child process did not answer in time
  "index.unwritable", // full disk, no permission
  "remote.denied", // a server wants a token, or another one
  "remote.failed", // a server did not answer, and went on so
  "engine.busy", // too many wait for it already
  "kit.invalid", // a reference kit that cannot be read
  "internal", // a bug of ours
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** What an error is when it crosses a process boundary: plain data, no stack. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail?: Readonly<Record<string, string | number>>;
}

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** Facts a program may want: a file, a tensor name, a limit. */
  readonly detail?: Readonly<Record<string, string | number>>;
}

/**
 * An expected failure. The message says what happened, to which file or tensor, and what to do;
 * programs look at `code` and `detail`, never at the message.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: Readonly<Record<string, string | number>> | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.detail = options.detail;
  }

  /** The plain-data form for another process; causes and stacks stay in this one's log. */
  toWire(): WireError {
    const wire = { code: this.code, message: this.message };
    return this.detail === undefined ? wire : { ...wire, detail: this.detail };
  }

  /** Turns what another process sent back into an error; the receiver's stack names the caller. */
  static fromWire(wire: WireError): AppError {
    return new AppError(
      wire.code,
      wire.message,
      wire.detail === undefined ? {} : { detail: wire.detail },
    );
  }

  /** Any thrown value as an AppError; what we did not expect becomes `internal`. */
  static from(thrown: unknown): AppError {
    if (thrown instanceof AppError) return thrown;
    return new AppError("internal", `Unexpected failure: ${describe(thrown)}`, { cause: thrown });
  }
}

/** Anything can be thrown, even an object that cannot be turned into a text. */
function describe(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return "a value that cannot be shown";
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return (ERROR_CODES as readonly unknown[]).includes(value);
}

/** True for a cancellation, which callers usually swallow. */
export function isCancelled(thrown: unknown): thrown is AppError {
  return thrown instanceof AppError && thrown.code === "request.cancelled";
}

/** @throws AppError `request.cancelled` when the signal has fired. */
export function throwIfAborted(signal: { readonly aborted: boolean } | undefined): void {
  if (signal?.aborted === true) {
    throw new AppError("request.cancelled", "The request was cancelled.");
  }
}
