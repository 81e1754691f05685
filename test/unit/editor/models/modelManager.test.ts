import { failCall } from "../../../helpers/engineCalls";
import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { createModelManager } from "../../../../src/editor/models/modelManager";
import type { CommandId } from "../../../../src/editor/shell/commandIds";
import { createModelWorld, type ModelWorld, PLAN } from "../../../helpers/modelServices";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";

const IMPORT = "Import a BLIP-2 checkpoint folder…";

describe("the model manager", () => {
  beforeEach(resetFakeEditor);

  it("lists every model with what is known of it, and the ways to more", async () => {
    await run(createModelWorld(), "sightline.manageModels");
    const items = fakeEditor.lists[0]?.items.map(({ label, description, detail }) => [
      label,
      description,
      detail,
    ]);
    assert.deepEqual(items, [
      ["demo", "in use", "Knows coloured shapes only; comes with Sightline to try things out"],
      ["opt", "BLIP-2 OPT · int8 · 4.0 GB", undefined],
      ["hurt", "12 bytes", "manifest.json is not valid JSON."],
      ["itm", "BLIP-2 ITM · int8 · 4.0 GB", "Compares pictures with texts; answers no questions"],
      ["", undefined, undefined],
      [IMPORT, undefined, undefined],
      ["Add a Remote Engine…", undefined, undefined],
      ["Delete a model, a download or a server…", undefined, undefined],
      ["Remove all models and caches…", undefined, undefined],
      ["Open model folder", "50.0 GB free", "/store"],
    ]);
  });

  it("says what a model cannot do that writes", async () => {
    const world = createModelWorld();
    const opt = world.models.find(({ name }) => name === "opt");
    assert.ok(opt !== undefined);
    world.models = [
      { ...opt, name: "captions", kind: "captioning" },
      { ...opt, name: "vqa", kind: "answering" },
    ];
    await run(world, "sightline.manageModels");
    const details = fakeEditor.lists[0]?.items
      .slice(0, 3)
      .map(({ label, detail }) => [label, detail]);
    assert.deepEqual(
      details?.filter(([label]) => label !== "demo"),
      [
        ["captions", "Describes pictures; answers no questions"],
        ["vqa", "Answers single questions; writes no alternative texts"],
      ],
    );
  });

  it("deletes from a list of its own, without a button of a row", async () => {
    const world = createModelWorld();
    fakeEditor.listSteps.push(
      { take: ["Delete a model, a download or a server…"] },
      { take: ["opt"] },
    );
    fakeEditor.pressed.add("Delete");
    await run(world, "sightline.manageModels");
    assert.ok(world.done.includes("delete opt"), world.done.join(", "));
  });

  it("shows the models again when nothing is chosen to be deleted", async () => {
    const world = createModelWorld();
    fakeEditor.listSteps.push(
      { take: ["Delete a model, a download or a server…"] },
      "leave",
      "leave",
    );
    await run(world, "sightline.manageModels");
    assert.deepEqual(world.done, []);
    assert.equal(fakeEditor.lists.length, 3);
  });

  it("switches to the chosen model and loads it", async () => {
    const world = createModelWorld();
    fakeEditor.listSteps.push({ take: ["opt"] });
    await run(world, "sightline.manageModels");
    assert.deepEqual(world.done, ["choose opt", "load opt"]);
    assert.deepEqual(fakeEditor.notes, ["Sightline answers with opt on CPU."]);
  });

  it("keeps the model before when the chosen one cannot be loaded", async () => {
    const world = createModelWorld();
    world.broken.add("opt");
    fakeEditor.listSteps.push({ take: ["opt"] });
    await failsWith(run(world, "sightline.manageModels"), "model.corrupt");
    assert.deepEqual(world.done, ["choose opt", "load opt", "choose demo"]);
  });

  it("keeps the model before when the load is cancelled", async () => {
    const world = createModelWorld();
    fakeEditor.listSteps.push({ take: ["opt"] });
    fakeEditor.cancelledTitle = "Loading opt…";
    await failsWith(run(world, "sightline.manageModels"), "request.cancelled");
    assert.deepEqual(world.done, ["choose opt", "load opt", "choose demo"]);
  });

  it("finds pictures with a model that compares, and goes on answering with the other", async () => {
    const world = createModelWorld();
    fakeEditor.listSteps.push({ take: ["itm"] });
    await run(world, "sightline.manageModels");
    assert.deepEqual(world.done, ["find with itm"]);
    assert.match(fakeEditor.messages[0]?.text ?? "", /finds pictures with itm\..*cannot answer/);
  });

  it("says what is wrong with a damaged model and offers to delete it", async () => {
    const world = createModelWorld();
    fakeEditor.listSteps.push({ take: ["hurt"] });
    fakeEditor.pressed.add("Delete");
    await run(world, "sightline.manageModels");
    assert.deepEqual(
      fakeEditor.messages.map(({ text }) => text),
      ["manifest.json is not valid JSON.", "Delete hurt?"],
    );
    assert.deepEqual(world.done, ["delete hurt"]);
  });

  it("deletes after asking, with the size, and shows the list again", async () => {
    const world = createModelWorld();
    fakeEditor.listSteps.push({ button: "Delete", of: "opt" });
    fakeEditor.pressed.add("Delete");
    await run(world, "sightline.manageModels");
    assert.equal(fakeEditor.messages[0]?.text, "Delete opt?");
    assert.match(fakeEditor.messages[0].detail ?? "", /frees 4\.0 GB/);
    assert.deepEqual(world.done, ["delete opt"]);
    assert.equal(fakeEditor.lists.length, 2);
  });

  it("deletes nothing when the user does not agree", async () => {
    const world = createModelWorld();
    fakeEditor.listSteps.push({ button: "Delete", of: "opt" });
    await run(world, "sightline.manageModels");
    assert.deepEqual(world.done, []);
  });

  it("goes back to the demo when the model in use is deleted", async () => {
    const world = createModelWorld();
    await world.services.settings.setModel("opt");
    fakeEditor.listSteps.push({ button: "Delete", of: "opt" });
    fakeEditor.pressed.add("Delete");
    await run(world, "sightline.manageModels");
    assert.deepEqual(world.done, ["choose opt", "delete opt", "choose demo"]);
  });

  it("shows the folder of a model and the folder of all", async () => {
    const world = createModelWorld();
    for (const step of [
      { button: "Open the folder", of: "opt" },
      { take: ["Open model folder"] },
    ]) {
      fakeEditor.listSteps.push(step);
      await run(world, "sightline.manageModels");
    }
    assert.deepEqual(fakeEditor.executed, [
      ["revealFileInOS", FakeUri.file("/store/opt")],
      ["revealFileInOS", FakeUri.file("/store")],
    ]);
  });

  it("rejects with what the list of models rejects with", async () => {
    const world = createModelWorld();
    failCall(world.services.engine, "models", new AppError("device.unavailable", "No engine."));
    await failsWith(run(world, "sightline.manageModels"), "device.unavailable");
  });
});

describe("the import of a checkpoint", () => {
  beforeEach(resetFakeEditor);

  it("says what it costs, converts with its progress, and switches when that is wished", async () => {
    const world = createModelWorld();
    fakeEditor.chosenFiles = [FakeUri.file("/checkpoint")];
    fakeEditor.pressed.add("Import").add("Use It");
    fakeEditor.listSteps.push({ take: [IMPORT] });
    await run(world, "sightline.manageModels");
    assert.deepEqual(world.done, [
      "plan /checkpoint",
      "convert /store/new int4",
      "choose new",
      "load new",
    ]);
    assert.equal(fakeEditor.messages[0]?.text, "Import new?");
    assert.equal(
      fakeEditor.messages[0].detail,
      [
        "BLIP-2 T5, answers questions about pictures.",
        "The checkpoint (15.5 GB) stays as it is.",
        "The model takes 2.0 GB with int4 weights.",
        "50.0 GB are free on the disk.",
      ].join("\n"),
    );
    const conversion = fakeEditor.progress.find(({ title }) => title === "Importing new");
    assert.deepEqual(conversion?.reports, [{ message: "1.2 of 4.0 GB (30%)", increment: 30 }]);
  });

  it("lets the precision of a large checkpoint be chosen by its size", async () => {
    const world = createModelWorld();
    world.plan = { ...PLAN, precision: "balanced" };
    fakeEditor.pressed.add("Import");
    fakeEditor.listSteps.push({ take: ["small"] });
    await run(world, "sightline.importModel", FakeUri.file("/given"));
    assert.deepEqual(world.done, [
      "plan /given",
      "plan /given exact",
      "plan /given small",
      "convert /store/new small",
    ]);
    assert.deepEqual(
      fakeEditor.lists[0]?.items.map(({ label, description }) => [label, description]),
      [
        ["balanced", "2.0 GB on disk · suggested"],
        ["exact", "1.0 GB on disk"],
        ["small", "1.0 GB on disk"],
      ],
    );
    assert.match(fakeEditor.messages[0]?.detail ?? "", /takes 1\.0 GB with small weights/);
  });

  it("imports nothing when no precision is chosen", async () => {
    const world = createModelWorld();
    world.plan = { ...PLAN, precision: "small" };
    fakeEditor.pressed.add("Import");
    await run(world, "sightline.importModel", FakeUri.file("/given"));
    assert.deepEqual(fakeEditor.messages, []);
    assert.equal(world.done.filter((deed) => deed.startsWith("convert")).length, 0);
  });

  it("takes a folder from a menu and asks for none", async () => {
    const world = createModelWorld();
    fakeEditor.pressed.add("Import");
    await run(world, "sightline.importModel", FakeUri.file("/given"));
    assert.deepEqual(world.done, ["plan /given", "convert /store/new int4"]);
  });

  it("does nothing without a folder, and without consent nothing but planning", async () => {
    const world = createModelWorld();
    await run(world, "sightline.importModel", "no folder");
    assert.deepEqual(world.done, []);
    fakeEditor.chosenFiles = [FakeUri.file("/checkpoint")];
    await run(world, "sightline.importModel");
    assert.deepEqual(world.done, ["plan /checkpoint"]);
  });

  it("refuses a folder that is on no disk", async () => {
    const world = createModelWorld();
    await run(world, "sightline.importModel", FakeUri.parse("vscode-vfs:/remote"));
    assert.deepEqual(world.done, []);
    assert.match(fakeEditor.messages[0]?.text ?? "", /Copy the checkpoint/);
  });

  it("refuses when the disk is too small, and offers another place", async () => {
    const world = createModelWorld();
    world.plan = { ...PLAN, freeBytes: 1e9 };
    fakeEditor.chosenFiles = [FakeUri.file("/checkpoint")];
    fakeEditor.pressed.add("Import").add("Choose Folder");
    await run(world, "sightline.importModel");
    assert.deepEqual(world.done, ["plan /checkpoint"]);
    assert.equal(
      fakeEditor.messages[0]?.text,
      "new needs 2.0 GB, but only 1.0 GB are free. Free 1.1 GB, or keep the models on another disk.",
    );
    assert.deepEqual(fakeEditor.executed, [
      ["workbench.action.openSettings", "sightline.storageFolder"],
    ]);
  });

  it("ends when the user cancels, and can be begun again", async () => {
    const world = createModelWorld();
    fakeEditor.pressed.add("Import");
    fakeEditor.cancelledTitle = "Importing new";
    const manager = createModelManager(world.services);
    const begin = (): unknown =>
      manager.commands["sightline.importModel"](FakeUri.file("/checkpoint"));
    await failsWith(Promise.resolve(begin()), "request.cancelled");
    fakeEditor.cancelledTitle = undefined;
    await begin();
    assert.equal(fakeEditor.messages.at(-1)?.text, "new is imported and can answer questions.");
  });

  it("runs once at a time", async () => {
    const world = createModelWorld();
    fakeEditor.pressed.add("Import");
    const manager = createModelManager(world.services);
    const begin = (): unknown =>
      manager.commands["sightline.importModel"](FakeUri.file("/checkpoint"));
    await Promise.all([begin(), begin()]);
    assert.equal(fakeEditor.messages[0]?.text.startsWith("A checkpoint is being imported"), true);
    assert.deepEqual(world.done, ["plan /checkpoint", "convert /store/new int4"]);
  });

  it("does not offer to use a model that answers no questions", async () => {
    const world = createModelWorld();
    world.plan = { ...PLAN, kind: "retrieval", architecture: "BLIP-2 ITM" };
    fakeEditor.pressed.add("Import").add("Use It");
    await run(world, "sightline.importModel", FakeUri.file("/checkpoint"));
    assert.match(fakeEditor.messages[0]?.detail ?? "", /cannot answer questions/);
    assert.match(fakeEditor.messages[1]?.text ?? "", /cannot answer questions/);
    assert.deepEqual(world.done, ["plan /checkpoint", "convert /store/new int4"]);
  });
});

describe("the restart of the engine", () => {
  beforeEach(resetFakeEditor);

  it("loads the model in the new process and says so", async () => {
    const world = createModelWorld();
    await run(world, "sightline.restartEngine");
    assert.deepEqual(world.done, ["restart", "load demo"]);
    assert.deepEqual(fakeEditor.notes, ["Sightline answers with demo on CPU."]);
  });

  it("can be cancelled while the model is loaded", async () => {
    const world = createModelWorld();
    fakeEditor.cancelledTitle = "Restarting Sightline's engine…";
    await failsWith(run(world, "sightline.restartEngine"), "request.cancelled");
    assert.deepEqual(world.done, ["restart", "load demo"]);
    assert.deepEqual(fakeEditor.notes, []);
  });
});

async function run(world: ModelWorld, command: CommandId, ...args: unknown[]): Promise<void> {
  const handler = createModelManager(world.services).commands[command];
  assert.ok(handler !== undefined, command);
  await handler(...args);
}

async function failsWith(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(call, (error) => error instanceof AppError && error.code === code);
}
