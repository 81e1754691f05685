/**
 * Reading untrusted messages by a schema. Only what a schema names passes, and what does not fit is an
 * AppError `protocol.violation` that names message and field, and repeats nothing of the sender's.
 */

import * as v from "valibot";
import { AppError } from "../base/errors";

/** What gives a `T` or refuses. */
export type Schema<T> = v.GenericSchema<unknown, T>;

/** What a schema gives, as nobody may change it. */
export type Read<S extends v.GenericSchema> = Frozen<v.InferOutput<S>>;

type Frozen<T> = T extends Uint8Array | string | number | boolean | undefined | (() => unknown)
  ? T
  : T extends readonly (infer E)[]
    ? readonly Frozen<E>[]
    : { readonly [K in keyof T]: Frozen<T[K]> };

export const text = v.string("a text");
export const flag = v.boolean("true or false");
/** Any number: a broken model may give NaN, and that is no fault of the protocol. */
export const anyNumber = v.custom<number>((value) => typeof value === "number", "a number");
export const finite = v.custom<number>(Number.isFinite, "a number");
/** A whole number from 0, as counts, ids and byte sizes are. */
export const count = v.custom<number>(
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  "a whole number from 0",
);
export const picture = v.custom<Uint8Array>(
  (value) => value instanceof Uint8Array,
  "the bytes of a picture",
);

/** A list, whatever its length. */
export function list<S extends v.GenericSchema>(item: S): v.ArraySchema<S, string> {
  return v.array(item, "a list");
}

/** One of a closed set of words. */
export function oneOf<const T extends string>(
  known: readonly T[],
): v.PicklistSchema<readonly T[], string> {
  return v.picklist(known, `one of ${known.join(", ")}`);
}

/** A text of at most so many UTF-16 units. */
export function bounded(length: number): Schema<string> {
  return v.custom<string>(
    (value) => typeof value === "string" && value.length <= length,
    `a text of at most ${length} characters`,
  );
}

/** A field that may be absent. */
export const maybe = v.exactOptional;

/** An object of these fields. A list is none, also where every field may be absent. */
export function fields<E extends v.ObjectEntries>(entries: E): v.ObjectSchema<E, string> {
  const object = v.object(entries, "an object");
  if (Object.values(entries).some(({ type }) => type !== "exact_optional")) return object;
  return v.pipe(v.custom<object>(isRecord, "an object"), object) as unknown as typeof object;
}

/** An object of all the fields of a `T`; one that is left out, or too many, does not compile. */
export function shape<T extends object>(entries: {
  readonly [K in keyof T]-?: Schema<Exclude<T[K], undefined>>;
}): Schema<T> {
  return fields(entries) as unknown as Schema<T>;
}

/** True for an object with fields; bytes are none, because listing them would take for ever. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value)
  );
}

/** The first fault is enough, so that a long list of them costs nothing. */
const CONFIG = { abortEarly: true } as const;

/** Reads a value. @param what the message, for people. @throws AppError `protocol.violation`. */
export function read<S extends v.GenericSchema>(schema: S, what: string, value: unknown): Read<S> {
  if (!isRecord(value)) throw violation(`${what} must be an object.`);
  const { issues, output } = v.safeParse(schema, value, CONFIG);
  if (issues === undefined) return output as Read<S>;
  const [{ message, input }] = issues;
  const at = `${what}: "${clip(v.getDotPath(issues[0]) ?? "")}"`;
  throw violation(input === undefined ? `${at} is missing.` : `${at} must be ${message}.`);
}

/** Reads a message by what the table has for its type. @throws AppError `protocol.violation`. */
export function readByType<T extends Readonly<Record<string, v.GenericSchema>>>(
  table: T,
  what: string,
  value: unknown,
): Typed<T> {
  if (!isRecord(value)) throw violation(`${what} must be an object.`);
  const { type } = value;
  if (typeof type !== "string" || !Object.hasOwn(table, type)) {
    const given = typeof type === "string" ? `"${clip(type)}"` : typeof type;
    throw violation(`${what}: "type" must be a known message, not ${given}.`);
  }
  // The table has it: that was just looked at.
  const schema = table[type] as v.GenericSchema;
  return { type, ...read(schema, what, value) } as Typed<T>;
}

/** The messages of a table, each with the key of its schema as its `type`. */
export type Typed<T extends Readonly<Record<string, v.GenericSchema>>> = {
  readonly [K in keyof T & string]: { readonly type: K } & Read<T[K]>;
}[keyof T & string];

/** The other side's words, short enough for an error message. */
export function clip(words: string): string {
  return words.length <= 80 ? words : `${words.slice(0, 80)}…`;
}

export function violation(message: string): AppError {
  return new AppError("protocol.violation", message);
}
