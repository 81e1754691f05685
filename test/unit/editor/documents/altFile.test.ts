import assert from "node:assert/strict";
import { mock } from "node:test";
import { addPicture, AltWorld } from "../../../helpers/altServices";
import { fails, hangs, says, settled } from "../../../helpers/chatFakes";
import { generateAltTextForFile } from "../../../../src/editor/documents/altFile";
import { fakeEditor, messageTexts, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocument, openDocumentAt } from "../../../helpers/editor/open";

const PAGE =
  "![](a.png) ![alt text](b.png)\n![My fox](c.png)\n" +
  '<img src="d.png" alt="">\n![](https://example.invalid/e.png)\n';

describe("texts for all pictures of a file", () => {
  let world: AltWorld;

  beforeEach(() => {
    resetFakeEditor();
    for (const name of ["a.png", "b.png", "c.png", "d.png"]) addPicture(name);
    world = new AltWorld();
  });

  it("are written in one step, for those that nobody wrote a text for", async () => {
    const document = openDocument("markdown", PAGE);
    world.engine.script = [says("a cat"), says("a dog")];
    fakeEditor.listSteps.push(() => ({ takeTicked: true }));
    fakeEditor.listSteps.push(() => {
      assert.equal(document.text, PAGE);
      return { takeTicked: true };
    });
    await generateAltTextForFile(world.services);
    const expected = PAGE.replace("![](a", "![A cat](a").replace("![alt text]", "![A dog]");
    assert.equal(document.text, expected);
    assert.equal(fakeEditor.edits.length, 1);
    assert.equal(fakeEditor.notes.at(-1), "Alt texts written: 2.");
    const [offered] = fakeEditor.lists;
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

  it("are not ticked where they may mean nothing, and say why", async () => {
    const document = openDocument("markdown", "![](a.png)\n![](b.png)\n![](c.png)\n");
    world.engine.doubts.set("a.png", ["outsideWorld"]).set("c.png", ["oneColor"]);
    world.engine.script = [says("a star"), says("a dog"), says("red")];
    fakeEditor.listSteps.push(
      () => ({ takeTicked: true }),
      () => ({ takeTicked: true }),
    );
    await generateAltTextForFile(world.services);
    assert.equal(document.text, "![](a.png)\n![A dog](b.png)\n![](c.png)\n");
    assert.deepEqual(
      fakeEditor.lists.at(-1)?.items.map(({ description }) => description),
      [
        "$(warning) doubtful: outside what the demo model knows",
        "",
        "$(warning) doubtful: the picture shows one colour only",
      ],
    );
  });

  it("are ticked again where somebody wrote another one by hand", async () => {
    const document = openDocument("markdown", "![](a.png)\n");
    world.engine.doubts.set("a.png", ["oneColor"]);
    world.engine.script = [says("red")];
    fakeEditor.typed.push("A red wall");
    fakeEditor.listSteps.push(
      () => ({ takeTicked: true }),
      () => ({ of: "Line 1: a.png" }),
      () => ({ takeTicked: true }),
    );
    await generateAltTextForFile(world.services);
    assert.equal(document.text, "![A red wall](a.png)\n");
  });

  it("say before they are written what the model that wrote them does not know", async () => {
    openDocument("markdown", PAGE);
    world.engine.status = { kind: "ready", model: "demo" };
    world.engine.script = [says("a cat"), says("a dog")];
    fakeEditor.listSteps.push(
      () => ({ takeTicked: true }),
      () => "leave",
    );
    await generateAltTextForFile(world.services);
    const { title, prompt, buttons } = fakeEditor.lists.at(-1) ?? {};
    assert.equal(title, "Write these alt texts?");
    assert.equal(prompt, "Demo model: knows coloured shapes only.");
    assert.match(JSON.stringify(buttons), /Get a Model for Photographs/);
    assert.deepEqual(messageTexts(), []);
  });

  it("say that the model writes English where the page is in another language", async () => {
    const text = '![](a.png)\n\n<p lang="fr"><img src="b.png"></p>\n';
    openDocumentAt("docs/de/page.md", { language: "markdown", text, cursor: "" });
    addPicture("docs/de/a.png");
    addPicture("docs/de/b.png");
    world.engine.script = [says("a cat"), says("a dog")];
    fakeEditor.listSteps.push(
      () => ({ takeTicked: true }),
      () => "leave",
    );
    await generateAltTextForFile(world.services);
    const { prompt } = fakeEditor.lists.at(-1) ?? {};
    assert.equal(prompt, "The model writes English; the page is in German and French.");
    assert.deepEqual(messageTexts(), []);
  });

  it("can be left out or changed before they are written", async () => {
    const document = openDocument("markdown", "![](a.png) ![](b.png)\n");
    world.engine.script = [says("a cat"), says("a dog")];
    fakeEditor.typed.push("A dog at night");
    fakeEditor.listSteps.push(
      () => ({ takeTicked: true }),
      () => ({ of: "Line 1: b.png" }),
      () => ({ take: ["Line 1: b.png"] }),
    );
    await generateAltTextForFile(world.services);
    assert.equal(document.text, "![](a.png) ![A dog at night](b.png)\n");
    assert.equal(fakeEditor.lists.at(-1)?.items[1]?.detail, "A dog at night");
  });

  it("are rows that name the place and then say the whole sentence, however long", async () => {
    openDocument("markdown", "![DSC01](a.png)\n\n![](b.png)\n");
    const long = `${"a long sentence about very many things ".repeat(8)}and its end`;
    world.engine.script = [says("a cat"), says(long)];
    fakeEditor.listSteps.push((items) => ({ take: items.map(({ label }) => label) }));
    await generateAltTextForFile(world.services);
    const rows = fakeEditor.lists.at(-1)?.items.map(({ label, detail }) => [label, detail]);
    const sentence = `A${long.slice(1)}`;
    assert.deepEqual(rows, [
      ["Line 1: a.png", "A cat"],
      ["Line 3: b.png", sentence],
    ]);
    const descriptions = fakeEditor.lists.at(-1)?.items.map(({ description }) => description);
    assert.deepEqual(descriptions?.[0], "now: DSC01");
    assert.match(descriptions[1] ?? "", /^\d+ characters; most guides advise/);
  });

  it("show the line of the row under the cursor", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      openDocument("markdown", "![](a.png)\n\n![](b.png)\n");
      world.engine.script = [says("a cat"), says("a dog")];
      fakeEditor.listSteps.push(
        () => ({ takeTicked: true }),
        () => ({
          take: ["Line 3: b.png"],
          after: () => {
            mock.timers.tick(1000);
          },
        }),
      );
      await generateAltTextForFile(world.services);
      assert.deepEqual(fakeEditor.revealed[0], 2);
      assert.match(JSON.stringify(fakeEditor.decorations), /A dog/);
    } finally {
      mock.timers.reset();
    }
  });

  it("are announced once they are written, because nobody reads the status bar aloud", async () => {
    fakeEditor.settings.set("editor.accessibilitySupport", "auto");
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      openDocument("markdown", "![](a.png)\n");
      world.engine.script = [says("a cat")];
      fakeEditor.listSteps.push(
        () => ({ takeTicked: true }),
        () => ({ takeTicked: true }),
      );
      await generateAltTextForFile(world.services);
      const titles = fakeEditor.progress.map(({ title }) => title);
      assert.deepEqual(titles, ["Alt texts written: 1."]);
    } finally {
      mock.timers.reset();
    }
  });

  it("are not written when a list is closed", async () => {
    const document = openDocument("markdown", "![](a.png)\n");
    await generateAltTextForFile(world.services);
    assert.deepEqual(world.engine.requests, []);
    fakeEditor.listSteps.push(
      () => ({ takeTicked: true }),
      () => "leave",
    );
    await generateAltTextForFile(world.services);
    assert.equal(document.text, "![](a.png)\n");
    assert.deepEqual(fakeEditor.edits, []);
  });

  it("keep what is done when the person cancels, and ask for no more", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const document = openDocument("markdown", "![](a.png) ![](b.png) ![](c.png)\n");
      world.engine.script = [says("a cat"), hangs()];
      fakeEditor.listSteps.push(
        () => ({ takeTicked: true }),
        () => ({ takeTicked: true }),
      );
      const done = generateAltTextForFile(world.services);
      while (world.engine.requests.length < 2) await settled();
      mock.timers.tick(1000);
      assert.equal(fakeEditor.progress[0]?.title, "Describing pictures");
      fakeEditor.progress[0].cancel();
      await done;
      assert.equal(document.text, "![A cat](a.png) ![](b.png) ![](c.png)\n");
      assert.equal(world.engine.requests.length, 2);
      assert.deepEqual(world.shown, []);
    } finally {
      mock.timers.reset();
    }
  });

  it("go on after pictures that cannot be read, and list all of them with a way to their lines", async () => {
    const text = "![](none.png) ![](a.png)\n\n![](b.png)\n";
    const document = openDocument("markdown", text);
    world.engine.script = [fails("image.unreadable"), says("a dog")];
    fakeEditor.pressed.add("Show All…");
    fakeEditor.listSteps.push(
      () => ({ takeTicked: true }),
      () => ({ takeTicked: true }),
      () => ({ take: ["Line 1: a.png"] }),
    );
    await generateAltTextForFile(world.services);
    await settled();
    assert.equal(document.text, text.replace("![](b", "![A dog](b"));
    assert.ok(messageTexts().includes("2 pictures have no text."), messageTexts().join());
    const list = fakeEditor.lists[2]?.items.map(({ label, detail }) => [label, detail]);
    assert.equal(list?.length, 2);
    assert.match(list[0]?.[1] ?? "", /There is no file for none\.png/);
    assert.deepEqual(fakeEditor.shown, [document.uri.toString()]);
    const [broken] = world.failures;
    assert.deepEqual([world.failures.length, broken?.detail?.["remedy"]], [1, "pictureFile"]);
    assert.match(String(broken?.detail?.["uri"]), /\/a\.png$/);
    assert.equal(world.warnings.length, 2);
    assert.match(world.warnings.join(), /page\.markdown:1: image\.missing/);
  });

  it("name the one picture that cannot be read, and go to it", async () => {
    openDocument("markdown", "Words\n\n![](none.png)\n");
    fakeEditor.pressed.add("Go to Line");
    fakeEditor.listSteps.push(() => ({ takeTicked: true }));
    await generateAltTextForFile(world.services);
    await settled();
    assert.match(messageTexts().join(), /^1 picture has no text\. Line 3: none\.png: There is/);
    assert.equal(fakeEditor.shown.length, 1);
    // There is no file to open.
    assert.deepEqual(world.shown, []);
  });

  it("fetch nothing without a question, and ask once for one picture in two places", async () => {
    const text = "![](https://example.invalid/e.png) ![](a.png) ![](a.png)\n";
    const document = openDocument("markdown", text);
    world.engine.script = [says("a cat")];
    const all = ["Line 1: e.png", "Line 1: a.png"];
    fakeEditor.listSteps.push(
      (items) => ({ take: [...all, ...items.slice(2).map(({ label }) => label)] }),
      () => ({ takeTicked: true }),
    );
    await generateAltTextForFile(world.services);
    assert.deepEqual(messageTexts(), ["Fetch this picture from example.invalid?"]);
    assert.equal(world.engine.requests.length, 1);
    assert.ok(document.text.startsWith("![](https://"), document.text);
  });

  it("say when there is no document, or none that needs a text", async () => {
    await assert.rejects(generateAltTextForFile(world.services), { code: "document.missing" });
    openDocument("html", '<img src="a.png" alt="">');
    await generateAltTextForFile(world.services);
    assert.deepEqual(messageTexts(), ["page.html has no picture that needs a text."]);
  });
});
