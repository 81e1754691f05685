/** The answer of a tool, made harmless for whoever reads it as data. */

import { cleanText } from "../base/cleanText";

/** Longest text of a field in an answer. */
export const MAX_FIELD = 1200;

/** Every text of an answer, cleaned; the answer's own shape stays. */
export function cleanAnswer<T>(value: T): T {
  if (typeof value === "string") return cleanText(value, MAX_FIELD) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => cleanAnswer(each)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, cleanAnswer(each as unknown)]),
  ) as T;
}
