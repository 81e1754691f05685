import assert from "node:assert/strict";
import { DisjointSets } from "../../../src/base/groupBy";

describe("sets of what hangs together", () => {
  it("are joined by pairs, in the order in which things came", () => {
    const sets = new DisjointSets(["a", "b", "c", "d", "e"]);
    sets.join("c", "a");
    sets.join("a", "e");
    sets.join("e", "c");
    assert.deepEqual(sets.groups(), [["a", "c", "e"], ["b"], ["d"]]);
    assert.equal(sets.rootOf("e"), "c");
  });

  it("take what is new, and long chains", () => {
    const sets = new DisjointSets<number>();
    for (let i = 0; i < 100_000; i++) sets.join(i + 1, i);
    assert.equal(sets.groups().length, 1);
    assert.equal(sets.rootOf(-1), -1);
    assert.equal(sets.groups().length, 2);
  });
});
