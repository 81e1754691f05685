import assert from "node:assert/strict";
import { followModelStep } from "../../../../src/editor/shell/steps";
import type { EngineStatus } from "../../../../src/host/service/engine";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";

describe("the walkthrough's step about a model", () => {
  for (const [name, status, isDone] of [
    ["is ticked by one that is loaded", { kind: "ready", model: "opt", world: "everyday" }, true],
    ["is not ticked by the demo", { kind: "ready", model: "demo", world: "shapes" }, false],
    ["is not ticked by a copy of the demo", { kind: "busy", model: "x", world: "shapes" }, false],
    ["is not ticked by one that is only chosen", { kind: "off", model: "opt" }, false],
    ["is not ticked by one that failed", { kind: "failed", model: "opt" }, false],
  ] as const satisfies readonly (readonly [string, EngineStatus, boolean])[]) {
    it(name, () => {
      resetFakeEditor();
      const listeners: ((status: EngineStatus) => void)[] = [];
      const onStatusChanged = (listener: (status: EngineStatus) => void): (() => void) => {
        listeners.push(listener);
        return () => undefined;
      };
      followModelStep({ onStatusChanged });
      for (const listener of listeners) listener(status);
      const expected = isDone ? [["setContext", "sightline.hasModel", true]] : [];
      assert.deepEqual(fakeEditor.executed, expected);
    });
  }
});
