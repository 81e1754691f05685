import assert from "node:assert/strict";
import path from "node:path";
import { missingBytes, modelChoices } from "../../../../src/host/models/modelChoices";
import { modelTitle } from "../../../../src/host/models/modelTitle";
import type { ModelEntry } from "../../../../src/model/ask/models";
import type { Result } from "../../../../src/protocol/methods";

const store = path.resolve("/store");
const opt: ModelEntry = {
  name: "opt-2.7b",
  folder: path.join(store, "opt-2.7b"),
  bytes: 4.2e9,
  kind: "generation",
  architecture: "BLIP-2 OPT",
  precision: "int8:32",
};
const itm: ModelEntry = {
  ...opt,
  name: "itm",
  folder: path.join(store, "itm"),
  kind: "retrieval",
  architecture: "BLIP-2 ITM",
};
const damaged: ModelEntry = {
  name: "a-damaged",
  folder: path.join(store, "a-damaged"),
  bytes: 12,
  problem: "manifest.json is not valid JSON.",
};
const demo: ModelEntry = { name: "demo", bytes: 0 };

describe("the choice of a model", () => {
  it("begins with the demo and ends with what cannot be chosen", () => {
    const names = choices([itm, opt, damaged, { ...opt, name: "opt-10b" }, demo]).map(
      ({ name }) => name,
    );
    assert.deepEqual(names, ["demo", "opt-2.7b", "opt-10b", "a-damaged", "itm"]);
  });

  it("says of each what is known", () => {
    const [first, second] = choices([opt, demo]);
    assert.deepEqual(first, {
      name: "demo",
      title: "demo",
      state: "usable",
      facts: [],
      isCurrent: true,
      canBeDeleted: false,
      bytes: 0,
    });
    assert.deepEqual(second?.facts, ["BLIP-2 OPT", "int8:32", "4.2 GB"]);
    assert.equal(second.folder, opt.folder);
    assert.equal(second.canBeDeleted, true);
    assert.equal(second.isCurrent, false);
  });

  it("keeps apart what answers questions, what does not, and what is damaged", () => {
    const states = choices([opt, itm, damaged, demo]).map(({ name, state }) => [name, state]);
    assert.deepEqual(states, [
      ["demo", "usable"],
      ["opt-2.7b", "usable"],
      ["a-damaged", "damaged"],
      ["itm", "retrieval"],
    ]);
    assert.equal(
      choices([damaged], "a-damaged").find(({ isCurrent }) => isCurrent)?.problem,
      damaged.problem,
    );
  });

  it("marks the one that the settings name, by its name or by its folder", () => {
    for (const current of ["opt-2.7b", opt.folder ?? "", `${opt.folder ?? ""}${path.sep}`]) {
      const marked = choices([demo, opt], current).filter(({ isCurrent }) => isCurrent);
      assert.deepEqual(
        marked.map(({ name }) => name),
        ["opt-2.7b"],
      );
    }
  });

  it("lists a folder elsewhere and a name that is gone, because the settings have them", () => {
    const elsewhere = path.resolve("/models/mine");
    assert.deepEqual(choices([demo, itm], elsewhere)[1], {
      name: elsewhere,
      title: "mine",
      state: "outside",
      facts: [elsewhere],
      isCurrent: true,
      canBeDeleted: false,
      bytes: 0,
      folder: elsewhere,
    });
    const gone = choices([demo], "gone")[1];
    assert.equal(gone?.state, "unknown");
    assert.equal(gone.isCurrent, true);
  });

  it("changes nothing of the reply", () => {
    const models = Object.freeze([itm, demo]);
    assert.equal(
      modelChoices({ folder: store, freeBytes: 1, models }, { currentModel: "demo" }).length,
      2,
    );
  });
});

describe("a model's title", () => {
  it("is its name, or the last part of its folder", () => {
    assert.equal(modelTitle("opt-2.7b"), "opt-2.7b");
    assert.equal(modelTitle("/a/b/my model/"), "my model");
    assert.equal(modelTitle("C:\\models\\mine"), "mine");
    assert.equal(modelTitle("/"), "/");
  });
});

describe("the room for an import", () => {
  it("is the model and a reserve", () => {
    assert.equal(missingBytes({ modelBytes: 4e9, freeBytes: 10e9 }), 0);
    assert.equal(missingBytes({ modelBytes: 4e9, freeBytes: 4.1e9 }), 0);
    assert.equal(missingBytes({ modelBytes: 4e9, freeBytes: 4.1e9 - 1 }), 1);
    assert.equal(missingBytes({ modelBytes: 4e9, freeBytes: 0 }), 4.1e9);
  });
});

function choices(models: readonly ModelEntry[], current = "demo"): ReturnType<typeof modelChoices> {
  const reply: Result<"models"> = { folder: store, freeBytes: 1e9, models };
  return modelChoices(reply, { currentModel: current });
}
