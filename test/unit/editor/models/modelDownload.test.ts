import { failCall } from "../../../helpers/engineCalls";
import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { createModelManager } from "../../../../src/editor/models/modelManager";
import type { CommandId } from "../../../../src/editor/shell/commandIds";
import { createModelWorld, type ModelWorld, OFFER } from "../../../helpers/modelServices";
import { fakeEditor, firstList, resetFakeEditor } from "../../../helpers/editor/fakeEditor";

const HUB = '{"endpoint":"https://huggingface.co","proxy":"http://proxy:3128"}';

describe("the offer of published models", () => {
  let world: ModelWorld;
  beforeEach(() => {
    resetFakeEditor();
    world = createModelWorld();
    world.offers = [OFFER];
  });

  it("lists what is not there yet, and what is on its way", async () => {
    world.offers.push({ ...OFFER, name: "added", title: "Added", models: ["opt"] });
    const title = "Begun";
    const begun = { ...OFFER, name: "begun", title, partialBytes: 2e9, isUnfinished: true };
    world.offers.push({ ...begun, title: "Kept", models: ["begun"], isUnfinished: false });
    world.offers.push(begun, { ...begun, name: "again", title: "Again", models: ["begun"] });
    await run("sightline.manageModels");
    const labels = new Set(firstList().map(({ label }) => label));
    const isListed = [OFFER.title, "Begun", "Again", "Added", "Kept"].map((l) => labels.has(l));
    assert.deepEqual(isListed, [true, true, true, false, false]);
    assert.deepEqual(world.done, []);
  });

  it("lists what cannot be had yet, and says why", async () => {
    const reason = "Published as a pickle.";
    world.later = [{ name: "vitl", title: "ViT-L", imageSize: 224, reason }];
    fakeEditor.listSteps.push({ take: ["ViT-L"] });
    await run("sightline.manageModels");
    const item = fakeEditor.lists[0]?.items.find(({ label }) => label === "ViT-L");
    assert.deepEqual([item?.description, item?.detail], ["sees 224 pixels", reason]);
    assert.equal(fakeEditor.messages[0]?.text, "ViT-L: Published as a pickle.");
    assert.deepEqual(world.done, []);
  });

  it("asks with sizes, licence and source, and asks nobody else without consent", async () => {
    fakeEditor.listSteps.push({ take: [OFFER.title] }, { take: ["balanced"] });
    await run("sightline.manageModels");
    assert.deepEqual(fakeEditor.messages, [
      {
        kind: "information",
        text: "Get BLIP-2 OPT-2.7B?",
        detail: [
          "15.5 GB are downloaded: Salesforce/blip2-opt-2.7b from https://huggingface.co.",
          "The model (balanced) takes 4.4 GB of the disk and up to 5.3 GB of memory.",
          "While it is made, up to 14.4 GB of the disk are needed: each file of the download is deleted once it is converted.",
          "50.0 GB are free on the disk.",
          "Licence: MIT",
        ].join("\n"),
      },
    ]);
    assert.deepEqual(world.done, []);
  });

  it("downloads with the editor's proxy and the kept token, tells how far it is, offers to use it", async () => {
    world.secrets.set("hubToken", "secret");
    fakeEditor.listSteps.push({ take: [OFFER.title] }, { take: ["balanced"] });
    fakeEditor.pressed.add("Download").add("Use It");
    await run("sightline.manageModels");
    const hub = HUB.replace("}", ',"token":"secret"}');
    assert.deepEqual(world.done, [
      `add blip2-opt-2.7b balanced ${hub}`,
      "choose blip2-opt-2.7b",
      "load blip2-opt-2.7b",
    ]);
    const reports = fakeEditor.progress.find(({ title }) => title === `Getting ${OFFER.title}`);
    assert.deepEqual(reports?.reports, [
      { message: "Connecting to huggingface.co…", increment: 0 },
      { message: "Connecting to huggingface.co, try 2 of 7…", increment: 0 },
      { message: "1.0 of 4.0 GB (25%)", increment: 25 },
      { message: "2.0 of 4.0 GB (50%), 300 MB converted", increment: 25 },
      { message: "Converting: 1.0 of 2.0 GB (50%)", increment: 0 },
    ]);
  });

  it("lets the precision be chosen by its price, and goes by it", async () => {
    fakeEditor.listSteps.push({ take: [OFFER.title] }, { take: ["small"] });
    fakeEditor.pressed.add("Download");
    await run("sightline.manageModels");
    const profiles = fakeEditor.lists[1]?.items.map(({ label, description }) => [
      label,
      description,
    ]);
    const [usual] = profiles ?? [];
    assert.match(usual?.[1] ?? "", /· suggested$/);
    assert.deepEqual(
      profiles?.map((words) => words.join(": ").replace(" · suggested", "")).sort(),
      [
        "balanced: 4.4 GB on disk, up to 5.3 GB of memory",
        "exact: 15.5 GB on disk, up to 15.8 GB of memory",
        "small: 2.8 GB on disk, up to 3.5 GB of memory",
      ],
    );
    assert.match(
      fakeEditor.messages[0]?.detail ?? "",
      /\(small\) takes 2\.8 GB .* 3\.5 GB of memory/,
    );
    assert.deepEqual(world.done, [`add blip2-opt-2.7b small ${HUB}`]);
  });

  it("gets nothing when no precision is chosen", async () => {
    fakeEditor.listSteps.push({ take: [OFFER.title] }, "leave");
    fakeEditor.pressed.add("Download");
    await run("sightline.manageModels");
    assert.deepEqual([world.done, fakeEditor.messages], [[], []]);
  });

  it("suggests the profile that it was opened for, also of what is there already", async () => {
    world.offers = [{ ...OFFER, models: ["opt"] }];
    fakeEditor.listSteps.push({ take: [OFFER.title] }, "leave");
    await run("sightline.manageModels", "small");
    assert.deepEqual(
      fakeEditor.lists[1]?.items.map(({ label }) => label),
      ["small", "exact", "balanced"],
    );
  });

  it("says that what has arrived is not downloaded again", async () => {
    world.offers = [{ ...OFFER, partialBytes: 5.5e9 }];
    fakeEditor.listSteps.push({ take: [OFFER.title] }, { take: ["balanced"] });
    await run("sightline.manageModels");
    const detail = fakeEditor.messages[0]?.detail ?? "";
    assert.match(detail, /^10\.0 GB are downloaded/);
    assert.match(detail, /5\.5 GB have arrived already/);
  });

  it("goes on in the precision that was begun, and says so instead of asking", async () => {
    world.offers = [{ ...OFFER, partialBytes: 5.5e9, begunPrecision: "small" }];
    fakeEditor.listSteps.push({ take: [OFFER.title] });
    fakeEditor.pressed.add("Download");
    await run("sightline.manageModels");
    assert.equal(fakeEditor.lists.length, 1);
    const detail = fakeEditor.messages[0]?.detail ?? "";
    assert.match(detail, /converted as small, and the rest will be/);
    assert.match(detail, /\(small\) takes 2\.8 GB/);
    assert.deepEqual(world.done, [`add blip2-opt-2.7b small ${HUB}`]);
  });

  it("goes on in a begun precision that is no profile, of which it knows no price", async () => {
    world.offers = [{ ...OFFER, partialBytes: 5.5e9, begunPrecision: "int8" }];
    fakeEditor.listSteps.push({ take: [OFFER.title] });
    fakeEditor.pressed.add("Download");
    await run("sightline.manageModels");
    assert.doesNotMatch(fakeEditor.messages[0]?.detail ?? "", /of memory/);
    assert.deepEqual(world.done, [`add blip2-opt-2.7b int8 ${HUB}`]);
  });

  it("lets the precision be chosen of a checkpoint in the cache, whatever was begun", async () => {
    world.offers = [{ ...OFFER, isCached: true, partialBytes: 5e9, begunPrecision: "small" }];
    fakeEditor.listSteps.push({ take: [OFFER.title] }, { take: ["balanced"] });
    fakeEditor.pressed.add("Import");
    await run("sightline.manageModels");
    assert.deepEqual(world.done, [`add blip2-opt-2.7b balanced ${HUB}`]);
  });

  it("leaves the room for the rest of a begun download to the check when it goes on", async () => {
    world.freeBytes = 5e9;
    world.offers = [{ ...OFFER, partialBytes: 12e9, begunPrecision: "balanced" }];
    fakeEditor.listSteps.push({ take: [OFFER.title] });
    fakeEditor.pressed.add("Download");
    await run("sightline.manageModels");
    assert.deepEqual(world.done, [`add blip2-opt-2.7b balanced ${HUB}`]);
  });

  it("can be cancelled, and then ends as cancelled", async () => {
    fakeEditor.listSteps.push({ take: [OFFER.title] }, { take: ["balanced"] });
    fakeEditor.pressed.add("Download");
    fakeEditor.cancelledTitle = `Getting ${OFFER.title}`;
    await run("sightline.manageModels");
    assert.deepEqual(
      world.failures.map(({ code }) => code),
      ["request.cancelled"],
    );
  });

  it("is tried again as it was agreed to, over a mirror that was set meanwhile, and offered for use", async () => {
    const offline = new AppError("hub.unreachable", "Nobody is there.");
    world.downloadFailures.push(offline);
    fakeEditor.listSteps.push({ take: [OFFER.title] }, { take: ["small"] });
    fakeEditor.pressed.add("Download").add("Use It");
    await run("sightline.manageModels");
    assert.deepEqual(world.failures, [offline]);
    fakeEditor.typed.push("https://mirror.example");
    assert.equal(await run("sightline.setHubMirror"), true);
    await world.again?.();
    const mirror = HUB.replace("https://huggingface.co", "https://mirror.example");
    assert.deepEqual(world.done, [
      `add blip2-opt-2.7b small ${HUB}`,
      "mirror https://mirror.example",
      `add blip2-opt-2.7b small ${mirror}`,
      "choose blip2-opt-2.7b",
      "load blip2-opt-2.7b",
    ]);
    assert.equal(fakeEditor.lists.length, 2);
  });

  it("takes a mirror that is encrypted or on this machine, and nothing else", async () => {
    for (const [typed, isSet] of [
      ["https://mirror.example/hf", true],
      ["http://127.0.0.1:8080", true],
      ["", true],
      [undefined, false],
      ["http://mirror.example", false],
      ["mirror.example", false],
      ["https://", false],
    ] as const) {
      fakeEditor.typed.push(typed);
      assert.equal(await run("sightline.setHubMirror"), isSet, typed);
    }
    const isMirror = (text: string): boolean => world.done.includes(`mirror ${text}`);
    assert.deepEqual([isMirror(""), isMirror("http://mirror.example")], [true, false]);
  });

  it("says what is missing on the disk and downloads nothing", async () => {
    world.freeBytes = 5e9;
    fakeEditor.listSteps.push({ take: [OFFER.title] }, { take: ["balanced"] });
    fakeEditor.pressed.add("Download");
    await run("sightline.manageModels");
    assert.match(fakeEditor.messages[0]?.text ?? "", /needs 14\.4 GB, but only 5\.0 GB are free/);
    assert.deepEqual(world.done, []);
  });

  it("does not offer a model that answers no questions for use", async () => {
    world.offers = [{ ...OFFER, kind: "retrieval" }];
    fakeEditor.listSteps.push({ take: [OFFER.title] }, { take: ["balanced"] });
    fakeEditor.pressed.add("Download").add("Use It");
    await run("sightline.manageModels");
    assert.deepEqual(world.done, [`add blip2-opt-2.7b balanced ${HUB}`]);
    assert.match(fakeEditor.messages[1]?.text ?? "", /cannot answer questions/);
  });

  it("deletes a download that was not finished and shows the list again", async () => {
    world.offers = [{ ...OFFER, partialBytes: 1e9 }];
    fakeEditor.listSteps.push({ button: "Delete the download", of: OFFER.title });
    await run("sightline.manageModels");
    assert.deepEqual(world.done, ["discard blip2-opt-2.7b"]);
    assert.equal(fakeEditor.lists.length, 2);
  });

  it("does not keep the models that are there from being used when it cannot be had", async () => {
    failCall(world.services.engine, "catalog", new AppError("internal", "No list."));
    fakeEditor.listSteps.push({ take: ["opt"] });
    await run("sightline.manageModels");
    assert.deepEqual(world.done, ["choose opt", "load opt"]);
  });

  it("keeps a token, forgets it when it is empty, and leaves it when the user leaves", async () => {
    for (const [typed, kept] of [
      [" hf_abc ", "hf_abc"],
      [undefined, "hf_abc"],
      ["", undefined],
    ] as const) {
      fakeEditor.typed.push(typed);
      await run("sightline.setHubToken");
      assert.equal(world.secrets.get("hubToken"), kept);
    }
  });

  async function run(command: CommandId, ...args: readonly unknown[]): Promise<unknown> {
    const handler = createModelManager(world.services).commands[command];
    assert.ok(handler !== undefined, command);
    return await handler(...args);
  }
});
