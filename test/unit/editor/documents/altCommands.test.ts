import assert from "node:assert/strict";
import { addPicture, AltWorld } from "../../../helpers/altServices";
import { says } from "../../../helpers/chatFakes";
import { generateAltText, markAsDecorative } from "../../../../src/editor/documents/altCommands";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocument } from "../../../helpers/editor/open";

describe("commands for one picture", () => {
  let world: AltWorld;

  beforeEach(() => {
    resetFakeEditor();
    addPicture("a.png");
    addPicture("b.png");
    world = new AltWorld();
  });

  it("ask which picture is meant when the cursor is in none", async () => {
    const document = openDocument("markdown", "words\n\n![](a.png) ![fox](b.png)\n", "words");
    world.engine.script = [says("a black cat")];
    fakeEditor.listSteps.push(() => ({ take: ["Line 3: a.png"] }));
    await generateAltText(world.services, []);
    assert.equal(document.text, "words\n\n![A black cat](a.png) ![fox](b.png)\n");
    const labels = fakeEditor.lists[0]?.items.map(({ label, description }) => [label, description]);
    assert.deepEqual(labels, [
      ["Line 3: a.png", ""],
      ["Line 3: b.png", "fox"],
    ]);
  });

  it("change nothing when none is chosen, and say when there is none", async () => {
    const document = openDocument("markdown", "words ![](a.png)\n", "words");
    await assert.rejects(markAsDecorative(world.services, []), { code: "request.cancelled" });
    assert.equal(document.text, "words ![](a.png)\n");
    resetFakeEditor();
    openDocument("markdown", "words\n");
    await assert.rejects(generateAltText(world.services, []), {
      code: "document.notEditable",
      message: "There is no picture in page.markdown.",
    });
    resetFakeEditor();
    await assert.rejects(generateAltText(world.services, []), { code: "document.missing" });
  });

  it("mark a picture of Markdown as decorative for good", async () => {
    const document = openDocument("markdown", 'a ![](a.png "T")\n', "![");
    await markAsDecorative(world.services, []);
    const marked = 'a <img src="a.png" alt="" title="T">\n';
    assert.equal(document.text, marked);
    await markAsDecorative(world.services, []);
    assert.equal(document.text, marked);
    assert.equal(fakeEditor.notes.at(-1), "The picture is marked as decorative already.");
  });

  it("take away a text that a person wrote only after a question", async () => {
    const document = openDocument("markdown", "a ![A fox](a.png)\n", "![");
    fakeEditor.listSteps.push(() => ({ take: ["Keep the text"] }));
    await markAsDecorative(world.services, []);
    assert.equal(document.text, "a ![A fox](a.png)\n");
    fakeEditor.listSteps.push(() => ({ take: ["Remove the text"] }));
    await markAsDecorative(world.services, []);
    assert.equal(document.text, 'a <img src="a.png" alt="">\n');
  });

  it("say why a picture cannot be marked, before anything is asked", async () => {
    openDocument("markdown", "[![A fox](a.png)](b)\n", "![");
    await assert.rejects(markAsDecorative(world.services, []), /link's name/);
    assert.deepEqual(fakeEditor.lists, []);
  });
});
