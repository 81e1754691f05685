import assert from "node:assert/strict";
import { cp, writeFile } from "node:fs/promises";
import path from "node:path";
import { silentLogger } from "../../../../src/base/logger";
import { createSearchMethods } from "../../../../src/child/searchMethods";
import type { TaskRun } from "../../../../src/child/enginePort";
import { createSearch } from "../../../../src/editor/search/searchFeature";
import type { Services } from "../../../../src/editor/shell/services";
import { modelStoreOf } from "../../../../src/library/store/modelStore";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";
import { fixturePath } from "../../../helpers/fixtures";
import { kitModel, temporaryFolder } from "../../../helpers/kitModel";

type Methods = ReturnType<typeof createSearchMethods>;

describe("finding pictures in the editor", () => {
  let pictures: string;
  let methods: Methods;
  const shown: unknown[] = [];
  const calls: string[] = [];

  before(async () => {
    const home = await temporaryFolder();
    await cp(await kitModel("itm"), path.join(home, "models", "itm"), { recursive: true });
    const store = modelStoreOf({ env: { SIGHTLINE_HOME: home }, platform: "linux", homeDir: home });
    methods = createSearchMethods({ store, demoCheckpoint: "/none", logger: silentLogger });
    pictures = path.join(await temporaryFolder(), "pictures");
    await cp(fixturePath("kits", "itm", "images"), pictures, { recursive: true });
  });
  beforeEach(() => {
    resetFakeEditor();
    fakeEditor.folders = [FakeUri.file(pictures)];
    shown.length = 0;
    calls.length = 0;
  });

  async function find(): Promise<void> {
    const call = (name: keyof Methods, params: never, { signal }: { signal: AbortSignal }) => {
      calls.push(name);
      const ignore = (): void => undefined;
      const run: TaskRun = { signal, onText: ignore, onProgress: ignore, onStage: ignore };
      return methods[name](params, run);
    };
    const show = (thrown: unknown): Promise<void> => {
      shown.push(thrown);
      return Promise.resolve();
    };
    const services = { engine: { call }, notices: { show }, log: silentLogger };
    await createSearch(services as unknown as Services).commands["sightline.findPicture"]();
  }

  it("looks at all, finds by words and by names, and opens what is chosen", async () => {
    const executed: unknown[][] = [];
    fakeEditor.onExecuted = (...all: unknown[]) => void executed.push(all);
    fakeEditor.listSteps.push({ type: "photo" }, { enter: "photo.png" });
    await find();
    assert.deepEqual(shown, []);
    const [first, second] = fakeEditor.lists;
    assert.equal(first?.items.length, 9);
    assert.equal(second?.title, "Find Picture");
    const labels = second.items.map(({ label }) => label);
    assert.deepEqual(labels.slice(0, 3), ["by name", "photo.png", "likely"]);
    // Each of the eight once, whatever the words are; few pictures have no outliers.
    assert.equal(labels.length, 12);
    assert.equal(labels.at(-1), "Show All Results…");
    // The editor would hide what does not contain the words; headings are no lines.
    const lines = second.items.filter(({ buttons }) => buttons !== undefined);
    assert.equal(lines.length, 8);
    assert.ok(lines.every(({ alwaysShow }) => alwaysShow === true));
    const opened = executed.find(([id]) => id === "vscode.open");
    const uri = opened?.[1];
    assert.ok(uri instanceof FakeUri);
    assert.equal(uri.path, path.join(pictures, "photo.png"));
  });

  it("keeps what it has seen, and sees what is new and what is ignored", async () => {
    await cp(path.join(pictures, "photo.png"), path.join(pictures, "copy.png"));
    await writeFile(path.join(pictures, ".sightlineignore"), "gray.png\n");
    fakeEditor.listSteps.push({ type: "a red sign" }, "leave");
    await find();
    const labels = fakeEditor.lists[1]?.items.map(({ label }) => label) ?? [];
    assert.ok(labels.includes("copy.png"));
    assert.deepEqual(calls.slice(0, 2), ["listPictures", "knownPictures"]);
  });

  it("says so in a window without a folder on this machine", async () => {
    fakeEditor.folders = [FakeUri.parse("memfs://host/w")];
    await assert.rejects(find(), { code: "document.missing" });
    assert.deepEqual([calls, fakeEditor.lists.length], [[], 0]);
  });
});
