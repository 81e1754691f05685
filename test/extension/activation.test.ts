import assert from "node:assert/strict";
import * as vscode from "vscode";
import { extension, manifest } from "./world";

describe("the extension in its host", () => {
  it("activates without a model, a process or a question", async () => {
    // What the start costs is measured by `npm run report:activation`, away from the load here.
    const api = await extension().activate();
    assert.equal(extension().isActive, true);
    assert.equal(api.apiVersion, 1);
  });

  it("runs where the files of the workspace are", () => {
    assert.equal(extension().extensionKind, vscode.ExtensionKind.Workspace);
  });

  it("registers every command of its manifest", async () => {
    const registered = await vscode.commands.getCommands(true);
    const promised = manifest().contributes.commands.map(({ command }) => command);
    assert.ok(promised.length > 0);
    assert.deepEqual(
      promised.filter((command) => !registered.includes(command)),
      [],
    );
  });
});
