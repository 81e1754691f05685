import assert from "node:assert/strict";
import path from "node:path";
import { readCatalog } from "../../../../src/library/checkpoints/catalog";
import { CAPABILITIES } from "../../../../src/model/ask/capabilities";
import {
  MODEL_SETS,
  memberFor,
  membersOf,
  missingText,
  setNamed,
  type Task,
} from "../../../../src/model/ask/modelSets";
import { modelsOnlyIn } from "../../../../src/model/ask/setsInStore";

describe("the sets", () => {
  it("have members of the catalogue that can do what they are asked for", async () => {
    const { entries, later } = await readCatalog(path.resolve("models", "catalog.json"));
    const names = [...entries, ...later].map(({ name }) => name);
    for (const { name, title, goodAt, members } of MODEL_SETS) {
      // A name means one thing.
      assert.ok(!names.includes(name), name);
      assert.ok(title.length > 0 && goodAt.length <= 70);
      for (const [task, member] of Object.entries(members) as [Task, string][]) {
        const entry = entries.find((known) => known.name === member);
        assert.ok(entry !== undefined && CAPABILITIES[entry.kind][task], member);
      }
    }
  });

  it("send each task to its model", () => {
    assert.equal(memberFor("blip-base", "answers"), "blip-vqa-base");
    assert.equal(memberFor("blip-base", "describes"), "blip-image-captioning-base");
  });

  it("leave any other choice as it is", () => {
    for (const choice of ["demo", "blip-vqa-base", "/models/blip-base", "Blip-Base"]) {
      assert.equal(setNamed(choice), undefined);
      assert.equal(memberFor(choice, "describes"), choice);
      assert.deepEqual(membersOf(choice), [choice]);
      assert.equal(missingText(choice, "answers"), undefined);
    }
    assert.deepEqual(membersOf("blip-base"), ["blip-vqa-base", "blip-image-captioning-base"]);
  });

  it("name the part that is missing", () => {
    const text = missingText("blip-base", "describes") ?? "";
    assert.match(text, /"blip-image-captioning-base", which describes pictures, is not/);
  });

  it("keep models that another whole set or the choice itself holds", () => {
    const set = { name: "a", models: ["x", "y"], missing: [] };
    const half = { name: "b", models: ["x"], missing: ["z"] };
    assert.deepEqual(modelsOnlyIn(set, { sets: [set, half] }), ["x", "y"]);
    assert.deepEqual(modelsOnlyIn(set, { sets: [set, { ...half, missing: [] }] }), ["y"]);
    assert.deepEqual(modelsOnlyIn(set, { sets: [set], chosen: "y" }), ["x"]);
    assert.deepEqual(modelsOnlyIn(set, { sets: [set], chosen: "a" }), ["x", "y"]);
  });
});
