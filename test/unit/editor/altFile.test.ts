import assert from "node:assert/strict";
import { mock } from "node:test";
import { altEditor, openDocument, resetAltEditor } from "../../helpers/fakeAltEditor";
import { addPicture, AltWorld } from "../../helpers/altServices";
import { fails, hangs, says, settled } from "../../helpers/chatFakes";
import { generateAltTextForFile } from "../../../src/editor/altFile";

const PAGE =
  "![](a.png) ![alt text](b.png)\n![My fox](c.png)\n" +
  '<img src="d.png" alt="">\n![](https://example.invalid/e.png)\n';

describe("texts for all pictures of a file", () => {
  let world: AltWorld;

  beforeEach(() => {
    resetAltEditor();
    for (const name of ["a.png", "b.png", "c.png", "d.png"]) addPicture(name);
    world = new AltWorld();
  });

  it("are written in one step, for those that nobody wrote a text for", async () => {
    const document = openDocument("markdown", PAGE);
    world.engine.script = [says("a cat"), says("a dog")];
    altEditor.listSteps.push(() => ({ takeTicked: true }));
    altEditor.listSteps.push(() => {
      assert.equal(document.text, PAGE);
      return { takeTicked: true };
    });
    await generateAltTextForFile(world.services);
    const expected = PAGE.replace("![](a", "![A cat](a").replace("![alt text]", "![A dog]");
    assert.equal(document.text, expected);
    assert.equal(altEditor.edits.length, 1);
    assert.equal(altEditor.notes.at(-1), "Alt texts written: 2.");
    const [offered] = altEditor.lists;
    assert.deepEqual(
      offered?.items.map(({ label, picked }) => [label, picked]),
      [
        ["Line 1: a.png", true],
        ["Line 1: b.png", true],
        ["Line 2: c.png", false],
        ["Line 4: e.png", false],
      ],
    );
  });

  it("say before they are written what the model that wrote them does not know", async () => {
    openDocument("markdown", PAGE);
    world.engine.status = { kind: "ready", model: "demo" };
    world.engine.script = [says("a cat"), says("a dog")];
    altEditor.listSteps.push(
      () => ({ takeTicked: true }),
      () => "leave",
    );
    await generateAltTextForFile(world.services);
    assert.equal(
      altEditor.lists.at(-1)?.title,
      "Write these alt texts? Demo model: knows coloured shapes only.",
    );
    assert.deepEqual(altEditor.messages, []);
  });

  it("can be left out or changed before they are written", async () => {
    const document = openDocument("markdown", "![](a.png) ![](b.png)\n");
    world.engine.script = [says("a cat"), says("a dog")];
    altEditor.typed.push("A dog at night");
    altEditor.listSteps.push(
      () => ({ takeTicked: true }),
      () => ({ button: "A dog" }),
      () => ({ take: ["A dog at night"] }),
    );
    await generateAltTextForFile(world.services);
    assert.equal(document.text, "![](a.png) ![A dog at night](b.png)\n");
  });

  it("are not written when a list is closed", async () => {
    const document = openDocument("markdown", "![](a.png)\n");
    await generateAltTextForFile(world.services);
    assert.deepEqual(world.engine.requests, []);
    altEditor.listSteps.push(
      () => ({ takeTicked: true }),
      () => "leave",
    );
    await generateAltTextForFile(world.services);
    assert.equal(document.text, "![](a.png)\n");
    assert.deepEqual(altEditor.edits, []);
  });

  it("keep what is done when the person cancels, and ask for no more", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const document = openDocument("markdown", "![](a.png) ![](b.png) ![](c.png)\n");
      world.engine.script = [says("a cat"), hangs()];
      altEditor.listSteps.push(
        () => ({ takeTicked: true }),
        () => ({ takeTicked: true }),
      );
      const done = generateAltTextForFile(world.services);
      while (world.engine.requests.length < 2) await settled();
      mock.timers.tick(1000);
      assert.equal(altEditor.progress[0]?.title, "Describing pictures");
      altEditor.progress[0].cancel();
      await done;
      assert.equal(document.text, "![A cat](a.png) ![](b.png) ![](c.png)\n");
      assert.equal(world.engine.requests.length, 2);
      assert.deepEqual(world.shown, []);
    } finally {
      mock.timers.reset();
    }
  });

  it("go on after a picture that cannot be read, and say so", async () => {
    const document = openDocument("markdown", "![](none.png) ![](a.png) ![](b.png)\n");
    world.engine.script = [fails("image.unreadable"), says("a dog")];
    altEditor.listSteps.push(
      () => ({ takeTicked: true }),
      () => ({ takeTicked: true }),
    );
    await generateAltTextForFile(world.services);
    assert.equal(document.text, "![](none.png) ![](a.png) ![A dog](b.png)\n");
    assert.match(
      world.shown.join(),
      /2 pictures have no text\. The first: There is no file for none/,
    );
  });

  it("fetch nothing without a question, and ask once for one picture in two places", async () => {
    const text = "![](https://example.invalid/e.png) ![](a.png) ![](a.png)\n";
    const document = openDocument("markdown", text);
    world.engine.script = [says("a cat")];
    const all = ["Line 1: e.png", "Line 1: a.png"];
    altEditor.listSteps.push(
      (items) => ({ take: [...all, ...items.slice(2).map(({ label }) => label)] }),
      () => ({ takeTicked: true }),
    );
    await generateAltTextForFile(world.services);
    assert.deepEqual(altEditor.messages, ["Fetch this picture from example.invalid?"]);
    assert.equal(world.engine.requests.length, 1);
    assert.ok(document.text.startsWith("![](https://"), document.text);
  });

  it("say when there is no document, or none that needs a text", async () => {
    await assert.rejects(generateAltTextForFile(world.services), { code: "document.missing" });
    openDocument("html", '<img src="a.png" alt="">');
    await generateAltTextForFile(world.services);
    assert.deepEqual(altEditor.messages, ["page.html has no picture that needs a text."]);
  });
});
