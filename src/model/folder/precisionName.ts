/** What people call the precision of a whole model; pure. */

import { PROFILE_NAMES } from "../ask/kinds";
import type { Manifest } from "./manifest";
import { formatPrecision, parsePrecisionPlan, precisionOfPart } from "../precision/precision";

/**
 * The profile that all parts are of, or their one precision, such as `int8:32`; undefined for a mixture.
 * What is `exact` is called `f32`.
 */
export function precisionName({ parts }: Pick<Manifest, "parts">): string | undefined {
  const weighted = parts.filter(({ data }) => data !== undefined);
  const [first, ...others] = new Set(weighted.map(({ precision }) => formatPrecision(precision)));
  if (others.length === 0 && (first === undefined || first === "f32")) return first;
  const profile = PROFILE_NAMES.find((name) => isOfProfile(weighted, name));
  return profile ?? (others.length === 0 ? first : undefined);
}

function isOfProfile(parts: Manifest["parts"], profile: string): boolean {
  const plan = parsePrecisionPlan(profile);
  return parts.every(
    ({ name, precision }) =>
      formatPrecision(precision) === formatPrecision(precisionOfPart(plan, name)),
  );
}
