import assert from "node:assert/strict";
import type { FakeDocument } from "../../../helpers/editor/documents";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocument } from "../../../helpers/editor/open";
import { addPicture, AltWorld } from "../../../helpers/altServices";
import { fails, says } from "../../../helpers/chatFakes";
import { AppError } from "../../../../src/base/errors";
import { copyAltText, generateAltText } from "../../../../src/editor/documents/altCommands";

const BEFORE = "![My fox](a.png)\n";

describe("replacing a text that somebody wrote", () => {
  let world: AltWorld;
  let document: FakeDocument;

  beforeEach(() => {
    resetFakeEditor();
    addPicture("a.png");
    world = new AltWorld();
    world.engine.script = [says("a red fox")];
    document = openDocument("markdown", BEFORE, "![");
    fakeEditor.listSteps.push(() => ({ take: ["Replace the text…"] }));
  });

  it("shows the old one and the new one first, and writes what is there at Enter", async () => {
    fakeEditor.typed.push("A red fox at night");
    await generateAltText(world.services, []);
    const [box] = fakeEditor.boxes as { title?: string; prompt?: string; value?: string }[];
    assert.deepEqual([box?.prompt, box?.value], ["Now: My fox", "A red fox"]);
    assert.equal(document.text, "![A red fox at night](a.png)\n");
  });

  it("writes nothing when the person leaves", async () => {
    await generateAltText(world.services, []);
    assert.equal(fakeEditor.boxes.length, 1);
    assert.equal(document.text, BEFORE);
  });

  it("asks nothing when the model says the same", async () => {
    world.engine.script = [says("my fox")];
    await generateAltText(world.services, []);
    assert.deepEqual(fakeEditor.boxes, []);
    assert.equal(fakeEditor.notes.at(-1), "The model has no other text for this picture.");
  });
});

describe("a picture of a document that cannot be read", () => {
  it("is named with its file, which can be opened and found", async () => {
    resetFakeEditor();
    const uri = addPicture("a.png");
    const world = new AltWorld();
    world.engine.script = [fails("image.unreadable")];
    openDocument("markdown", "![](a.png)\n", "![");
    await assert.rejects(generateAltText(world.services, []), (thrown) => {
      assert.ok(thrown instanceof AppError);
      assert.deepEqual(thrown.detail, { remedy: "pictureFile", uri: uri.toString() });
      return true;
    });
  });
});

describe("copying texts", () => {
  let world: AltWorld;

  beforeEach(() => {
    resetFakeEditor();
    world = new AltWorld();
    world.engine.script = [says("a cat"), says("a dog")];
  });

  it("copies one alone, and several with the names of their pictures", async () => {
    const [a, b] = [addPicture("a.png"), addPicture("my b.png")];
    await copyAltText(world.services, [a]);
    assert.equal(fakeEditor.clipboard, "A cat");
    world.engine.script = [says("a cat"), says("a dog")];
    await copyAltText(world.services, [a, [a, b]]);
    assert.equal(fakeEditor.clipboard, "a.png\tA cat\nmy b.png\tA dog");
  });
});
