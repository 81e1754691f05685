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

  it("opens what the child prints about the chosen store as a new document", async () => {
    const extensionPath = await temporaryFolder();
    await mkdir(path.join(extensionPath, "dist"));
    const program = `console.log(process.argv[2], process.env.SIGHTLINE_HOME);`;
    await writeFile(path.join(extensionPath, "dist", "child.js"), program);
    const services = {
      context: { extensionPath } as vscode.ExtensionContext,
      settings: { storageFolder: "/models/here" },
    } as Services;
    await createDiagnostics(services).commands["sightline.showDiagnostics"]?.();
    assert.deepEqual(fakeWindow.documents, ["doctor /models/here\n"]);
  });
});
