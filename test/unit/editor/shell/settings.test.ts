import assert from "node:assert/strict";
import type * as vscode from "vscode";
import { silentLogger } from "../../../../src/base/logger";
import { EditorSettings } from "../../../../src/editor/shell/settings";
import { SETTING_DEFAULTS } from "../../../../src/host/settings/settingValues";
import { FakeDocument } from "../../../helpers/editor/documents";
import { changeSettings, fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";

const PAGE = FakeUri.file("/site/page.md") as unknown as vscode.Uri;

describe("the editor's settings", () => {
  let warnings: string[];
  let settings: EditorSettings;

  beforeEach(() => {
    resetFakeEditor();
    for (const [key, value] of Object.entries(SETTING_DEFAULTS)) {
      fakeEditor.settings.set(`sightline.${key}`, value);
    }
    warnings = [];
    settings = new EditorSettings({ ...silentLogger, warn: (line) => warnings.push(line) });
  });
  afterEach(() => {
    settings.dispose();
  });

  it("are the defaults where the user wrote nothing", () => {
    assert.equal(settings.model, "demo");
    assert.equal(settings.device, "auto");
    assert.equal(settings.storageFolder, undefined);
    assert.equal(settings.idleMinutes, 10);
    assert.deepEqual(settings.altSiteRoots(PAGE), []);
    assert.ok(settings.altComponents(PAGE).includes("Image"));
    assert.equal(settings.altOnPaste(PAGE), false);
    assert.equal(settings.altHover(PAGE), true);
    assert.equal(settings.remoteImages(PAGE), "ask");
    assert.deepEqual(settings.remoteHosts, []);
    assert.deepEqual(warnings, []);
  });

  it("go to the hub by the editor's own proxy, unless it is switched off", () => {
    assert.deepEqual(settings.hub, {});
    const endpoint = "https://mirror.example";
    fakeEditor.settings.set("sightline.hub.endpoint", endpoint);
    fakeEditor.settings.set("http.proxy", "http://proxy:3128");
    fakeEditor.settings.set("http.noProxy", ["localhost", ".example.org"]);
    assert.deepEqual(settings.hub, {
      endpoint,
      proxy: "http://proxy:3128",
      noProxy: "localhost,.example.org",
    });
    fakeEditor.settings.set("http.proxySupport", "off");
    fakeEditor.settings.set("http.noProxy", []);
    assert.deepEqual(settings.hub, { endpoint });
  });

  it("are read anew each time", () => {
    assert.equal(settings.model, "demo");
    fakeEditor.settings.set("sightline.model", "large");
    assert.equal(settings.model, "large");
  });

  it("fall back to the default where the user wrote nonsense, and say so once for each", () => {
    fakeEditor.settings.set("sightline.device", "toaster");
    assert.equal(settings.device, "auto");
    assert.equal(settings.device, "auto");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /sightline\.device cannot be "toaster"; "auto" is used/);
    fakeEditor.settings.set("sightline.device", "kettle");
    assert.equal(settings.device, "auto");
    assert.equal(warnings.length, 2);
  });

  it("of a language win in its open documents", () => {
    fakeEditor.settings.set("[markdown]sightline.alt.onPaste", true);
    assert.equal(settings.altOnPaste(PAGE), false);
    fakeEditor.documents.push(new FakeDocument(FakeUri.file("/site/page.md"), "markdown", ""));
    assert.equal(settings.altOnPaste(PAGE), true);
  });

  it("keep the chosen model for all windows", async () => {
    await settings.setModel("large");
    assert.deepEqual(fakeEditor.updates, [{ key: "sightline.model", value: "large", target: 1 }]);
  });

  it("tell of their own changes only, and of none when they are disposed of", () => {
    let nChanges = 0;
    settings.onDidChange(() => (nChanges += 1));
    changeSettings("editor.fontSize");
    assert.equal(nChanges, 0);
    changeSettings("sightline.device");
    assert.equal(nChanges, 1);
    settings.dispose();
    changeSettings("sightline.device");
    assert.equal(nChanges, 1);
  });
});
