import assert from "node:assert/strict";
import { fails, says, settled } from "../../../helpers/chatFakes";
import { addFile, ChatWorld } from "../../../helpers/chatServices";
import { FakeDocument, FakeTextEditor } from "../../../helpers/editor/documents";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeTabInputCustom, FakeUri } from "../../../helpers/editor/values";

describe("the chat's commands", () => {
  beforeEach(resetFakeEditor);

  it("ask about the file of a menu, and show the chat with the keyboard in it", async () => {
    const world = new ChatWorld();
    await world.run("sightline.askAboutImage", addFile("a.png"), [addFile("a.png")]);
    await world.say({ type: "ready" });
    assert.deepEqual(selected(world), ["a.png"]);
    assert.equal(world.posted("composerFocused").length, 1);
    assert.equal(world.nWarmUps, 1);
  });

  it("have the picture looked at while the question is typed, where that is wished and trusted", async () => {
    for (const [prepareAhead, isTrusted] of [
      [true, true],
      [false, true],
      [true, false],
    ] as const) {
      resetFakeEditor();
      fakeEditor.isTrusted = isTrusted;
      const world = new ChatWorld();
      world.prepareAhead = prepareAhead;
      await world.run("sightline.askAboutImage", addFile("a.png"));
      assert.deepEqual(world.engine.prepared, prepareAhead && isTrusted ? ["a.png"] : []);
    }
  });

  it("ask about all files that are selected", async () => {
    const world = new ChatWorld();
    const uris = [addFile("a.png"), addFile("b.JPG")];
    await world.run("sightline.askAboutImage", uris[1], uris);
    assert.deepEqual(await selectedOf(world), ["a.png", "b.JPG"]);
  });

  it("ask about the pictures among other files, and name the others", async () => {
    const world = new ChatWorld();
    const uris = [addFile("a.png"), addFile("notes.txt"), FakeUri.file("/w/gone.png")];
    await world.run("sightline.askAboutImage", uris[0], uris);
    assert.deepEqual(await selectedOf(world), ["a.png"]);
    assert.equal(world.shown.length, 2);
    assert.match(world.shown[0] ?? "", /notes\.txt is not a picture/);
  });

  it("refuse a file that is no picture, in a sentence", async () => {
    const world = new ChatWorld();
    await assert.rejects(world.run("sightline.askAboutImage", addFile("notes.txt")), {
      code: "image.unreadable",
      message: /notes\.txt is not a picture/,
    });
    assert.equal(world.view.webview.html, "");
  });

  it("read no more files than the chat holds", async () => {
    const world = new ChatWorld();
    const uris = Array.from({ length: 40 }, (_, n) => addFile(`${n}.png`));
    await world.run("sightline.askAboutImage", uris[0], uris);
    assert.equal((await selectedOf(world)).length, 32);
    assert.match(world.shown[0] ?? "", /first 32 pictures/);
  });

  it("ask about the picture of the reference at the cursor", async () => {
    const world = new ChatWorld();
    addFile("img/a.png");
    const document = edit("![](img/a.png)", "markdown", 3);
    await world.run("sightline.askAboutImage");
    assert.deepEqual(await selectedOf(world), ["a.png"]);
    // The menu of an editor gives the document.
    await world.run("sightline.describeImage", document.uri, { groupId: 1 });
    assert.equal(world.posted("turnAdded")[0]?.turn.pictureName, "a.png");
  });

  it("say why the picture at the cursor cannot be read", async () => {
    const world = new ChatWorld();
    edit("![](img/gone.png)", "markdown", 3);
    await assert.rejects(world.run("sightline.askAboutImage"), { code: "image.missing" });
  });

  it("ask about the picture in the active tab", async () => {
    const world = new ChatWorld();
    fakeEditor.activeTab = new FakeTabInputCustom(addFile("shown.webp"));
    await world.run("sightline.askAboutImage", { webview: "imagePreview.previewEditor" });
    assert.deepEqual(await selectedOf(world), ["shown.webp"]);
  });

  it("say of a preview that its format cannot be read, and let nobody choose another", async () => {
    const world = new ChatWorld();
    fakeEditor.folders = [FakeUri.file("/w")];
    addFile("a.png");
    for (const name of ["shown.bmp", "shown.ico"]) {
      fakeEditor.activeTab = new FakeTabInputCustom(addFile(name));
      await assert.rejects(world.run("sightline.askAboutImage"), {
        code: "image.unreadable",
        message: new RegExp(`${name} is not a picture`),
      });
    }
    assert.equal(world.view.webview.html, "");
    // What another editor shows may be anything.
    fakeEditor.activeTab = new FakeTabInputCustom(addFile("data.bin"), "hex.editor");
    fakeEditor.listSteps.push({ take: ["a.png"] });
    await world.run("sightline.askAboutImage");
    assert.deepEqual(await selectedOf(world), ["a.png"]);
  });

  it("ask about an SVG that is open as text", async () => {
    const world = new ChatWorld();
    const uri = addFile("logo.svg", "<svg/>");
    fakeEditor.activeEditor = new FakeTextEditor(new FakeDocument(uri, "xml", "<svg/>"), [0, 0]);
    await world.run("sightline.askAboutImage");
    assert.deepEqual(await selectedOf(world), ["logo.svg"]);
  });

  it("let the user choose where nothing else is meant", async () => {
    const world = new ChatWorld();
    fakeEditor.folders = [FakeUri.file("/w")];
    addFile("a.png");
    addFile("b.png");
    fakeEditor.listSteps.push({ take: ["a.png", "b.png"] });
    await world.run("sightline.askAboutImage");
    assert.deepEqual(await selectedOf(world), ["a.png", "b.png"]);
  });

  it("do nothing when the user leaves the list", async () => {
    const world = new ChatWorld();
    fakeEditor.folders = [FakeUri.file("/w")];
    addFile("a.png");
    fakeEditor.listSteps.push("leave");
    await world.run("sightline.askAboutImage");
    assert.equal(world.view.webview.html, "");
  });

  it("describe, shortly and in detail", async () => {
    const world = new ChatWorld();
    await world.run("sightline.describeImage", addFile("a.png"));
    await world.say({ type: "ready" });
    await world.run("sightline.describeImageInDetail", addFile("b.png"));
    await settled();
    const questions = world.posted("turnAdded").map(({ turn }) => turn.question);
    assert.deepEqual(questions, ["Describe this image in more detail"]);
    const [message] = world.posted("chatReplaced");
    assert.equal(message?.chat.turns[0]?.question, "Describe this image");
    const pictures = world.engine.requests.map(({ imageName }) => imageName);
    assert.equal(pictures[0], "a.png");
    assert.ok(pictures.slice(1).every((name) => name === "b.png"));
  });

  it("copy every turn of the conversation, for a spreadsheet, and say so", async () => {
    const world = new ChatWorld();
    world.engine.script = [says('a "cat"\nand a', "\tdog"), fails("image.unreadable")];
    fakeEditor.clipboard = "before";
    await world.run("sightline.copyAllAnswers");
    assert.equal(fakeEditor.clipboard, "before");
    await world.chat.askAbout([{ name: "a\tb.png", bytes: new Uint8Array([1]) }]);
    await world.say({ type: "ready" });
    await world.say({ type: "ask", question: "what?" });
    await world.say({ type: "ask", question: '"red" or\nblue?' });
    await settled();
    await world.run("sightline.copyAllAnswers");
    const rows = ['a b.png\twhat?\ta "cat" and a dog', 'a b.png\t"""red"" or blue?"\t'];
    assert.equal(fakeEditor.clipboard, rows.join("\n"));
    assert.equal(fakeEditor.notes.at(-1), "Answers copied: 1.");
  });

  it("take strange arguments of other extensions for none", async () => {
    for (const args of [[null], [42, "x"], ["file:///w/a.png"], [{}, [{}]], [undefined, []]]) {
      resetFakeEditor();
      const world = new ChatWorld();
      fakeEditor.activeTab = new FakeTabInputCustom(addFile("shown.png"));
      await world.run("sightline.askAboutImage", ...args);
      assert.deepEqual(await selectedOf(world), ["shown.png"]);
    }
  });

  it("ask a question of another feature at once", async () => {
    const world = new ChatWorld();
    const picture = { name: "x.png", bytes: new Uint8Array([1]) };
    await world.chat.ask([picture], "how many?");
    await world.say({ type: "ready" });
    assert.equal(world.posted("chatReplaced")[0]?.chat.turns[0]?.question, "how many?");
  });
});

async function selectedOf(world: ChatWorld): Promise<string[]> {
  await world.say({ type: "ready" });
  return selected(world);
}

function selected(world: ChatWorld): string[] {
  const pictures = world.posted("chatReplaced").at(-1)?.chat.pictures ?? [];
  return pictures.filter(({ isSelected }) => isSelected).map(({ name }) => name);
}

/** Opens a document with the cursor at an offset. */
function edit(text: string, language: string, at: number): FakeDocument {
  const document = new FakeDocument(FakeUri.file("/w/readme.md"), language, text);
  fakeEditor.activeEditor = new FakeTextEditor(document, [at, at]);
  return document;
}
