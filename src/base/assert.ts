/** Checks for what the types promise but the running program might break. */

import { AppError } from "./errors";

/** Ends an exhaustive switch: a new case does not compile until it is handled. */
export function assertNever(value: never): never {
  throw new AppError("internal", `Unhandled case: ${JSON.stringify(value)}`);
}

/** @throws AppError `internal` with the given message when a condition of ours does not hold. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AppError("internal", message);
}

/** The value, when it is known to be there. @throws AppError `internal` naming what was absent. */
export function defined<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new AppError("internal", `${what} is absent.`);
  return value;
}
