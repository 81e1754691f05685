import assert from "node:assert/strict";
import { inOrder } from "../../../src/base/inOrder";

async function collected<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

describe("work on several items at once", () => {
  it("gives the results in the order of the items, whichever is ready first", async () => {
    const work = async (ms: number): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return ms;
    };
    assert.deepEqual(await collected(inOrder([9, 1, 5, 0], work, () => 3)), [9, 1, 5, 0]);
  });

  it("takes as many items as there are places, and no more", async () => {
    let nTaken = 0;
    function* items(): Generator<number> {
      for (;;) yield nTaken++;
    }
    const results = inOrder(
      items(),
      (item) => Promise.resolve(item),
      () => 4,
    );
    await results.next();
    assert.equal(nTaken, 4);
    await results.return(undefined);
    nTaken = 0;
    const one = inOrder(items(), (item) => Promise.resolve(item));
    await one.next();
    await one.next();
    assert.equal(nTaken, 2);
  });

  it("throws a failure at its item's turn, after the results before it", async () => {
    const work = (item: number): Promise<number> =>
      item === 2 ? Promise.reject(new Error("no")) : Promise.resolve(item);
    const results = inOrder([0, 1, 2, 3], work, () => 4);
    assert.equal((await results.next()).value, 0);
    assert.equal((await results.next()).value, 1);
    await assert.rejects(results.next(), { message: "no" });
  });
});
