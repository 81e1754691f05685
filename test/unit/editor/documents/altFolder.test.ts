import assert from "node:assert/strict";
import { addPicture, AltWorld } from "../../../helpers/altServices";
import { says, settled } from "../../../helpers/chatFakes";
import { generateAltTextInFolders } from "../../../../src/editor/documents/altFolder";
import { fakeEditor, messageTexts, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocument } from "../../../helpers/editor/open";
import { FakeUri } from "../../../helpers/editor/values";

describe("texts for the pictures of a folder", () => {
  let world: AltWorld;
  const folder = FakeUri.file("/w/docs");

  const addText = (name: string, text: string): FakeUri => addPicture(name, text);
  const textOf = (uri: FakeUri): string | undefined =>
    fakeEditor.documents.find((document) => document.uri.toString() === uri.toString())?.text;

  beforeEach(() => {
    resetFakeEditor();
    for (const name of ["docs/a.png", "docs/b.png"]) addPicture(name);
    world = new AltWorld();
  });

  it("are written into all files with one edit, only where nobody wrote one", async () => {
    const one = addText("docs/one.md", "# One\n\n![](a.png)\n\n![Mine](b.png)\n");
    const two = addText("docs/two.mdx", "![](b.png)\n");
    addText("docs/three.md", "No picture.\n");
    world.engine.script = [says("a cat"), says("a dog")];
    fakeEditor.listSteps.push(() => ({ takeTicked: true }));
    await generateAltTextInFolders(world.services, [folder]);
    assert.equal(textOf(one), "# One\n\n![A cat](a.png)\n\n![Mine](b.png)\n");
    assert.equal(textOf(two), "![A dog](b.png)\n");
    assert.equal(fakeEditor.edits.length, 1);
    assert.deepEqual(messageTexts(), [
      "Alt texts written: 2 in 2 files. Undo in one of the files can take them back in all.",
    ]);
    // A document without a picture is not opened for it.
    assert.equal(fakeEditor.documents.length, 2);
    assert.deepEqual(
      fakeEditor.lists.at(-1)?.items.map(({ label, description }) => [label, description]),
      [
        ["docs/one.md", undefined],
        ["Line 3: a.png", "one.md"],
        ["docs/two.mdx", undefined],
        ["Line 1: b.png", "two.mdx"],
      ],
    );
  });

  it("are taken back in all files by one button, unless somebody typed since", async () => {
    for (const isTyping of [false, true]) {
      resetFakeEditor();
      addPicture("docs/a.png");
      const one = addText("docs/one.md", "![](a.png)\n");
      addText("docs/two.md", "![](a.png)\n");
      world.engine.script = [says("a cat"), says("a dog")];
      fakeEditor.listSteps.push(() => ({ takeTicked: true }));
      fakeEditor.pressed.add("Undo All");
      fakeEditor.beforePress = async () => {
        const document = fakeEditor.documents.find((open) => open.uri.path === one.path);
        if (isTyping) await document?.type(0, "x");
      };
      await generateAltTextInFolders(world.services, [folder]);
      await settled();
      const undone = fakeEditor.executed.filter(([command]) => command === "undo");
      assert.equal(undone.length, isTyping ? 0 : 1);
      if (isTyping) {
        assert.match(messageTexts().at(-1) ?? "", /^one\.md was changed since then/);
      }
    }
  });

  it("are written in a workspace that is not trusted, which fetches nothing", async () => {
    fakeEditor.isTrusted = false;
    world.remoteHosts.push("cdn.example");
    const one = addText("docs/one.md", "![](a.png) ![](https://cdn.example/b.png)\n");
    world.engine.script = [says("a cat")];
    fakeEditor.listSteps.push(() => ({ takeTicked: true }));
    await generateAltTextInFolders(world.services, [folder]);
    assert.equal(textOf(one), "![A cat](a.png) ![](https://cdn.example/b.png)\n");
    await settled();
    assert.match(messageTexts().join("\n"), /cdn\.example, and nothing is fetched/);
  });

  it("are written in a virtual workspace, through the editor's file system", async () => {
    const uri = (name: string): FakeUri => FakeUri.parse(`memfs://host/w/docs/${name}`);
    const put = (name: string, text: string): void => {
      fakeEditor.files.set(uri(name).toString(), new TextEncoder().encode(text));
    };
    fakeEditor.folders = [FakeUri.parse("memfs://host/w")];
    put("a.png", "a.png");
    put("one.md", "![](a.png)\n");
    world.engine.script = [says("a cat")];
    fakeEditor.listSteps.push(() => ({ takeTicked: true }));
    await generateAltTextInFolders(world.services, [FakeUri.parse("memfs://host/w/docs")]);
    assert.equal(textOf(uri("one.md")), "![A cat](a.png)\n");
  });

  it("leave alone what .gitignore names and what tools have made", async () => {
    addText("docs/.gitignore", "drafts/\n*.tmp.md\n");
    addText("docs/drafts/x.md", "![](../a.png)\n");
    addText("docs/x.tmp.md", "![](a.png)\n");
    addText("docs/docusaurus.config.js", "");
    addText("docs/build/x.md", "![](../a.png)\n");
    addText("docs/coverage/lcov.info", "");
    addText("docs/coverage/x.md", "![](../a.png)\n");
    addText("docs/builder/x.md", "![](../a.png)\n");
    world.engine.script = [says("a cat")];
    fakeEditor.listSteps.push((items) => {
      assert.equal(items.length, 1, items.map(({ label }) => label).join());
      return "leave";
    });
    await generateAltTextInFolders(world.services, [folder]);
    assert.equal(world.engine.requests.length, 1);
    assert.equal(fakeEditor.lists.length, 1);
    assert.deepEqual(fakeEditor.edits, []);
  });

  it("use what the editor has of a file, saved or not", async () => {
    const document = openDocument("md", "![](docs/a.png) and\n\n![](docs/b.png)\n");
    addText("page.md", "Old words.\n");
    world.engine.script = [says("a cat"), says("a dog")];
    fakeEditor.listSteps.push((items) => ({ take: items.slice(0, 1).map(({ label }) => label) }));
    await generateAltTextInFolders(world.services, [document.uri, [document.uri]]);
    assert.equal(document.text, "![A cat](docs/a.png) and\n\n![](docs/b.png)\n");
  });

  it("leave out a file that changed meanwhile, list it, and write the others", async () => {
    const one = addText("docs/one.md", "![](a.png)\n");
    const two = addText("docs/two.md", "![](b.png)\n");
    world.engine.script = [says("a cat"), says("a dog")];
    fakeEditor.listSteps.push(() => {
      addText("docs/one.md", "Gone.\n");
      return { takeTicked: true };
    });
    await generateAltTextInFolders(world.services, [folder]);
    await settled();
    assert.equal(textOf(one), "Gone.\n");
    assert.equal(textOf(two), "![A dog](b.png)\n");
    assert.match(messageTexts().join(), /1 picture has no text\. Line 1: a\.png: one\.md changed/);
  });

  it("say what was looked at where every picture has a text", async () => {
    addText("docs/one.md", "![Mine](a.png)\n");
    await generateAltTextInFolders(world.services, [folder]);
    assert.deepEqual(messageTexts(), ["Documents: 1, pictures: 1; none without a text."]);
  });

  it("are found in UTF-16", async () => {
    const uri = addText("docs/one.md", "");
    fakeEditor.files.set(uri.toString(), Buffer.from("\ufeff![Mine](a.png)\n", "utf16le"));
    await generateAltTextInFolders(world.services, [folder]);
    assert.deepEqual(messageTexts(), ["Documents: 1, pictures: 1; none without a text."]);
  });

  it("say when a folder has more documents than are searched", async () => {
    for (let index = 0; index <= 20_000; index++) addText(`docs/${index}.md`, "");
    await generateAltTextInFolders(world.services, [folder]);
    assert.deepEqual(messageTexts(), [
      "The folder has more than 20,000 documents, and only 20,000 of them were searched. Choose its subfolders one after the other for the rest.",
      "Documents: 20000, pictures: 0; none without a text.",
    ]);
  });

  it("list files that are no text, and begin nothing where nothing can be written", async () => {
    fakeEditor.files.set(`${folder.toString()}/plain.md`, Uint8Array.of(0x21, 0xff, 0xfe));
    fakeEditor.files.set(`${folder.toString()}/bad.md`, Uint8Array.of(0x21, 0x5b, 0xff, 0xfe));
    await generateAltTextInFolders(world.services, [folder]);
    assert.match(messageTexts().join(), /bad\.md is not UTF-8 text/);
    assert.doesNotMatch(messageTexts().join(), /plain\.md/);
    const readonly = FakeUri.parse("readonly:/w/docs");
    await assert.rejects(generateAltTextInFolders(world.services, [readonly]), {
      code: "document.unwritable",
    });
    fakeEditor.folders = [];
    await assert.rejects(generateAltTextInFolders(world.services, []), {
      code: "document.missing",
    });
  });
});
