import assert from "node:assert/strict";
import { removeEverything } from "../../../../src/editor/models/storeRemoval";
import { createModelManager } from "../../../../src/editor/models/modelManager";
import type { OtherEngine } from "../../../../src/roll/engineRoll";
import { createModelWorld } from "../../../helpers/modelServices";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";

const OTHER: OtherEngine = {
  ...{ pid: 7, model: "opt", bytes: 2.9e9, address: "/r/engine-7" },
  ...{ holder: "window", state: "ready" },
};

describe("the removal of all models and caches", () => {
  beforeEach(resetFakeEditor);

  it("asks with the sizes, removes, says what is free again, and goes back to the demo", async () => {
    const world = createModelWorld();
    await world.services.settings.setModel("opt");
    fakeEditor.pressed.add("Remove All");
    await removeEverything(world.services);
    const [question, summary] = fakeEditor.messages;
    assert.equal(question?.text, "Remove all models and caches of Sightline?");
    const [sizes] = question.detail?.split("\n") ?? [];
    assert.equal(sizes, "/home/store: models 4.0 GB, downloads 2.0 GB, caches 1.0 MB.");
    assert.deepEqual(world.done, ["choose opt", "empty", "choose demo"]);
    assert.equal(summary?.text, "All models and caches are removed; 6.0 GB are free again.");
  });

  it("removes nothing when nobody agrees", async () => {
    const world = createModelWorld();
    await removeEverything(world.services);
    assert.equal(fakeEditor.messages.length, 1);
    assert.deepEqual(world.done, []);
  });

  it("removes nothing while another window has an engine, and says which", async () => {
    const world = createModelWorld();
    world.others.push(OTHER);
    fakeEditor.pressed.add("Remove All");
    await removeEverything(world.services);
    assert.match(
      fakeEditor.messages.map(({ text }) => text).join(" | "),
      /^Another window's engine holds 2\.9 GB \(opt\)\. Nothing is removed while others use/,
    );
    assert.deepEqual(world.done, []);
  });

  it("removes nothing while a command reads this store, and does not mind one of another", async () => {
    const world = createModelWorld();
    fakeEditor.pressed.add("Remove All");
    world.others.push({ ...OTHER, holder: "command", state: "busy", store: "/home/store" });
    await removeEverything(world.services);
    assert.match(
      fakeEditor.messages[0]?.text ?? "",
      /^A command in a terminal holds 2\.9 GB \(opt\) until it ends\. Nothing is removed/,
    );
    assert.deepEqual(world.done, []);
    world.others.splice(0, 1, { ...OTHER, holder: "command", state: "busy", store: "/elsewhere" });
    await removeEverything(world.services);
    assert.deepEqual(world.done, ["empty"]);
  });

  it("says that there is nothing where there is nothing", async () => {
    const world = createModelWorld();
    world.contents = { ...world.contents, modelBytes: 0, downloadBytes: 0, cacheBytes: 0 };
    await removeEverything(world.services);
    assert.match(fakeEditor.messages[0]?.text ?? "", /nothing to remove: \/home\/store/);
    assert.deepEqual(world.done, []);
  });

  it("names before and after what is not Sightline's", async () => {
    const world = createModelWorld();
    const foreign = Array.from({ length: 7 }, (_one, index) => `/home/store/${index}`);
    world.contents = { ...world.contents, foreign };
    fakeEditor.pressed.add("Remove All");
    await removeEverything(world.services);
    const [question, summary] = fakeEditor.messages;
    const named = /\/home\/store\/0, .*\/home\/store\/4 and 2 more/;
    assert.match(question?.detail ?? "", named);
    assert.match(summary?.text ?? "", named);
  });

  it("leaves a model outside the store chosen", async () => {
    const world = createModelWorld();
    await world.services.settings.setModel("/elsewhere/model");
    fakeEditor.pressed.add("Remove All");
    await removeEverything(world.services);
    assert.equal(world.services.settings.model, "/elsewhere/model");
  });

  it("is a command and a row of the model manager", async () => {
    const world = createModelWorld();
    fakeEditor.listSteps.push({ take: ["Remove all models and caches…"] });
    fakeEditor.pressed.add("Remove All");
    const { commands } = createModelManager(world.services);
    await commands["sightline.manageModels"]();
    await commands["sightline.removeAllModels"]();
    assert.deepEqual(world.done, ["empty", "empty"]);
  });
});
