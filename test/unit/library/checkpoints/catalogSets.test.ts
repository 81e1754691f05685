import assert from "node:assert/strict";
import path from "node:path";
import type { CatalogState } from "../../../../src/library/checkpoints/addModel";
import { type CatalogEntry, readCatalog } from "../../../../src/library/checkpoints/catalog";
import { setStates, type SetState } from "../../../../src/library/checkpoints/catalogSets";

const ANSWERS = "blip-vqa-base";
const DESCRIBES = "blip-image-captioning-base";

describe("what is here of the sets", () => {
  let entries: readonly CatalogEntry[];
  before(async () => {
    ({ entries } = await readCatalog(path.resolve("models", "catalog.json")));
  });

  const entryOf = (name: string): CatalogEntry => {
    const entry = entries.find((known) => known.name === name);
    assert.ok(entry !== undefined);
    return entry;
  };

  /** The first set, where this is known of its models. */
  const stateWith = (known: Readonly<Record<string, Partial<CatalogState>>> = {}): SetState => {
    const states = entries.map((entry) => ({
      ...{ entry, models: [], partialBytes: 0, isUnfinished: false },
      ...known[entry.name],
    }));
    const [state] = setStates(states);
    assert.ok(state !== undefined);
    return state;
  };

  it("sums up what both take, and counts the memory of one at a time", () => {
    const { entry, missing, models } = stateWith();
    const [answers, describes] = [entryOf(ANSWERS), entryOf(DESCRIBES)];
    assert.deepEqual([missing, models], [[ANSWERS, DESCRIBES], []]);
    assert.equal(entry.downloadBytes, answers.downloadBytes + describes.downloadBytes);
    assert.deepEqual(entry.costs.balanced, {
      diskBytes: answers.costs.balanced.diskBytes + describes.costs.balanced.diskBytes,
      memoryBytes: answers.costs.balanced.memoryBytes,
    });
    assert.equal(entry.repository, `Salesforce/${ANSWERS} + Salesforce/${DESCRIBES}`);
    assert.equal(entry.licence, "BSD-3-Clause");
  });

  it("counts the rest where a part is here, of any name", () => {
    const { entry, missing, models } = stateWith({ [ANSWERS]: { models: ["mine", "other"] } });
    assert.deepEqual([missing, models], [[DESCRIBES], ["mine"]]);
    assert.equal(entry.downloadBytes, entryOf(DESCRIBES).downloadBytes);
    assert.equal(entry.repository, `Salesforce/${DESCRIBES}`);
  });

  it("is whole with both, and means the model of the catalogue's name where there are several", () => {
    const { missing, models } = stateWith({
      [ANSWERS]: { models: ["a", ANSWERS] },
      [DESCRIBES]: { models: [DESCRIBES] },
    });
    assert.deepEqual([missing, models], [[], [ANSWERS, DESCRIBES]]);
  });

  it("downloads nothing that is in a cache, and goes on with what has arrived", () => {
    const cached = { cacheFolder: "/cache/one" };
    const half = stateWith({
      [ANSWERS]: cached,
      [DESCRIBES]: { partialBytes: 5, isUnfinished: true, begunPrecision: "small" },
    });
    assert.equal(half.entry.downloadBytes, entryOf(DESCRIBES).downloadBytes);
    assert.deepEqual(
      [half.partialBytes, half.isUnfinished, half.begunPrecision, half.cacheFolder],
      [5, true, "small", undefined],
    );
    const all = stateWith({ [ANSWERS]: cached, [DESCRIBES]: { cacheFolder: "/cache/two" } });
    assert.equal(all.cacheFolder, "/cache/one");
  });

  it("leaves out a set whose models the catalogue does not have", () => {
    const states = entries
      .filter(({ name }) => name !== DESCRIBES)
      .map((entry) => ({ entry, models: [], partialBytes: 0, isUnfinished: false }));
    assert.deepEqual(
      setStates(states).map(({ set }) => set.name),
      ["blip-large"],
    );
  });
});
