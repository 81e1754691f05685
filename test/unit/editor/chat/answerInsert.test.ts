import assert from "node:assert/strict";
import { says } from "../../../helpers/chatFakes";
import { addFile, ChatWorld } from "../../../helpers/chatServices";
import { FakeDocument, FakeTextEditor } from "../../../helpers/editor/documents";
import { fakeEditor, messageTexts, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";

describe("inserting an answer", () => {
  beforeEach(resetFakeEditor);

  it("replaces the selection of the editor that was active last", async () => {
    const editor = edit("text", "plaintext", [1, 3]);
    const world = await answered("a cat");
    // An image preview or the chat itself is in front now.
    fakeEditor.activeEditor = undefined;
    await fakeEditor.activeEditorChanged.fire(undefined);
    await insert(world);
    assert.equal(editor.document.text, "ta catt");
  });

  it("becomes the alternative text of the picture at the cursor", async () => {
    const editor = edit("A ![](a.png) b", "markdown", [6, 6]);
    await insert(await answered("a black cat"));
    assert.equal(editor.document.text, "A ![A black cat](a.png) b");
  });

  it("overwrites no alternative text without being asked", async () => {
    const text = "A ![My cat on my sofa](a.png) b";
    const editor = edit(text, "markdown", [6, 6]);
    const world = await answered("a black cat");
    await insert(world);
    assert.equal(editor.document.text, text);
    assert.equal(messageTexts().at(-1), "Replace the alternative text “My cat on my sofa”?");
    fakeEditor.pressed.add("Replace");
    await insert(world);
    assert.equal(editor.document.text, "A ![A black cat](a.png) b");
  });

  it("gives a decorative picture no text without being asked", async () => {
    const text = `<img src="a.png" alt="">`;
    const editor = edit(text, "html", [6, 6]);
    await insert(await answered("a black cat"));
    assert.equal(editor.document.text, text);
    assert.match(messageTexts().at(-1) ?? "", /decorative/);
  });

  it("overwrites what is no alternative text but stands in its place", async () => {
    const editor = edit("![alt text](a.png)", "markdown", [6, 6]);
    await insert(await answered("a black cat"));
    assert.equal(editor.document.text, "![A black cat](a.png)");
  });

  it("that says nothing makes no picture decorative", async () => {
    for (const [language, text] of [
      ["html", `<img src="a.png">`],
      ["html", `<img src="a.png" alt="My cat">`],
      ["markdown", "![My cat](a.png)"],
    ] as const) {
      resetFakeEditor();
      fakeEditor.pressed.add("Replace");
      const editor = edit(text, language, [6, 6]);
      await insert(await answered("a photo of"));
      assert.equal(editor.document.text, text);
      assert.match(messageTexts().at(-1) ?? "", /“a photo of” says nothing about the picture/);
    }
  });

  it("is text beside a picture, and in a document that is not well formed", async () => {
    const editor = edit("A ![](a.png) b", "markdown", [0, 0]);
    await insert(await answered("cat "));
    assert.equal(editor.document.text, "catA ![](a.png) b");
    resetFakeEditor();
    const broken = edit("<A b={ /> ![](a.png)", "mdx", [0, 0]);
    await insert(await answered("cat"));
    assert.equal(broken.document.text, "cat<A b={ /> ![](a.png)");
  });

  it("is copied where there is no editor, or one that cannot be written to", async () => {
    await insert(await answered("a cat"));
    assert.equal(fakeEditor.clipboard, "a cat");
    assert.match(messageTexts().at(-1) ?? "", /no open text editor/);
    resetFakeEditor();
    edit("text", "plaintext", [0, 0]).isReadOnly = true;
    await insert(await answered("a dog"));
    assert.equal(fakeEditor.clipboard, "a dog");
    assert.match(messageTexts().at(-1) ?? "", /cannot be changed/);
  });

  it("goes into no editor that cannot be seen any more", async () => {
    const editor = edit("text", "plaintext", [0, 0]);
    const world = await answered("a cat");
    fakeEditor.activeEditor = undefined;
    fakeEditor.visibleEditors = [];
    await insert(world);
    assert.equal(editor.document.text, "text");
    assert.equal(fakeEditor.clipboard, "a cat");
  });
});

async function answered(answer: string): Promise<ChatWorld> {
  const world = new ChatWorld();
  world.open();
  await world.say({ type: "ready" });
  world.engine.script = [says(answer)];
  await world.run("sightline.askAboutImage", addFile("a.png"));
  await world.say({ type: "ask", question: "what?" });
  return world;
}

async function insert(world: ChatWorld): Promise<void> {
  await world.say({ type: "insert", turnId: world.posted("turnAdded").at(-1)!.turn.id });
}

function edit(text: string, language: string, at: readonly [number, number]): FakeTextEditor {
  const uri = FakeUri.file(`/w/document.${language}`);
  const editor = new FakeTextEditor(new FakeDocument(uri, language, text), at);
  fakeEditor.activeEditor = editor;
  fakeEditor.visibleEditors = [editor];
  return editor;
}
