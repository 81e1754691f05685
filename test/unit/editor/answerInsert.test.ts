import assert from "node:assert/strict";
import {
  chatEditor,
  FakeDocument,
  FakeTextEditor,
  FakeUri,
  resetChatEditor,
} from "../../helpers/fakeChatEditor";
import { says } from "../../helpers/chatFakes";
import { addFile, ChatWorld } from "../../helpers/chatServices";

describe("inserting an answer", () => {
  beforeEach(resetChatEditor);

  it("replaces the selection of the editor that was active last", async () => {
    const editor = edit("text", "plaintext", [1, 3]);
    const world = await answered("a cat");
    // An image preview or the chat itself is in front now.
    chatEditor.activeEditor = undefined;
    await chatEditor.activeEditorChanged.fire(undefined);
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
    assert.equal(chatEditor.messages.at(-1), "Replace the alternative text “My cat on my sofa”?");
    chatEditor.press = "Replace";
    await insert(world);
    assert.equal(editor.document.text, "A ![A black cat](a.png) b");
  });

  it("gives a decorative picture no text without being asked", async () => {
    const text = `<img src="a.png" alt="">`;
    const editor = edit(text, "html", [6, 6]);
    await insert(await answered("a black cat"));
    assert.equal(editor.document.text, text);
    assert.match(chatEditor.messages.at(-1) ?? "", /decorative/);
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
      resetChatEditor();
      chatEditor.press = "Replace";
      const editor = edit(text, language, [6, 6]);
      await insert(await answered("a photo of"));
      assert.equal(editor.document.text, text);
      assert.match(chatEditor.messages.at(-1) ?? "", /“a photo of” says nothing about the picture/);
    }
  });

  it("is text beside a picture, and in a document that is not well formed", async () => {
    const editor = edit("A ![](a.png) b", "markdown", [0, 0]);
    await insert(await answered("cat "));
    assert.equal(editor.document.text, "catA ![](a.png) b");
    resetChatEditor();
    const broken = edit("<A b={ /> ![](a.png)", "mdx", [0, 0]);
    await insert(await answered("cat"));
    assert.equal(broken.document.text, "cat<A b={ /> ![](a.png)");
  });

  it("is copied where there is no editor, or one that cannot be written to", async () => {
    await insert(await answered("a cat"));
    assert.equal(chatEditor.clipboard, "a cat");
    assert.match(chatEditor.messages.at(-1) ?? "", /no open text editor/);
    resetChatEditor();
    edit("text", "plaintext", [0, 0]).isReadOnly = true;
    await insert(await answered("a dog"));
    assert.equal(chatEditor.clipboard, "a dog");
    assert.match(chatEditor.messages.at(-1) ?? "", /cannot be changed/);
  });

  it("goes into no editor that cannot be seen any more", async () => {
    const editor = edit("text", "plaintext", [0, 0]);
    const world = await answered("a cat");
    chatEditor.activeEditor = undefined;
    chatEditor.visibleEditors = [];
    await insert(world);
    assert.equal(editor.document.text, "text");
    assert.equal(chatEditor.clipboard, "a cat");
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
  chatEditor.activeEditor = editor;
  chatEditor.visibleEditors = [editor];
  return editor;
}
