/** Reads the benchmarks' files, which are large JSON from elsewhere: every field is checked and every error names its file. */

import { readFile } from "node:fs/promises";
import { AppError } from "../../../base/errors";
import { JsonObject } from "../../../base/json";

/** An id of a question or a picture; numbers and texts of the same digits are the same. */
export type EvalId = string;

const MAX_ID_LENGTH = 256;

/** @throws AppError `document.missing`, `document.unreadable`, `document.tooLarge`, `document.unparsable`. */
export async function readEvalJson(file: string): Promise<unknown> {
  const text = await readEvalText(file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unparsable(file, "is not valid JSON", cause);
  }
}

/** UTF-8, with or without a byte order mark. @throws AppError as `readEvalJson`. */
async function readEvalText(file: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unparsable(file, "is not UTF-8", cause);
  }
}

function unreadable(file: string, cause: unknown): AppError {
  const options = { cause, detail: { file } };
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "unknown reason";
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new AppError("document.missing", `There is no file ${file}. Check the path.`, options);
  }
  if (code === "ERR_FS_FILE_TOO_LARGE") {
    return new AppError("document.tooLarge", `${file} has more than 2 GB.`, options);
  }
  return new AppError("document.unreadable", `${file} cannot be read: ${code}.`, options);
}

export function unparsable(file: string, what: string, cause?: unknown): AppError {
  return new AppError("document.unparsable", `${file} ${what}.`, { cause, detail: { file } });
}

/** The list at a key of the object that a file holds. @throws AppError `document.unparsable`. */
export function listAt(value: unknown, key: string, file: string): readonly JsonObject[] {
  return rowsOf(objectOf(value, file).array(key), file, key);
}

export function objectOf(value: unknown, file: string): JsonObject {
  return new JsonObject(value, { file, code: "document.unparsable" });
}

/** Each row as an object that knows its place. @throws AppError `document.unparsable`. */
export function rowsOf(list: unknown, file: string, path = ""): readonly JsonObject[] {
  if (!Array.isArray(list)) throw unparsable(file, "must be a JSON list");
  return list.map(
    (row: unknown, i) =>
      new JsonObject(row, { file, code: "document.unparsable", path: `${path}[${i}]` }),
  );
}

/** A whole number or a text. @throws AppError `document.unparsable`. */
export function idAt(row: JsonObject, key: string): EvalId {
  const value = row.raw(key);
  const isId =
    (typeof value === "number" && Number.isSafeInteger(value)) ||
    (typeof value === "string" && value !== "" && value.length <= MAX_ID_LENGTH);
  if (!isId) row.fail(key, "a whole number or a text");
  return String(value);
}

/** A list of texts. @throws AppError `document.unparsable`. */
export function textsAt(row: JsonObject, key: string): readonly string[] {
  const list = row.array(key);
  return list.map((text) => (typeof text === "string" ? text : row.fail(key, "a list of texts")));
}
