/**
 * Reading one field of an untrusted message at a time. Every function throws AppError
 * `protocol.violation` naming the message and the field.
 */

import { AppError } from "../base/errors";
import { JsonObject } from "../base/json";

/** The fields of an object. Bytes are refused first: listing each as a field would take for ever. */
export function record(value: unknown, what: string): JsonObject {
  const code = "protocol.violation";
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
    throw new AppError(code, `${what} must be an object.`);
  }
  return new JsonObject(value, { file: what, code });
}

/** An object in a field. */
export function child(parent: JsonObject, key: string): JsonObject {
  return record(parent.raw(key), `${parent.file}: "${key}"`);
}

/** A list of objects in a field. */
export function records(parent: JsonObject, key: string): JsonObject[] {
  return parent
    .array(key)
    .map((value, index) => record(value, `${parent.file}: "${key}[${index}]"`));
}

/** The bytes of a file. @param what for people, such as "the bytes of a picture". */
export function bytes(message: JsonObject, key: string, what: string): Uint8Array {
  const value = message.raw(key);
  if (!(value instanceof Uint8Array)) message.fail(key, what);
  return value;
}

/** A whole number from 0, as counts, ids and byte sizes are. */
export function count(message: JsonObject, key: string): number {
  return message.integer(key, { min: 0, max: Number.MAX_SAFE_INTEGER });
}

/** The id of a request. */
export function readId(message: JsonObject): number {
  return count(message, "id");
}

/** Any number: a broken model may give NaN, and that is no fault of the protocol. */
export function anyNumber(message: JsonObject, key: string): number {
  const value = message.raw(key);
  if (typeof value !== "number") message.fail(key, "a number");
  return value;
}

/** A text that may be absent. */
export function text(message: JsonObject, key: string): string | undefined {
  return message.has(key) ? message.string(key) : undefined;
}

/** True or false, or absent. */
export function flag(message: JsonObject, key: string): boolean | undefined {
  return message.has(key) ? message.boolean(key) : undefined;
}

/** A list of texts. */
export function texts(message: JsonObject, key: string): readonly string[] {
  const list = message.array(key);
  if (!list.every((entry) => typeof entry === "string")) message.fail(key, "a list of texts");
  return list;
}

/** One of a closed set of words. */
export function oneOf<const T extends string>(
  message: JsonObject,
  key: string,
  known: readonly T[],
): T {
  const value = message.raw(key);
  const match = known.find((name) => name === value);
  return match ?? message.fail(key, `one of ${known.join(", ")}`);
}

/** `{key: value}`, or nothing to spread when there is no value. */
export function optional<K extends string, V>(
  key: K,
  value: V | undefined,
): { readonly [P in K]?: V } {
  // TypeScript widens a computed key to `string`.
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}

/** The other side's words, short enough for an error message. */
export function clip(words: string): string {
  return words.length <= 80 ? words : `${words.slice(0, 80)}…`;
}
