/** Waiting for a promise no longer than the caller wants to. */

import { AppError } from "./errors";

/** The part of an AbortSignal that is used; this room knows neither the browser nor Node. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/**
 * The promise, unless the signal fires first; what the promise does afterwards is nobody's concern.
 * @throws AppError `request.cancelled` when the signal fires, or what the promise rejects with.
 */
export function abortable<T>(promise: Promise<T>, signal: CancelSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      reject(new AppError("request.cancelled", "The request was cancelled."));
    };
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", onAbort);
    });
  });
}
