import assert from "node:assert/strict";
import { silentLogger } from "../../../../src/base/logger";
import {
  createEngine,
  type EngineSetup,
  followSettings,
} from "../../../../src/editor/engine/engineSetup";
import { EditorSettings } from "../../../../src/editor/shell/settings";
import { SETTING_DEFAULTS } from "../../../../src/host/settings/settingValues";
import { changeSettings, fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";

describe("the engine's settings", () => {
  let settings: EditorSettings;

  beforeEach(() => {
    resetFakeEditor();
    for (const [key, value] of Object.entries(SETTING_DEFAULTS)) {
      fakeEditor.settings.set(`sightline.${key}`, value);
    }
    settings = new EditorSettings(silentLogger);
  });
  afterEach(() => {
    settings.dispose();
  });

  it("end the engine when its folders change, and only then", () => {
    const did: string[] = [];
    const engine = {
      choiceChanged: () => did.push("choice"),
      restart: () => Promise.resolve(void did.push("restart")),
      end: (kind: string) => Promise.resolve(void did.push(`end ${kind}`)),
    };
    const following = followSettings(engine, { settings, log: silentLogger });
    change("model", "large");
    assert.deepEqual(did.splice(0), ["choice"]);
    change("idleMinutes", 3);
    assert.deepEqual(did.splice(0), ["choice"]);
    change("device", "cpu");
    assert.deepEqual(did.splice(0), ["choice"]);
    change("storageFolder", process.cwd());
    assert.deepEqual(did.splice(0), ["choice", "restart"]);
    change("cuda.libraryFolder", process.cwd());
    assert.deepEqual(did.splice(0), ["choice", "restart"]);
    change("search.model", "demo-itm");
    assert.deepEqual(did.splice(0), ["choice", "end search"]);
    // What cannot be used is the default, and a relative folder cannot.
    change("storageFolder", "");
    did.length = 0;
    change("storageFolder", "somewhere");
    assert.deepEqual(did.splice(0), ["choice"]);
    following.dispose();
    change("device", "cpu");
    assert.deepEqual(did, []);
  });

  it("start no process by themselves and name the chosen model", async () => {
    fakeEditor.settings.set("sightline.model", "large");
    const engine = createEngine(setupIn(process.cwd()));
    assert.equal(engine.status.kind, "off");
    assert.equal(engine.status.model, "large");
    await engine.dispose();
  });

  it("say in a package without a runtime that there is none for the platform", async () => {
    const engine = createEngine(setupIn("/no/such"));
    assert.equal(engine.status.kind, "unsupported");
    await assert.rejects(engine.warmUp(), { code: "device.unavailable" });
    await engine.dispose();
  });

  function setupIn(extensionFolder: string): EngineSetup {
    const notices = { run: () => Promise.resolve() };
    const context = {} as EngineSetup["context"];
    return { extensionFolder, context, settings, notices, log: silentLogger };
  }

  function change(key: string, value: unknown): void {
    fakeEditor.settings.set(`sightline.${key}`, value);
    changeSettings(`sightline.${key}`);
  }
});
