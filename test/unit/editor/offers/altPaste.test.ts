import assert from "node:assert/strict";
import { addPicture, AltWorld } from "../../../helpers/altServices";
import { fails, says, settled } from "../../../helpers/chatFakes";
import { registerAltProviders } from "../../../../src/editor/offers/altProviders";
import type { FakeDocument } from "../../../helpers/editor/documents";
import { fakeEditor, messageTexts, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocument } from "../../../helpers/editor/open";
import { type FakeEdit, type FakeKind, FakeUri } from "../../../helpers/editor/values";

interface PasteEdit {
  readonly insertText: string;
  readonly kind: FakeKind;
  readonly yieldTo: readonly FakeKind[];
  readonly additionalEdit: FakeEdit;
}

interface Item {
  asFile?(): object | undefined;
  asString?(): Promise<string>;
}

const BITMAP: Item = {
  asFile: () => ({ name: "image.png", data: () => Promise.resolve(new Uint8Array([1, 2])) }),
};
const list = (...uris: readonly string[]): Map<string, Item> =>
  new Map([["text/uri-list", { asString: () => Promise.resolve(uris.join("\r\n")) }]]);
const bitmap = (): Map<string, Item> => new Map([["image/png", BITMAP]]);

describe("pasting and dropping a picture into Markdown", () => {
  let world: AltWorld;
  let document: FakeDocument;
  let registered: { dispose(): void };

  beforeEach(() => {
    resetFakeEditor();
    addPicture("a.png");
    world = new AltWorld();
    document = openDocument("markdown", "words\n");
    registered = registerAltProviders(world.services);
  });

  afterEach(() => {
    registered.dispose();
  });

  const token = { isCancellationRequested: false };

  async function paste(
    transfer: Map<string, Item>,
    context: { readonly only?: FakeKind } = {},
    target = document,
  ): Promise<PasteEdit | undefined> {
    const { provider } = fakeEditor.providers.get("paste") ?? {};
    const edits = await (
      provider as {
        provideDocumentPasteEdits(...given: unknown[]): Promise<PasteEdit[]> | undefined;
      }
    ).provideDocumentPasteEdits(target, [], transfer, context, token);
    return edits?.[0];
  }

  async function drop(transfer: Map<string, Item>): Promise<PasteEdit | undefined> {
    const { provider } = fakeEditor.providers.get("drop") ?? {};
    return (
      await (
        provider as {
          provideDocumentDropEdits(...given: unknown[]): Promise<PasteEdit[] | undefined>;
        }
      ).provideDocumentDropEdits(document, {}, transfer, token)
    )?.[0];
  }

  it("inserts a reference to a new file, and its text once it is there", async () => {
    world.engine.script = [says("a black cat")];
    const edit = await paste(bitmap());
    assert.equal(edit?.insertText, "![](image.png)");
    assert.deepEqual(edit.additionalEdit.created, ["file:///w/image.png"]);
    await document.type(6, edit.insertText);
    await until(() => document.text.includes("cat"));
    assert.equal(document.text, "words\n![A black cat](image.png)");
  });

  it("offers the file that is there first, when the workspace has the very picture", async () => {
    const call = world.engine.call.bind(world.engine);
    const asked: unknown[] = [];
    world.engine.call = (async (method: string, params: never, options: never) => {
      if (method !== "samePictures") return await call("thumbnail", params, options);
      asked.push(params);
      return { files: ["/w/img/known.png"] };
    }) as typeof call;
    const { provider } = fakeEditor.providers.get("paste") ?? {};
    const edits = await (
      provider as { provideDocumentPasteEdits(...given: unknown[]): Promise<PasteEdit[]> }
    ).provideDocumentPasteEdits(document, [], bitmap(), {}, token);
    assert.deepEqual(
      edits.map(({ insertText, additionalEdit }) => [insertText, additionalEdit.created]),
      [
        ["![](img/known.png)", []],
        ["![](image.png)", ["file:///w/image.png"]],
      ],
    );
    const digest = "a12871fee210fb8619291eaea194581cbd2531e4b23759d225f6806923f63222";
    assert.deepEqual(asked, [{ folders: ["/w"], exclude: [], digest, size: 2 }]);
  });

  it("refers to files of the workspace as they are, from the clipboard and by mouse", async () => {
    for (const act of [paste, drop]) {
      const edit = await act(list("file:///w/a.png", "file:///w/img/b.png"));
      assert.equal(edit?.insertText, "![](a.png) ![](img/b.png)");
      assert.deepEqual(edit.additionalEdit.created, []);
    }
    world.engine.script = [says("a dog")];
    const edit = await drop(list("file:///w/a.png"));
    await document.type(0, `${edit?.insertText ?? ""} `);
    await until(() => document.text.includes("dog"));
    assert.equal(document.text, "![A dog](a.png) words\n");
  });

  it("gives one picture its text although the one before it cannot be described", async () => {
    addPicture("b.png");
    world.engine.script = [fails("image.unreadable"), says("a dog")];
    const edit = await paste(list("file:///w/a.png", "file:///w/b.png"));
    await document.type(0, edit?.insertText ?? "");
    await until(() => world.shown.length > 0);
    assert.equal(document.text, "![](a.png) ![A dog](b.png)words\n");
    assert.deepEqual(
      world.failures.map(({ code }) => code),
      ["image.unreadable"],
    );
  });

  it("does nothing where the setting is off", async () => {
    world.altOnPaste = false;
    assert.equal(await paste(bitmap()), undefined);
    assert.equal(await paste(list("file:///w/a.png")), undefined);
    assert.equal(await drop(bitmap()), undefined);
    await document.type(0, "![](a.png)");
    assert.deepEqual(world.engine.requests, []);
  });

  it("offers the setting where it is off, once, when a picture has arrived", async () => {
    world.altOnPaste = false;
    await paste(bitmap());
    await document.type(0, "words");
    await settled();
    assert.deepEqual(messageTexts(), []);
    await document.type(0, "![alt text](image.png)");
    await until(() => messageTexts().length > 0);
    assert.match(messageTexts().join(), /can write the alt text of pictures that you paste/);
    assert.equal(world.altOnPaste, false);
    await paste(bitmap());
    await document.type(0, "![alt text](image-1.png)");
    await settled();
    assert.equal(messageTexts().length, 1);
  });

  it("turns the setting on for whoever wants it", async () => {
    world.altOnPaste = false;
    fakeEditor.pressed.add("Turn On");
    await drop(list("file:///w/a.png"));
    await document.type(0, "![](a.png)");
    await until(() => world.altOnPaste);
    assert.equal(world.altOnPaste, true);
  });

  it("offers nothing for a text, and never again to whoever said so", async () => {
    world.altOnPaste = false;
    await paste(list("file:///w/a.pdf"));
    await document.type(0, "![](a.pdf)");
    await settled();
    assert.deepEqual(messageTexts(), []);
    fakeEditor.pressed.add("Don't Ask Again");
    await paste(bitmap());
    await document.type(0, "![](image.png)");
    await until(() => world.memory.nUpdates > 0);
    registered.dispose();
    registered = registerAltProviders(world.services);
    await paste(bitmap());
    await document.type(0, "![](image.png)");
    await settled();
    assert.equal(messageTexts().length, 1);
  });

  it("leaves to others what is no picture, lies elsewhere, or has no folder beside it", async () => {
    assert.equal(await paste(list("file:///w/a.pdf")), undefined);
    assert.equal(await paste(list("file:///w/a.png", "file:///w/a.pdf")), undefined);
    assert.equal(await drop(list("https://example.invalid/a.png")), undefined);
    assert.equal(await paste(new Map()), undefined);
    const cell = FakeUri.from({ scheme: "vscode-notebook-cell", path: "/w/a.ipynb" });
    const inCell = Object.assign(openDocument("markdown", ""), { uri: cell });
    assert.equal(await paste(bitmap(), {}, inCell), undefined);
  });

  it("yields to text that came with the bitmap and to notebooks, and to nobody's words", async () => {
    for (const edit of [await paste(bitmap()), await drop(bitmap())]) {
      assert.ok(edit !== undefined);
      const yieldsTo = (kind: string): boolean => edit.yieldTo.some(({ value }) => value === kind);
      assert.ok(yieldsTo("text"));
      assert.ok(yieldsTo("markdown.link.image.attachment"));
      assert.ok(!yieldsTo("markdown.link.image") && !yieldsTo("markdown"));
    }
  });

  it("comes only when its kind is asked for", async () => {
    const edit = await paste(bitmap());
    assert.ok(edit !== undefined);
    const other = Object.assign(Object.create(edit.kind) as FakeKind, { contains: () => false });
    assert.equal(await paste(bitmap(), { only: other }), undefined);
    assert.ok((await paste(bitmap(), { only: edit.kind })) !== undefined);
  });

  it("overwrites no text that somebody wrote meanwhile", async () => {
    world.engine.script = [
      async () => {
        document.insert(2, "typed");
        return Promise.resolve("a cat");
      },
    ];
    const edit = await paste(list("file:///w/a.png"));
    await document.type(0, edit?.insertText ?? "");
    await until(() => document.text.includes("typed"));
    await settled();
    assert.ok(document.text.startsWith("![typed](a.png)"), document.text);
    assert.deepEqual(world.shown, []);
  });
});

/** What follows a paste waits for nobody. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !condition(); turn++) await settled();
}
