/** What people call the precision of a whole model; pure. */

import type { Manifest } from "./manifest";
import { formatPrecision, parsePrecisionPlan, precisionOfPart } from "./precision";
import { PROFILE_NAMES } from "./precisionProfiles";

/** The one precision of all parts, such as `f32`, or the profile that they are of; undefined for a mixture. */
export function precisionName({ parts }: Pick<Manifest, "parts">): string | undefined {
  const weighted = parts.filter(({ data }) => data !== undefined);
  const [first, ...others] = new Set(weighted.map(({ precision }) => formatPrecision(precision)));
  if (others.length === 0) return first;
  return PROFILE_NAMES.find((profile) => {
    const plan = parsePrecisionPlan(profile);
    return weighted.every(
      ({ name, precision }) =>
        formatPrecision(precision) === formatPrecision(precisionOfPart(plan, name)),
    );
  });
}
