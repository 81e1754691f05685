import { fakeWindow, resetFakeWindow } from "../../helpers/fakeWindow";
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type * as vscode from "vscode";
import { createDiagnostics } from "../../../src/editor/diagnostics";
import type { Services } from "../../../src/editor/services";
import { temporaryFolder } from "../../helpers/kitModel";

describe("the command that shows diagnostics", () => {
  beforeEach(resetFakeWindow);

  it("opens what the child prints about the chosen store and way to the hub as a new document", async () => {
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
    await createDiagnostics(services).commands["sightline.showDiagnostics"]();
    assert.deepEqual(fakeWindow.documents, [
      "doctor /models/here https://mirror.example http://proxy:3128\nkept false\n",
    ]);
  });
});
