import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type * as vscode from "vscode";
import { createDiagnostics } from "../../../../src/editor/machine/machineReport";
import type { Services } from "../../../../src/editor/shell/services";
import { temporaryFolder } from "../../../helpers/kitModel";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";

describe("the command that shows diagnostics", () => {
  beforeEach(resetFakeEditor);

  it("shows what the child prints about the chosen store and way to the hub as a document of ours", async () => {
    const extensionPath = await temporaryFolder();
    await mkdir(path.join(extensionPath, "dist"));
    const program = `const { argv, env } = process;
      console.log(argv[2], env.SIGHTLINE_HOME, env.HF_ENDPOINT, env.HTTPS_PROXY);
      console.log(env.SIGHTLINE_HUB_TOKEN, JSON.stringify(env).includes("hf_secret"));`;
    await writeFile(path.join(extensionPath, "dist", "child.js"), program);
    const services = {
      context: {
        extensionPath,
        secrets: { get: () => Promise.resolve("hf_secret") },
      } as unknown as vscode.ExtensionContext,
      settings: {
        storageFolder: "/models/here",
        hub: { endpoint: "https://mirror.example", proxy: "http://proxy:3128" },
      },
    } as Services;
    const changed: string[] = [];
    const { commands, content } = createDiagnostics(services, ({ path: name }) => {
      changed.push(name);
    });
    await commands["sightline.showDiagnostics"]();
    const report = "doctor /models/here https://mirror.example http://proxy:3128\nkept false\n";
    assert.deepEqual(fakeEditor.shown, ["sightline-diagnostics:Sightline Diagnostics"]);
    assert.equal(await content(), report);
    await commands["sightline.copyDiagnostics"]();
    assert.equal(fakeEditor.clipboard, report);
    await writeFile(path.join(extensionPath, "dist", "child.js"), 'console.log("later")');
    assert.equal(await content(), report);
    await commands["sightline.refreshDiagnostics"]();
    assert.equal(await content(), "later\n");
    assert.equal(changed.length, 2);
  });

  it("makes a report for a document that the editor brings back after a reload", async () => {
    const extensionPath = await temporaryFolder();
    await mkdir(path.join(extensionPath, "dist"));
    await writeFile(path.join(extensionPath, "dist", "child.js"), 'console.log("report")');
    const services = {
      context: { extensionPath, secrets: { get: () => Promise.resolve(undefined) } },
      settings: { hub: {} },
    } as unknown as Services;
    assert.equal(await createDiagnostics(services, () => undefined).content(), "report\n");
  });
});
