import assert from "node:assert/strict";
import { KnownTexts } from "../../../../src/editor/search/knownTexts";
import { openFirst } from "../../../../src/editor/indexing/openFirst";
import { PictureFinder } from "../../../../src/editor/search/pictureFinder";
import { WorkspacePictures } from "../../../../src/editor/indexing/workspacePictures";
import type { Services } from "../../../../src/editor/shell/services";
import { AltWorld } from "../../../helpers/altServices";
import { FakeMemento } from "../../../helpers/chatFakes";
import { FakeDocument } from "../../../helpers/editor/documents";
import { fakeEditor, messageTexts, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";
import { until } from "../../../helpers/waiting";

/** Only against hangs. */
const LIMIT_MS = 60_000;
const { signal } = new AbortController();
const run = { signal, onProgress: (): void => undefined };

describe("the pictures of a window", () => {
  let files: string[];
  let known: Set<string>;
  let calls: string[];
  /** Of each picture, by the test's own clock. */
  let msEach: number;
  let memory: FakeMemento;
  /** While pictures are looked at, before anything is known of them. */
  let during: () => Promise<void>;
  let make: () => WorkspacePictures;
  let pictures: WorkspacePictures;
  const now = performance.now.bind(performance);

  beforeEach(() => {
    resetFakeEditor();
    fakeEditor.folders = [FakeUri.file("/w")];
    [files, known, calls, msEach] = [["/w/a.png"], new Set(), [], 0];
    during = () => Promise.resolve();
    memory = new FakeMemento();
    // Real time goes on, and work takes what the test says.
    let workedMs = 0;
    performance.now = () => now() + workedMs;
    const call = async (method: string, params: { readonly files: readonly string[] }) => {
      calls.push(method);
      const skipped: object[] = [];
      await Promise.resolve();
      if (method === "listPictures") return { files: [...files], skipped };
      if (method === "knownPictures") {
        const fresh = params.files.filter((file) => !known.has(file));
        return { fresh, skipped, bytesEach: 24_000 };
      }
      workedMs += params.files.length * msEach;
      for (const file of params.files) known.add(file);
      await during();
      return { nFiles: known.size, skipped };
    };
    const services = { engine: { call }, context: { workspaceState: memory } };
    make = () => new WorkspacePictures(services as unknown as Services);
    pictures = make();
  });
  afterEach(() => {
    performance.now = now;
    pictures.dispose();
  });

  it("are told of a switch of branches once, and found as they are by then", async () => {
    let nTold = 0;
    pictures.onDidChange(() => nTold++);
    await pictures.look(run);
    files = Array.from({ length: 10_000 }, (_, i) => `/w/branch/${i}.png`);
    for (const file of files) void fakeEditor.fileChanged.fire(FakeUri.file(file));
    await until(() => nTold > 0, "the word of the change", LIMIT_MS);
    const looked = await pictures.look(run);
    assert.deepEqual([nTold, looked.files.length, known.size], [1, 10_000, 10_001]);
    assert.equal(calls.filter((name) => name === "listPictures").length, 2);
  });

  for (const { what, happens, expected } of [
    {
      what: "a file appears",
      happens: async () => {
        files = ["/w/a.png", "/w/new.png"];
        await fakeEditor.fileCreated.fire(FakeUri.file("/w/new.png"));
      },
      expected: ["/w/a.png", "/w/new.png"],
    },
    {
      what: "a file changes",
      happens: async () => {
        known.delete("/w/a.png");
        await fakeEditor.fileChanged.fire(FakeUri.file("/w/a.png"));
      },
      expected: ["/w/a.png"],
    },
    {
      what: "a file is renamed",
      happens: async () => {
        files = ["/w/b.png"];
        await fakeEditor.fileDeleted.fire(FakeUri.file("/w/a.png"));
        await fakeEditor.fileCreated.fire(FakeUri.file("/w/b.png"));
      },
      expected: ["/w/b.png"],
    },
    {
      what: "a file is deleted",
      happens: async () => {
        files = [];
        await fakeEditor.fileDeleted.fire(FakeUri.file("/w/a.png"));
      },
      expected: [],
    },
  ]) {
    it(`are found as they are by then for whoever asks while they are looked at, and ${what}`, async () => {
      let hold: () => void = () => undefined;
      during = () => new Promise((resolve) => (hold = resolve));
      const first = pictures.look(run);
      await until(() => calls.includes("indexPictures"), "a look");
      await happens();
      const joined = pictures.look(run);
      during = () => Promise.resolve();
      hold();
      // Whoever asked before has what there was.
      assert.deepEqual((await first).files, ["/w/a.png"]);
      assert.deepEqual((await joined).files, expected);
      assert.ok(expected.every((file) => known.has(file)));
    });
  }

  it("are not listed again for whoever asks while they are looked at, and no picture changes", async () => {
    let hold: () => void = () => undefined;
    during = () => new Promise((resolve) => (hold = resolve));
    const first = pictures.look(run);
    await until(() => calls.includes("indexPictures"), "a look");
    await fakeEditor.fileCreated.fire(FakeUri.file("/w/notes.txt"));
    const joined = pictures.look(run);
    hold();
    assert.deepEqual(await first, await joined);
    assert.equal(calls.filter((name) => name === "listPictures").length, 1);
  });

  it("are looked at for hours only when somebody agreed, once for the workspace", async () => {
    files = Array.from({ length: 12_480 }, (_, i) => `/w/${i}.png`);
    msEach = 1500;
    const looked = await pictures.look(run);
    const [text = ""] = messageTexts();
    assert.match(text, /^12471 pictures are new.* about 5 h 12 min on this machine, and 2\d\d MB/);
    assert.equal(looked.skipped.length, 12_471);
    const [item] = fakeEditor.statusItems;
    assert.deepEqual([item?.isShown, item?.text], [true, "$(debug-pause) Pictures 9/12480"]);
    assert.equal(item?.command, "sightline.stopOrGoOnIndexing");
    await pictures.stopOrGoOn();
    assert.equal(known.size, 12_480);
    assert.equal(item.isDisposed, true);
    assert.equal(messageTexts().length, 1);
  });

  it("are looked at without a question where somebody has agreed before", async () => {
    files = Array.from({ length: 2000 }, (_, i) => `/w/${i}.png`);
    msEach = 1500;
    fakeEditor.pressed.add("Look at All");
    await pictures.look(run);
    await until(() => known.size === 2000, "all pictures", LIMIT_MS);
    known.clear();
    pictures.dispose();
    pictures = make();
    assert.deepEqual((await pictures.look(run)).skipped, []);
    assert.equal(messageTexts().length, 1);
  });
});

describe("pictures that are looked at first", () => {
  beforeEach(resetFakeEditor);

  it("are open, or named by what is open, or near it", () => {
    const text = "![](pics/named.png) <img src='b%20c.jpg'>";
    fakeEditor.documents.push(new FakeDocument(FakeUri.file("/w/docs/a.md"), "markdown", text));
    fakeEditor.tabs = [FakeUri.file("/w/docs/a.md"), FakeUri.file("/w/own/open.png")];
    const files = ["/w/1.png", "/w/docs/near.png", "/w/x/b c.jpg", "/w/pics/named.png", "/w/2.png"];
    assert.deepEqual(openFirst([...files, "/w/own/open.png"]), [
      ...["/w/own/open.png", "/w/x/b c.jpg", "/w/pics/named.png", "/w/docs/near.png"],
      ...["/w/1.png", "/w/2.png"],
    ]);
  });
});

describe("words that stand in the workspace", () => {
  let world: AltWorld;
  beforeEach(() => {
    resetFakeEditor();
    world = new AltWorld();
    fakeEditor.folders = [FakeUri.file("/w")];
    fakeEditor.files.set("file:///w/pics/1.png", new Uint8Array([1]));
    fakeEditor.files.set("file:///w/pics/2.png", new Uint8Array([1]));
    fakeEditor.files.set(
      "file:///w/a.md",
      Buffer.from("![A red warning sign](pics/1.png)\n\n![1.png](pics/1.png) ![](pics/2.png)"),
    );
  });

  it("are the texts that people wrote, read again only where a document has changed", async () => {
    const texts = new KnownTexts(world.services);
    const expected = [{ file: "/w/pics/1.png", text: "A red warning sign" }];
    assert.deepEqual(await texts.gather(signal), expected);
    assert.deepEqual(await texts.gather(signal), expected);
    fakeEditor.files.set("file:///w/a.md", Buffer.from("![Another much longer text](pics/2.png)"));
    assert.deepEqual(await texts.gather(signal), [
      { file: "/w/pics/2.png", text: "Another much longer text" },
    ]);
  });

  it("are found with the first letter, before the model has said anything", async () => {
    const files = ["/w/pics/1.png", "/w/pics/2.png", "/w/warning.png"];
    let nAsked = 0;
    const call = (): Promise<never> => {
      nAsked++;
      return new Promise(() => undefined);
    };
    const look = ({ onProgress }: { onProgress: (progress: object) => void }) => {
      onProgress({ files, skipped: [], nDone: 3, nAll: 3, nNew: 0, nLeft: 0, bytesLeft: 0 });
      return Promise.resolve({ files, skipped: [] });
    };
    const parts = {
      services: { ...world.services, engine: { call } } as unknown as Services,
      pictures: { look } as unknown as WorkspacePictures,
      texts: new KnownTexts(world.services),
    };
    fakeEditor.listSteps.push({ type: "warning" });
    const finding = new PictureFinder(parts, { title: "Find" }).find();
    const [picker] = fakeEditor.pickers;
    const labels = () => picker?.items.map(({ label, detail = "" }) => label + detail) ?? [];
    await until(() => labels().includes("by alt text"), "texts", LIMIT_MS);
    assert.deepEqual(labels(), [
      ...[
        "by name",
        "warning.png",
        "by alt text",
        "1.pngA red warning sign",
        "",
        "Show All Results…",
      ],
    ]);
    assert.equal(nAsked, 0);
    picker?.hide();
    assert.equal(await finding, undefined);
  });
});
