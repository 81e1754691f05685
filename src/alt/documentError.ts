/** What can be wrong with a document that has pictures in it. */

import { AppError, type ErrorCode } from "../base/errors";

export type DocumentErrorCode = Extract<ErrorCode, `document.${string}`>;

/** An error about a document; the message says what happened and what to do. */
export function documentError(code: DocumentErrorCode, message: string, cause?: unknown): AppError {
  return new AppError(code, message, { cause });
}
