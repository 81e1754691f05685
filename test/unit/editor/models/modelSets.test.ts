import assert from "node:assert/strict";
import { hintAtModels } from "../../../../src/editor/models/demoHint";
import { createModelManager } from "../../../../src/editor/models/modelManager";
import type { CatalogEntryReply } from "../../../../src/protocol/methods";
import {
  createModelWorld,
  GENERATION,
  type ModelWorld,
  OFFER,
} from "../../../helpers/modelServices";
import {
  fakeEditor,
  firstList,
  messageTexts,
  resetFakeEditor,
} from "../../../helpers/editor/fakeEditor";

const ANSWERS = "blip-vqa-base";
const DESCRIBES = "blip-image-captioning-base";
const GET = "Get a Model for Photographs";
const SET: CatalogEntryReply = {
  ...OFFER,
  ...{ name: "blip-base", title: "BLIP base", licence: "BSD-3-Clause", imageSize: 384 },
  repository: `Salesforce/${ANSWERS} + Salesforce/${DESCRIBES}`,
  goodAt: "Short answers and descriptions, by two small and fast models",
  ...{ downloadBytes: 2.5e9, diskBytes: 0.7e9, memoryBytes: 0.8e9 },
  costs: OFFER.costs.map((cost) => ({ ...cost, diskBytes: 0.7e9, memoryBytes: 0.8e9 })),
  missing: [ANSWERS, DESCRIBES],
};
const LARGE = { ...SET, name: "blip-large", title: "BLIP large" };
const WHOLE = { ...SET, models: [ANSWERS, DESCRIBES], missing: [] };
const HALF = {
  ...SET,
  ...{ models: [ANSWERS], missing: [DESCRIBES], downloadBytes: 1e9 },
  repository: `Salesforce/${DESCRIBES}`,
};

describe("sets in the list of models", () => {
  let world: ModelWorld;
  beforeEach(() => {
    resetFakeEditor();
    world = createModelWorld();
    world.offers = [OFFER];
    world.sets = [SET, LARGE];
    world.models = [
      { name: "demo", bytes: 0 },
      { ...GENERATION, name: ANSWERS, kind: "answering", precision: "balanced", bytes: 0.4e9 },
      { ...GENERATION, name: DESCRIBES, kind: "captioning", precision: "balanced", bytes: 0.3e9 },
    ];
  });

  const manage = async (): Promise<void> => {
    await createModelManager(world.services).commands["sightline.manageModels"]();
  };
  const rows = (): readonly (readonly [string, string | undefined])[] =>
    firstList().map(({ label, description }) => [label, description]);

  it("lead while nothing else is there, and what is larger follows", async () => {
    world.models = [{ name: "demo", bytes: 0 }];
    await manage();
    assert.deepEqual(rows().slice(0, 6), [
      ["BLIP base", "Recommended for this machine"],
      ["BLIP large", ""],
      ["On this machine", undefined],
      ["demo", "in use"],
      ["Larger: BLIP-2, and single models", undefined],
      [OFFER.title, ""],
    ]);
    assert.equal(
      firstList()[0]?.detail,
      "Short answers and descriptions, by two small and fast models · 2.5 GB to download · 800 MB of memory (balanced) · BSD-3-Clause",
    );
  });

  it("are one row when they are whole, whose models have none", async () => {
    world.sets = [WHOLE, LARGE];
    await manage();
    assert.deepEqual(rows().slice(0, 4), [
      ["demo", "in use"],
      ["BLIP base", "balanced · 700 MB"],
      ["Get a model", undefined],
      ["BLIP large", ""],
    ]);
    const row = firstList()[1];
    assert.equal(row?.detail, "Answers questions and describes pictures, with a model for each");
  });

  it("show the half that is here, and offer the rest", async () => {
    world.sets = [HALF];
    world.models.pop();
    await world.services.settings.setModel("blip-base");
    await manage();
    const found = rows();
    assert.deepEqual(found[0], [
      "BLIP base",
      `in use · Recommended for this machine · ${ANSWERS} is here; download the rest`,
    ]);
    // Neither unknown nor twice, and the half can be used by itself.
    assert.deepEqual(
      found.map(([label]) => label).filter((label) => /BLIP base|blip-/.test(label)),
      ["BLIP base", ANSWERS],
    );
  });

  it("are got with one consent to the sum, and used as one", async () => {
    world.models = [{ name: "demo", bytes: 0 }];
    fakeEditor.listSteps.push({ take: ["BLIP base"] }, { take: ["balanced"] });
    fakeEditor.pressed.add("Download").add("Use It");
    await manage();
    const [asked] = fakeEditor.messages;
    assert.equal(asked?.text, "Get BLIP base?");
    assert.match(
      asked.detail ?? "",
      /^2\.5 GB are downloaded: Salesforce\/blip-vqa-base \+ Salesforce\/blip-image-captioning-base/,
    );
    assert.ok(messageTexts().includes("BLIP base is here and can answer questions."));
    assert.match(world.done[0] ?? "", /^add blip-base balanced /);
    assert.deepEqual(world.done.slice(1), ["choose blip-base", "load blip-base"]);
  });

  it("are chosen and deleted as one, and the demo takes over", async () => {
    world.sets = [WHOLE];
    fakeEditor.listSteps.push({ take: ["BLIP base"] });
    await manage();
    assert.deepEqual(world.done, ["choose blip-base", "load blip-base"]);
    world.done.length = 0;
    fakeEditor.listSteps.push({ button: "Delete", of: "BLIP base" });
    fakeEditor.pressed.add("Delete");
    await manage();
    assert.deepEqual(world.done, [`delete ${ANSWERS}`, `delete ${DESCRIBES}`, "choose demo"]);
    assert.equal(fakeEditor.messages[0]?.text, "Delete BLIP base?");
    assert.match(fakeEditor.messages[0].detail ?? "", /^This frees 700 MB\. Both of its models/);
  });

  it("leave a model that was chosen by itself", async () => {
    world.sets = [WHOLE];
    await world.services.settings.setModel(ANSWERS);
    world.done.length = 0;
    fakeEditor.listSteps.push({ button: "Delete", of: "BLIP base" });
    fakeEditor.pressed.add("Delete");
    await manage();
    assert.deepEqual(world.done, [`delete ${DESCRIBES}`]);
    assert.match(fakeEditor.messages[0]?.detail ?? "", /^This frees 300 MB\. blip-vqa-base stays/);
    assert.ok(rows().some(([label, words]) => label === ANSWERS && words?.startsWith("in use")));
  });
});

describe("the hint at models for photographs", () => {
  beforeEach(resetFakeEditor);

  it("is shown once for good, is no dialog, and opens the list", async () => {
    const { context } = createModelWorld().services;
    fakeEditor.pressed.add(GET);
    await hintAtModels(context.globalState);
    await hintAtModels(context.globalState);
    assert.deepEqual(
      fakeEditor.messages.map(({ kind, detail }) => [kind, detail]),
      [["information", undefined]],
    );
    assert.match(
      messageTexts()[0] ?? "",
      /^The demo model knows coloured shapes only\. One choice/,
    );
    assert.deepEqual(fakeEditor.executed, [["sightline.manageModels"]]);
  });

  it("does nothing when it is closed", async () => {
    await hintAtModels(createModelWorld().services.context.globalState);
    assert.deepEqual(fakeEditor.executed, []);
  });
});
