/** T5's relative position buckets (transformers `T5Attention._relative_position_bucket`). */

export interface BucketSpec {
  readonly isBidirectional: boolean;
  readonly nBuckets: number;
  readonly maxDistance: number;
}

/** Bucket of a key position relative to a query position: key − query. */
export function relativePositionBucket(relativePosition: number, spec: BucketSpec): number {
  const nBuckets = spec.isBidirectional ? spec.nBuckets >> 1 : spec.nBuckets;
  const offset = spec.isBidirectional && relativePosition > 0 ? nBuckets : 0;
  const distance = spec.isBidirectional
    ? Math.abs(relativePosition)
    : Math.max(0, -relativePosition);
  const maxExact = nBuckets >> 1;
  if (distance < maxExact) return offset + distance;
  // float32 as in the reference, so that a distance on the edge falls on the same side.
  const ratio = Math.fround(Math.log(Math.fround(distance / maxExact)));
  const scaled = Math.fround(
    Math.fround(ratio / Math.log(spec.maxDistance / maxExact)) * (nBuckets - maxExact),
  );
  return offset + Math.min(nBuckets - 1, maxExact + Math.trunc(scaled));
}

/**
 * Buckets for queries at [firstQuery, firstQuery + nQueries) and keys at [0, nKeys).
 * @returns int64 [nQueries, nKeys], row-major.
 */
export function relativePositionBuckets(
  range: { readonly firstQuery: number; readonly nQueries: number; readonly nKeys: number },
  spec: BucketSpec,
): BigInt64Array {
  const { firstQuery, nQueries, nKeys } = range;
  const out = new BigInt64Array(nQueries * nKeys);
  for (let query = 0; query < nQueries; query++) {
    for (let key = 0; key < nKeys; key++) {
      const bucket = relativePositionBucket(key - (firstQuery + query), spec);
      out[query * nKeys + key] = BigInt(bucket);
    }
  }
  return out;
}
