/** Reading unknown JSON field by field, so that bad input becomes a named error and never a crash. */

import { AppError, type ErrorCode } from "./errors";

/**
 * A view of one JSON object that knows the file it came from.
 * Every getter throws `code`, naming file and key, when the value is not of the expected kind.
 */
export class JsonObject {
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly file: string;
  readonly path: string;
  readonly code: ErrorCode;

  constructor(value: unknown, source: { file: string; code: ErrorCode; path?: string }) {
    this.file = source.file;
    this.code = source.code;
    this.path = source.path ?? "";
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new AppError(
        this.code,
        `${this.file}: ${this.path === "" ? "the file" : `"${this.path}"`} must be a JSON object.`,
        { detail: { file: this.file } },
      );
    }
    // A Map keeps a hostile "__proto__" key an ordinary key.
    this.#fields = new Map(Object.entries(value));
  }

  /** Parses text. @throws `code` when it is not JSON or not an object. */
  static parse(text: string, source: { file: string; code: ErrorCode }): JsonObject {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new AppError(source.code, `${source.file} is not valid JSON.`, {
        cause,
        detail: { file: source.file },
      });
    }
    return new JsonObject(value, source);
  }

  keys(): string[] {
    return [...this.#fields.keys()];
  }

  has(key: string): boolean {
    const value = this.#fields.get(key);
    return value !== undefined && value !== null;
  }

  raw(key: string): unknown {
    return this.#fields.get(key);
  }

  /** A finite integer in [min, max]; `fallback` when the key is absent or null. */
  integer(key: string, limits: { min: number; max: number; fallback?: number }): number {
    const value = this.has(key) ? this.#fields.get(key) : limits.fallback;
    if (typeof value !== "number" || !Number.isInteger(value)) this.fail(key, "a whole number");
    if (value < limits.min || value > limits.max) {
      this.fail(key, `between ${limits.min} and ${limits.max}, not ${value}`);
    }
    return value;
  }

  /** A finite number; `fallback` when absent or null. */
  number(key: string, fallback?: number): number {
    const value = this.has(key) ? this.#fields.get(key) : fallback;
    if (typeof value !== "number" || !Number.isFinite(value)) this.fail(key, "a number");
    return value;
  }

  boolean(key: string, fallback?: boolean): boolean {
    const value = this.has(key) ? this.#fields.get(key) : fallback;
    if (typeof value !== "boolean") this.fail(key, "true or false");
    return value;
  }

  string(key: string, fallback?: string): string {
    const value = this.has(key) ? this.#fields.get(key) : fallback;
    if (typeof value !== "string") this.fail(key, "a text");
    return value;
  }

  array(key: string): readonly unknown[] {
    const value = this.#fields.get(key);
    if (!Array.isArray(value)) this.fail(key, "a list");
    return value;
  }

  object(key: string): JsonObject {
    return new JsonObject(this.#fields.get(key), {
      file: this.file,
      code: this.code,
      path: this.path === "" ? key : `${this.path}.${key}`,
    });
  }

  /** The object at a key, or an empty one when it is absent or null. */
  objectOrEmpty(key: string): JsonObject {
    if (this.has(key)) return this.object(key);
    return new JsonObject({}, { file: this.file, code: this.code, path: key });
  }

  /** @throws always, naming file and key. */
  fail(key: string, expected: string): never {
    const where = this.path === "" ? key : `${this.path}.${key}`;
    throw new AppError(this.code, `${this.file}: "${where}" must be ${expected}.`, {
      detail: { file: this.file, key: where },
    });
  }
}
