/** Whether predictions are of exactly the items that are asked for. */

import { countOf } from "../../../base/countOf";
import { AppError } from "../../../base/errors";
import type { EvalId } from "../data/evalJson";

export interface IdCheck {
  /** What an item is called, such as "question". */
  readonly item: string;
  /** Score what is there. @default false */
  readonly allowMissing?: boolean;
}

/** Ids that a message names. */
const N_NAMED = 5;

/**
 * Predictions by id.
 * @throws AppError `document.unparsable` naming ids that are double, unknown or, unless they may be, missing.
 */
export function byExpectedId<T extends { readonly id: EvalId; readonly file: string }>(
  expected: readonly EvalId[],
  given: readonly T[],
  { item, allowMissing = false }: IdCheck,
): ReadonlyMap<EvalId, T> {
  const known = new Set(expected);
  const found = new Map<EvalId, T>();
  const doubles: T[] = [];
  const unknown: T[] = [];
  for (const row of given) {
    if (!known.has(row.id)) unknown.push(row);
    else if (found.has(row.id)) doubles.push(row);
    else found.set(row.id, row);
  }
  if (doubles.length > 0) fail(doubles, `${timesOf(doubles)} predicted more than once`, item);
  if (unknown.length > 0) fail(unknown, "not in the benchmark's file", item);
  const missing = expected.filter((id) => !found.has(id));
  if (missing.length === expected.length) {
    throw new AppError("document.unparsable", `There is no prediction of any ${item}.`);
  }
  if (missing.length > 0 && !allowMissing) {
    const text = `${countOf(missing.length, item)} of ${expected.length} have no prediction: ${named(missing)}. With --allow-missing the others are scored, as a part.`;
    throw new AppError("document.unparsable", text, { detail: { missing: missing.length } });
  }
  return found;
}

function timesOf(rows: readonly unknown[]): string {
  return rows.length === 1 ? "is" : "are";
}

function fail(
  rows: readonly { readonly id: EvalId; readonly file: string }[],
  what: string,
  item: string,
): never {
  const file = rows[0]?.file ?? "";
  const verb = what.startsWith("not") ? (rows.length === 1 ? "is " : "are ") : "";
  const text = `${file}: ${countOf(rows.length, item)} ${verb}${what}: ${named(rows.map(({ id }) => id))}.`;
  throw new AppError("document.unparsable", text, { detail: { file } });
}

function named(ids: readonly EvalId[]): string {
  const rest = ids.length - N_NAMED;
  return `${ids.slice(0, N_NAMED).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
