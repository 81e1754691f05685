import assert from "node:assert/strict";
import * as vscode from "vscode";

describe("the extension in its host", () => {
  it("is found by its name and activates", async () => {
    const extension = vscode.extensions.getExtension("sightline.sightline");
    assert.ok(extension, "sightline.sightline is not installed");
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it("runs where the files of the workspace are", () => {
    const extension = vscode.extensions.getExtension("sightline.sightline");
    assert.equal(extension?.extensionKind, vscode.ExtensionKind.Workspace);
  });
});
