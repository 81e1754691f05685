import assert from "node:assert/strict";
import path from "node:path";
import { goodAtText, reasonText, sentences } from "../../../../src/editor/models/catalogStrings";
import { createModelManager } from "../../../../src/editor/models/modelManager";
import { pickModelAction } from "../../../../src/editor/models/modelPicker";
import { MODEL_SETS } from "../../../../src/model/ask/modelSets";
import { readCatalog } from "../../../../src/library/checkpoints/catalog";
import type { CatalogEntryReply } from "../../../../src/protocol/methods";
import { createModelWorld, OFFER } from "../../../helpers/modelServices";
import { fakeEditor, firstList, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";

const GB = 1e9;

describe("the list of models", () => {
  beforeEach(resetFakeEditor);

  const rows = async (
    entries: readonly CatalogEntryReply[],
    memoryBytes = 16 * GB,
  ): Promise<readonly (readonly (string | undefined)[])[]> => {
    const stored = { folder: "/store", freeBytes: 50 * GB, models: [{ name: "demo", bytes: 0 }] };
    const catalog = { freeBytes: 50 * GB, entries, sets: [], later: [] };
    await pickModelAction(Promise.resolve({ recentFolders: [], stored, catalog, servers: [] }), {
      ...{ currentModel: "demo", memoryBytes, hasAllOffers: false },
    });
    return firstList().map(({ label, description, detail }) => [...[label, description, detail]]);
  };

  it("says first what a model is good at, and recommends one", async () => {
    const other = { ...OFFER, name: "other", title: "Other", use: "questions" } as const;
    const begun = { ...other, title: "Begun", partialBytes: 2e9, isUnfinished: true };
    const cached = { ...other, title: "Cached", isCached: true };
    const list = await rows([other, OFFER, begun, cached]);
    const [first, machine, demo, get, ...more] = list;
    const numbers = "15.5 GB to download · 5.3 GB of memory (balanced) · MIT";
    assert.deepEqual(first, [
      ...["BLIP-2 OPT-2.7B", "Recommended for this machine"],
      `${OFFER.goodAt} · ${numbers}`,
    ]);
    assert.deepEqual(
      [machine?.[0], demo?.[0], get?.[0]],
      ["On this machine", "demo", "Get a model"],
    );
    assert.deepEqual(more.slice(0, 3), [
      ["Other", "", `${OFFER.goodAt} · ${numbers}`],
      ["Begun", "2.0 of 15.5 GB arrived; continue", `${OFFER.goodAt} · ${numbers}`],
      ["Cached", "in Hugging Face's cache", `${OFFER.goodAt} · ${numbers}`],
    ]);
    assert.match(demo?.[2] ?? "", /^Knows coloured shapes only/);
  });

  it("leaves the end to what is too large, and says why", async () => {
    const costs = OFFER.costs.map((cost) => ({ ...cost, memoryBytes: 20 * GB }));
    const large = { ...OFFER, name: "large", title: "Large", costs };
    const list = await rows([large, OFFER]);
    const begin = list.findIndex(([label]) => label === "Too large for this machine");
    assert.ok(begin > list.findIndex(([label]) => label === OFFER.title));
    assert.deepEqual(list[begin + 1]?.slice(0, 2), ["Large", ""]);
    assert.match(
      list[begin + 1]?.[2] ?? "",
      /^Does not fit: needs 20\.0 GB of memory, and this machine has 16\.0 GB · Descriptions/,
    );
  });

  it("has the words of the catalogue for every model of it", async () => {
    const { entries, later } = await readCatalog(path.resolve("models", "catalog.json"));
    const known = sentences();
    const all = [...entries, ...MODEL_SETS];
    assert.deepEqual(Object.keys(known).sort(), all.map(({ name }) => name).sort());
    for (const entry of all) {
      assert.equal(goodAtText(entry), entry.goodAt);
      // What is longer is cut off in a list of the usual width.
      assert.ok(entry.goodAt.length <= 70, entry.goodAt);
    }
    assert.equal(goodAtText({ name: "new", goodAt: "Everything" }), "Everything");
    for (const entry of later) assert.equal(reasonText(entry), entry.reason);
  });

  it("keeps models that were chosen by their folder, and forgets those that are gone", async () => {
    const world = createModelWorld();
    const { settings } = world.services;
    const manage = createModelManager(world.services).commands["sightline.manageModels"];
    const labels = async (): Promise<readonly string[]> => {
      fakeEditor.lists.length = 0;
      await manage();
      return firstList().map(({ label }) => label);
    };
    for (const name of ["one", "two"]) {
      fakeEditor.files.set(
        FakeUri.file(`/models/${name}/manifest.json`).toString(),
        new Uint8Array(),
      );
      await settings.setModel(`/models/${name}`);
      await manage();
    }
    await settings.setModel("demo");
    const both = await labels();
    assert.ok(both.includes("one") && both.includes("two"));
    fakeEditor.listSteps.push({ take: ["one"] });
    await manage();
    assert.equal(settings.model, "/models/one");
    await settings.setModel("demo");
    fakeEditor.files.delete(FakeUri.file("/models/one/manifest.json").toString());
    const left = await labels();
    assert.deepEqual([left.includes("one"), left.includes("two")], [false, true]);
  });
});
