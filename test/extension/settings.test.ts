import assert from "node:assert/strict";
import * as vscode from "vscode";
import { manifest } from "./world";

describe("the settings in the editor", () => {
  it("have the defaults of the manifest", () => {
    const { configuration } = manifest().contributes;
    const properties = configuration.flatMap((group) => Object.entries(group.properties));
    assert.ok(properties.length > 0);
    for (const [name, property] of properties) {
      const inspected = vscode.workspace.getConfiguration().inspect(name);
      assert.deepEqual(inspected?.defaultValue, property.default, name);
    }
  });

  it("keep a workspace from choosing the model", async () => {
    const settings = vscode.workspace.getConfiguration("sightline");
    await assert.rejects(
      Promise.resolve(settings.update("model", "theirs", vscode.ConfigurationTarget.Workspace)),
    );
    assert.equal(vscode.workspace.getConfiguration("sightline").get("model"), "demo");
  });
});
