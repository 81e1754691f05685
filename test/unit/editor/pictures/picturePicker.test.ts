import assert from "node:assert/strict";
import { addFile, ChatWorld } from "../../../helpers/chatServices";
import { FakeDocument, FakeTextEditor } from "../../../helpers/editor/documents";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";

describe("choosing pictures", () => {
  beforeEach(() => {
    resetFakeEditor();
    fakeEditor.folders = [FakeUri.file("/w")];
  });

  it("offers what was used, what is near and the rest, and any other file", async () => {
    const world = new ChatWorld();
    await world.run("sightline.askAboutImage", addFile("used.png"));
    addFile("docs/near.png");
    addFile("far/away.png");
    const document = new FakeDocument(FakeUri.file("/w/docs/readme.md"), "markdown", "text");
    fakeEditor.activeEditor = new FakeTextEditor(document, [0, 0]);
    await world.run("sightline.addPictures");
    assert.deepEqual(
      fakeEditor.lists[0]?.items.map(({ label, description = "" }) => `${label}|${description}`),
      [
        ...["recently used|", "used.png|", "near the open document|", "near.png|docs"],
        ...["in the workspace|", "away.png|far", "|", "Choose a file…|"],
      ],
    );
  });

  it("shows files themselves, and small copies of what other file systems hold", async () => {
    const world = new ChatWorld();
    addFile("a.png");
    const remote = FakeUri.parse("memfs://host/w/b.png");
    fakeEditor.files.set(remote.toString(), new Uint8Array([1, 2]));
    fakeEditor.listSteps.push({ leaveFrom: "b.png" });
    await world.run("sightline.addPictures");
    const icons = new Map(
      fakeEditor.lists[0]?.items.map(({ label, iconPath }) => [label, iconPath]),
    );
    assert.equal(String(icons.get("a.png")), "file:///w/a.png");
    assert.match(String(icons.get("b.png")), /^data:image\/webp;base64,/);
    assert.equal(world.engine.thumbnails.length, 1);
  });

  it("takes Enter without a tick for the line that it was pressed on", async () => {
    const world = new ChatWorld();
    addFile("a.png");
    addFile("b.png");
    fakeEditor.listSteps.push({ enter: "b.png" });
    await world.run("sightline.addPictures");
    assert.deepEqual(await selectedOf(world), ["b.png"]);
  });

  it("opens the file dialog for its line, beside what else is ticked", async () => {
    const world = new ChatWorld();
    addFile("a.png");
    fakeEditor.listSteps.push({ take: ["a.png", "Choose a file…"] });
    fakeEditor.chosenFiles = [addFile("elsewhere.png")];
    await world.run("sightline.addPictures");
    assert.deepEqual(await selectedOf(world), ["a.png", "elsewhere.png"]);
  });

  it("opens the file dialog at once in a window without folders", async () => {
    const world = new ChatWorld();
    fakeEditor.folders = [];
    await world.run("sightline.addPictures");
    assert.deepEqual([fakeEditor.nDialogs, fakeEditor.lists.length], [1, 0]);
    assert.equal(world.view.webview.html, "");
  });

  it("says that there are more than it lists", async () => {
    const world = new ChatWorld();
    for (let n = 0; n < 2001; n++) addFile(`${n}.png`, "x");
    await world.run("sightline.addPictures");
    assert.match(fakeEditor.lists[0]?.title ?? "", /first 2000/);
  });

  it("finds by its name a picture that is not among the listed ones, and keeps what is ticked", async () => {
    const world = new ChatWorld();
    for (let n = 0; n < 5000; n++) addFile(`many/p${n}.png`, "x");
    fakeEditor.listSteps.push(
      { type: "P4999", ticked: ["p7.png"] },
      { take: ["p7.png", "p4999.png"] },
    );
    await world.run("sightline.addPictures");
    assert.deepEqual(await selectedOf(world), ["p7.png", "p4999.png"]);
    const found = fakeEditor.lists.at(-1)?.items.filter(({ label }) => label === "p4999.png");
    assert.deepEqual(
      found?.map(({ alwaysShow, description }) => [alwaysShow, description]),
      [[true, "many"]],
    );
  });

  it("lists everything where there is little, and nothing twice", async () => {
    const world = new ChatWorld();
    addFile("a.png");
    fakeEditor.listSteps.push({ type: "a" }, "leave");
    await world.run("sightline.addPictures");
    assert.deepEqual(
      fakeEditor.lists.at(-1)?.items.map(({ label }) => label),
      ["in the workspace", "a.png", "", "Choose a file…"],
    );
  });

  it("adds what the page's button chooses", async () => {
    const world = new ChatWorld();
    world.open();
    await world.say({ type: "ready" });
    addFile("a.png");
    fakeEditor.listSteps.push({ take: ["a.png"] });
    await world.say({ type: "pickPictures" });
    assert.deepEqual(
      world.posted("picturesChanged")[0]?.pictures.map(({ name }) => name),
      ["a.png"],
    );
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
