/** What can be wrong with a document that has pictures in it. */

import { AppError, type ErrorCode } from "../base/errors";

/** The closed set of codes has none for documents yet; these are the nearest. */
const CODES = {
  missing: "image.missing",
  unreadable: "image.unreadable",
  unparsable: "image.unreadable",
  tooLarge: "image.tooLarge",
  changed: "image.unreadable",
  unwritable: "convert.failed",
  notEditable: "option.invalid",
} as const satisfies Record<string, ErrorCode>;

export type DocumentFault = keyof typeof CODES;

/** An error about a document; the message says what happened and what to do. */
export function documentError(fault: DocumentFault, message: string, cause?: unknown): AppError {
  return new AppError(CODES[fault], message, { cause, detail: { fault } });
}
