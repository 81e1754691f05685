import assert from "node:assert/strict";
import path from "node:path";
import { advise, type Candidate, fitOf } from "../../../../src/model/precision/modelAdvice";
import { type CatalogEntry, readCatalog } from "../../../../src/library/checkpoints/catalog";

const GB = 1e9;
const candidate = (overrides: Partial<Candidate> = {}): Candidate => ({
  use: "altTexts",
  costs: {
    balanced: { diskBytes: 4 * GB, memoryBytes: 5 * GB },
    small: { diskBytes: 2 * GB, memoryBytes: 3 * GB },
  },
  arrivingBytes: 10 * GB,
  isThere: false,
  ...overrides,
});

describe("whether a model fits this machine", () => {
  it("goes by memory first, in the smallest form", () => {
    const freeBytes = 100 * GB;
    const fit = (memoryBytes: number): unknown => fitOf(candidate(), { memoryBytes, freeBytes });
    assert.deepEqual(fit(16 * GB), { fit: "fits", profile: "balanced" });
    assert.deepEqual(fit(8 * GB), { fit: "fits", profile: "small" });
    const lack = { fit: "memory", neededBytes: 3 * GB, hasBytes: 3.5 * GB };
    assert.deepEqual(fit(3.5 * GB), lack);
  });

  it("goes by the disk too, which holds a part of the download beside the model", () => {
    const memoryBytes = 16 * GB;
    const fit = (freeBytes: number, overrides: Partial<Candidate> = {}): unknown =>
      fitOf(candidate(overrides), { memoryBytes, freeBytes });
    assert.deepEqual(fit(20 * GB), { fit: "fits", profile: "balanced" });
    assert.deepEqual(fit(13 * GB), { fit: "fits", profile: "small" });
    assert.deepEqual(fit(5 * GB), { fit: "disk", neededBytes: 12.1 * GB, hasBytes: 5 * GB });
    assert.deepEqual(fit(5 * GB, { arrivingBytes: 0 }), { fit: "fits", profile: "balanced" });
    assert.deepEqual(fit(0, { isThere: true }), { fit: "fits", profile: "balanced" });
  });
});

describe("the model that is recommended", () => {
  let entries: readonly CatalogEntry[];
  before(async () => {
    ({ entries } = await readCatalog(path.resolve("models", "catalog.json")));
  });
  const list = (
    machine: { memoryBytes: number; freeBytes: number },
    there: readonly string[] = [],
  ): readonly string[] =>
    advise(
      entries,
      ({ name, use, costs, downloadBytes }) => ({
        ...{ use, costs, isThere: there.includes(name) },
        arrivingBytes: Math.min(10 * GB, downloadBytes),
      }),
      machine,
    ).map(({ model, advice }) => `${advice.fit} ${model.name}`);

  it("is the smallest for alternative texts, comes first, and is the only one", () => {
    const rows = list({ memoryBytes: 32 * GB, freeBytes: 500 * GB });
    assert.equal(rows[0], "recommended blip2-opt-2.7b-coco");
    assert.equal(rows.filter((row) => row.startsWith("recommended")).length, 1);
    assert.equal(rows.length, entries.length);
    // The others keep their order.
    assert.deepEqual(rows.slice(1, 3), ["fits blip2-opt-2.7b", "fits blip2-flan-t5-xl"]);
  });

  it("is none where one is there already, and none that does not fit", () => {
    const roomy = { memoryBytes: 32 * GB, freeBytes: 500 * GB };
    assert.equal(list(roomy, ["blip2-opt-6.7b-coco"])[0], "fits blip2-opt-2.7b");
    for (const machine of [
      { memoryBytes: 3 * GB, freeBytes: 500 * GB },
      { memoryBytes: 32 * GB, freeBytes: 1 * GB },
    ]) {
      assert.ok(list(machine).every((row) => !row.startsWith("recommended")));
    }
  });

  it("leaves the end of the list to those that do not fit", () => {
    const rows = list({ memoryBytes: 8 * GB, freeBytes: 500 * GB });
    const fits = rows.map((row) => !row.startsWith("memory"));
    assert.deepEqual(
      fits,
      [...fits].sort((a, b) => Number(b) - Number(a)),
    );
    assert.equal(rows.at(-1), "memory instructblip-vicuna-13b");
  });
});
