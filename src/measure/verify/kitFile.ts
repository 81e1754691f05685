/** What both sorts of kits read: recorded values, and lists in JSON. */

import { AppError } from "../../base/errors";
import { type FloatTensor, readFloatTensors } from "../../convert/checkpoint/floatTensors";
import type { JsonObject } from "../../base/json";

/**
 * Recorded values, which are no checkpoint's, whoever reads the format.
 * @throws AppError `kit.invalid` naming the file.
 */
export async function readRecorded(file: string): Promise<Map<string, FloatTensor>> {
  return readFloatTensors(file).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("kit.invalid", `The kit's recorded values cannot be read: ${why}`, {
      cause,
      detail: { file },
    });
  });
}

export function numbers(json: JsonObject, key: string): readonly number[] {
  const list = json.array(key);
  if (list.every((value): value is number => typeof value === "number")) return list;
  return json.fail(key, "a list of numbers");
}

export function strings(json: JsonObject, key: string): readonly string[] {
  const list = json.array(key);
  if (list.every((value): value is string => typeof value === "string")) return list;
  return json.fail(key, "a list of texts");
}
