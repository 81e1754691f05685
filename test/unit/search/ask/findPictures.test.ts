import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import type { MatchRequest } from "../../../../src/model/ask/request";
import { findPictures, type FindOptions } from "../../../../src/search/ask/findPictures";

/** Cosines of pictures that words have nothing to do with, and of one that they have. */
const TYPICAL = Array.from({ length: 60 }, (_, i) => -0.3 + (i % 7) / 100);

interface World {
  readonly cosines: readonly number[];
  /** ITM's probability by place. @default it refuses all */
  readonly matchOf?: (place: number) => number;
}

/** Which places are likely, and how many pictures were read together with the words. */
async function likely(
  { cosines, matchOf = () => 0 }: World,
  more: Partial<FindOptions>,
): Promise<{ readonly likely: number[]; readonly nRead: number }> {
  const sorted = [...cosines].sort((a, b) => b - a);
  const nearest = sorted.map((similarity, i) => ({ digest: `${i}`, similarity }));
  let nRead = 0;
  const { pictures } = await findPictures("a fox", {
    index: {
      search: (_: unknown, options: { k: number; onScores?: (scores: Float32Array) => void }) => {
        options.onScores?.(Float32Array.from(cosines));
        return Promise.resolve(nearest.slice(0, options.k));
      },
    } as unknown as FindOptions["index"],
    engine: {
      embedText: () => Promise.resolve({ vector: Float32Array.of(1), isCut: false }),
      match: ({ pictures: asked }: MatchRequest) => {
        nRead += asked.length;
        return Promise.resolve(
          asked.map(({ imageName }) => ({ logOdds: 0, probability: matchOf(Number(imageName)) })),
        );
      },
    } as unknown as FindOptions["engine"],
    searched: {
      files: new Map(nearest.map(({ digest }) => [digest, [digest]])),
      ...{ nFiles: nearest.length, nEmbedded: 0, skipped: [] },
    },
    ...{ k: 20, rerank: 0, alpha: "auto", signal: new AbortController().signal },
    read: () => Promise.resolve(Uint8Array.of(1)),
    ...more,
  });
  const places = pictures.flatMap(({ file, isLikely }) => (isLikely ? [Number(file)] : []));
  return { likely: places, nRead };
}

describe("a picture that is found", () => {
  it("is likely by what the model says that has read it with the words, whatever its cosine", async () => {
    const matchOf = (place: number): number => (place === 2 ? 0.5 : place === 0 ? 0.499 : 0.1);
    const few = { cosines: [0.9, -0.18, -0.2, -0.3], matchOf };
    assert.deepEqual(await likely(few, { rerank: 32 }), { likely: [2], nRead: 4 });
    const many = { cosines: [0.9, ...TYPICAL], matchOf };
    assert.deepEqual((await likely(many, { rerank: 4 })).likely, [2]);
  });

  it("is not likely where it was not read, unless it stands out from thirty or more", async () => {
    for (const cosines of [[-0.18, -0.2], [0.9, 0.2, 0.1], TYPICAL.slice(0, 29), TYPICAL]) {
      assert.deepEqual((await likely({ cosines }, {})).likely, []);
    }
    assert.deepEqual((await likely({ cosines: [0.1, ...TYPICAL] }, {})).likely, [0]);
    // Not read, because its file is gone.
    const read = (): Promise<never> => Promise.reject(new AppError("image.missing", "gone"));
    const gone = { cosines: [0.1, ...TYPICAL], matchOf: () => 1 };
    assert.deepEqual(await likely(gone, { rerank: 32, read }), { likely: [0], nRead: 0 });
  });

  it("is not likely where so many that fit better were refused that it was not read", async () => {
    const standing = Array.from({ length: 20 }, (_, i) => 0.5 - i / 100);
    const cosines = [...standing, ...TYPICAL, ...TYPICAL];
    assert.equal((await likely({ cosines }, { k: 80 })).likely.length, 20);
    assert.deepEqual(await likely({ cosines }, { k: 80, rerank: 80 }), { likely: [], nRead: 16 });
  });

  it("counts as likely among the first eight of a list until another call has read it", async () => {
    const { likely: first } = await likely({ cosines: TYPICAL }, { isReadLater: true });
    assert.deepEqual(first, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual((await likely({ cosines: TYPICAL }, { rerank: 8 })).likely, []);
  });

  it("is not read again for the same words, and what was read is told at once", async () => {
    const matchOf = (place: number): number => (place === 1 ? 0.9 : 0.1);
    const world = { cosines: TYPICAL, matchOf };
    const matches = new Map<string, number>();
    assert.deepEqual(await likely(world, { rerank: 4, matches }), { likely: [1], nRead: 4 });
    assert.deepEqual(await likely(world, { rerank: 20, matches }), { likely: [1], nRead: 12 });
    assert.deepEqual(await likely(world, { rerank: 0, matches }), { likely: [1], nRead: 0 });
    assert.equal(matches.size, 16);
  });
});
