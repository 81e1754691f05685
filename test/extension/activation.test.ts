import assert from "node:assert/strict";
import * as vscode from "vscode";
import { extension, manifest } from "./world";

/** A hang; what the start costs is measured by `npm run report:activation`, away from the load here. */
const LIMIT_MS = 2_000;

describe("the extension in its host", () => {
  it("activates without a model, a process or a question", async () => {
    const startMs = performance.now();
    const api = await extension().activate();
    const ms = performance.now() - startMs;
    assert.equal(extension().isActive, true);
    assert.equal(api.apiVersion, 1);
    assert.ok(ms < LIMIT_MS, `activated after ${ms.toFixed(0)} ms`);
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
