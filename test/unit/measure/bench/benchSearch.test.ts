import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import {
  compareSearch,
  timeDuplicates,
  timeSearch,
} from "../../../../src/measure/bench/benchSearch";
import { temporaryFolder } from "../../../helpers/kitModel";

describe("the bench of search", () => {
  it("measures an index of that size and leaves nothing behind", async () => {
    const folder = await temporaryFolder();
    const factory = createOrtSessionFactory();
    const { signal } = new AbortController();
    const figures = await timeSearch(40, { folder, factory, signal });
    assert.equal(figures.pictures, 40);
    // 33 rows of 256 bytes, and 32 of 256 halves.
    assert.equal(figures.fileBytes, 512 + 40 * (33 * 256 + 2 * 32 * 256));
    for (const value of [figures.open, figures.query, figures.slowestQuery]) {
      assert.ok(Number.isFinite(value));
    }
    const duplicates = await timeDuplicates(300, { folder, factory, signal });
    // Pictures in all directions look like nobody but their copies.
    const { pictures, copies, pairs } = duplicates;
    assert.deepEqual({ pictures, copies, pairs }, { pictures: 300, copies: 30, pairs: 30 });
    assert.ok(duplicates.milliseconds > 0 && duplicates.processorMilliseconds > 0);
    assert.deepEqual(await readdir(folder), []);
  });

  it("finds that the order is that of f32", async () => {
    const folder = await temporaryFolder();
    const factory = createOrtSessionFactory();
    const { signal } = new AbortController();
    const size = { nPictures: 600, nTexts: 12 };
    const { recall, largestError } = await compareSearch(size, { folder, factory, signal });
    assert.equal(recall, 1);
    assert.ok(largestError > 0 && largestError < 1e-4, String(largestError));
  });
});
