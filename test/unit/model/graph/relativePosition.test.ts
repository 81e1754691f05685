import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  relativePositionBucket,
  relativePositionBuckets,
  type BucketSpec,
} from "../../../../src/model/graph/relativePosition";
import { fixturePath } from "../../../helpers/fixtures";

/** Buckets of the distances `first`, `first + 1` and so on. */
interface RecordedTable extends BucketSpec {
  readonly first: number;
  readonly buckets: readonly number[];
}

const { tables } = JSON.parse(
  readFileSync(fixturePath("model", "relativePosition.json"), "utf8"),
) as { readonly tables: readonly RecordedTable[] };

describe("relative position buckets", () => {
  it("were recorded for both directions of three tables", () => {
    assert.equal(tables.length, 6);
    for (const { buckets, first } of tables) {
      assert.deepEqual([first, buckets.length], [-600, 1201]);
    }
  });

  for (const { first, buckets, ...spec } of tables) {
    const direction = spec.isBidirectional ? "both directions" : "one direction";
    it(`are those of transformers with ${spec.nBuckets} to ${spec.maxDistance} in ${direction}`, () => {
      const ours = buckets.map((_, i) => relativePositionBucket(first + i, spec));
      assert.deepEqual(ours, buckets);
    });
  }

  it("lie in a matrix of queries by keys", () => {
    const spec = { isBidirectional: true, nBuckets: 32, maxDistance: 128 };
    const matrix = relativePositionBuckets({ firstQuery: 3, nQueries: 2, nKeys: 5 }, spec);
    const expected = [3, 4].flatMap((query) =>
      [0, 1, 2, 3, 4].map((key) => BigInt(relativePositionBucket(key - query, spec))),
    );
    assert.deepEqual([...matrix], expected);
  });

  it("stay inside the table for the smallest tables and the longest distances", () => {
    for (const isBidirectional of [true, false]) {
      for (const [nBuckets, maxDistance] of [
        [4, 3],
        [5, 4],
        [7, 1000],
        [32, 17],
      ] as const) {
        const spec = { isBidirectional, nBuckets, maxDistance };
        for (const distance of [-(2 ** 20), -1000, -3, -2, -1, 0, 1, 2, 3, 1000, 2 ** 20]) {
          const bucket = relativePositionBucket(distance, spec);
          assert.ok(Number.isInteger(bucket), `${bucket} for ${distance}`);
          assert.ok(bucket >= 0 && bucket < nBuckets, `${bucket} for ${distance}`);
        }
      }
    }
  });
});
