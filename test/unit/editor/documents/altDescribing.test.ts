import assert from "node:assert/strict";
import { addPicture, AltWorld } from "../../../helpers/altServices";
import { says } from "../../../helpers/chatFakes";
import { generateAltText } from "../../../../src/editor/documents/altCommands";
import { imageFor } from "../../../../src/editor/documents/altTarget";
import { fakeEditor, messageTexts, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocument, openDocumentAt } from "../../../helpers/editor/open";

const LONG = `A fox ${"that runs through the tall grass ".repeat(12)}in the evening`;

describe("a text of a model with limits", () => {
  it("comes once in a window with a word about them", async () => {
    resetFakeEditor();
    addPicture("a.png");
    const world = new AltWorld();
    world.engine.status = { kind: "ready", model: "demo" };
    world.engine.script = [says("a red star"), says("a red star"), says("a dog")];
    fakeEditor.pressed.add("Get a Model for Photographs");
    for (let i = 0; i < 2; i++) {
      openDocument("markdown", "![](a.png)\n", "![](a");
      await generateAltText(world.services, []);
    }
    const words = "Demo model: knows coloured shapes only. Read what it wrote before you keep it.";
    assert.deepEqual(messageTexts(), [words]);
    assert.deepEqual(
      (await executed()).map(([command]) => command),
      ["sightline.manageModels"],
    );
  });

  it("comes without a word from any other model", async () => {
    resetFakeEditor();
    addPicture("a.png");
    const world = new AltWorld();
    world.engine.script = [says("a dog")];
    openDocument("markdown", "![](a.png)\n", "![](a");
    await generateAltText(world.services, []);
    assert.deepEqual(messageTexts(), []);
  });
});

describe("an English text in a page of another language", () => {
  let world: AltWorld;

  beforeEach(() => {
    resetFakeEditor();
    world = new AltWorld();
    world.engine.script = [says("a dog"), says("a dog")];
  });

  const write = async (path: string, text = "![](a.png)\n"): Promise<string> => {
    addPicture(`${path.slice(0, path.lastIndexOf("/") + 1)}a.png`);
    const document = openDocumentAt(path, { language: "markdown", text, cursor: "![](a" });
    await generateAltText(world.services, []);
    return document.text;
  };

  it("comes once in a window with a word about it, and with no attribute", async () => {
    const text = await write("docs/de/page.md");
    await write("docs/fr/page.md");
    const words = "The model writes English; the page is in German.";
    assert.deepEqual(messageTexts(), [`${words} Read what it wrote before you keep it.`]);
    assert.equal(text, "![A dog](a.png)\n");
  });

  it("comes in the same sentence as what the model does not know", async () => {
    world.engine.status = { kind: "ready", model: "demo" };
    await write("page.md", "---\nlang: pt-BR\n---\n![](a.png)\n");
    const words =
      "knows coloured shapes only. The model writes English; the page is in Brazilian Port";
    assert.equal(messageTexts().length, 1);
    assert.match(messageTexts().join(), new RegExp(words));
  });

  it("is told by the editor's language where the page says nothing", async () => {
    fakeEditor.language = "de";
    await write("docs/en/page.md");
    assert.deepEqual(messageTexts(), []);
    await write("page.md");
    assert.match(messageTexts().join(), /^The model writes English\. Read/);
  });
});

describe("the warning about a long text", () => {
  let world: AltWorld;

  beforeEach(() => {
    resetFakeEditor();
    addPicture("a.png");
    world = new AltWorld();
    world.engine.script = [says(LONG)];
  });

  it("offers to refine the picture that got it, wherever it is by then", async () => {
    const document = openDocument("markdown", "![](a.png)\n\n![fox](b.png)\n", "![](a");
    fakeEditor.pressed.add("Refine…");
    fakeEditor.beforePress = () => document.type(0, "![first](c.png)\n\nA new paragraph.\n\n");
    await generateAltText(world.services, []);
    assert.match(messageTexts().join(), /The alt text is long/);
    const [[command, argument] = []] = await executed();
    assert.equal(command, "sightline.refineAltText");
    const image = await imageFor(world.services, [argument]);
    assert.equal(image?.reference.target.value, "a.png");
    assert.equal(image.reference.alt, LONG);
  });

  it("hits no other picture when its own is gone or another looks the same", async () => {
    const document = openDocument("markdown", "![](a.png)\n\n![fox](b.png)\n", "![](a");
    fakeEditor.pressed.add("Refine…");
    await generateAltText(world.services, []);
    const [[, argument] = []] = await executed();
    const before = document.text;
    document.text = `![${LONG}](a.png)${before}`;
    document.version++;
    await assert.rejects(imageFor(world.services, [argument]), { code: "document.changed" });
    document.text = "![fox](b.png)";
    document.version++;
    await assert.rejects(imageFor(world.services, [argument]), { code: "document.changed" });
    document.text = before;
    document.version++;
    assert.equal((await imageFor(world.services, [argument]))?.reference.alt, LONG);
  });

  it("is only a warning when the document changed while the text was written", async () => {
    const document = openDocument("markdown", "![](a.png)\n", "![](a");
    fakeEditor.pressed.add("Refine…");
    const original = document.change.bind(document);
    document.change = (changes) => {
      original(changes);
      document.change = original;
      document.insert(0, "typed ");
    };
    await generateAltText(world.services, []);
    assert.match(messageTexts().join(), /The alt text is long/);
    await new Promise(setImmediate);
    const others = fakeEditor.executed.filter(([command]) => command !== "setContext");
    assert.deepEqual(others, []);
  });
});

/** The warning waits for nobody, so neither does the command behind its button. */
async function executed(): Promise<readonly (readonly unknown[])[]> {
  // A step of the walkthrough is ticked beside it.
  const commands = (): (readonly unknown[])[] =>
    fakeEditor.executed.filter(([command]) => command !== "setContext");
  for (let turn = 0; turn < 100 && commands().length === 0; turn++) {
    await new Promise(setImmediate);
  }
  return commands();
}
