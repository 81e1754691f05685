import assert from "node:assert/strict";
import { LIMITS } from "../../../../src/model/folder/world";
import { AppError } from "../../../../src/base/errors";
import { engineView } from "../../../../src/editor/engine/engineView";
import type { EngineStatus } from "../../../../src/host/service/engine";

const notices = { describe: (error: AppError) => ({ text: error.message, actions: [] }) };
const error = new AppError("engine.exited", "It ended.");

describe("engineView", () => {
  for (const [status, label] of [
    [{ kind: "off", model: "demo" }, "demo · not started"],
    [{ kind: "starting", model: "demo" }, "Starting…"],
    [{ kind: "loading", model: "/models/opt" }, "Loading opt…"],
    [{ kind: "ready", model: "demo", device: "cpu" }, "demo · CPU"],
    [
      { kind: "ready", model: "/m/opt", device: "webgpu", precision: "small" },
      "opt · small · GPU (WebGPU)",
    ],
    [{ kind: "busy", model: "demo", device: "webgpu" }, "demo · GPU (WebGPU)"],
    [{ kind: "ready", model: "demo" }, "demo"],
    [{ kind: "failed", model: "demo", error }, "demo · failed"],
    [{ kind: "unsupported", model: "demo", error }, "Not available on this platform"],
  ] as const satisfies readonly (readonly [EngineStatus, string])[]) {
    it(`says "${label}" when it is ${status.kind}`, () => {
      assert.deepEqual(
        [engineView(status, notices).label, engineView(status, notices).kind],
        [label, status.kind],
      );
    });
  }

  it("says what the demo knows, with a way to another model, and asks what it can answer", () => {
    const { limits, example } = engineView({ kind: "off", model: "demo" }, notices);
    assert.equal(limits?.text, LIMITS.shapes);
    assert.deepEqual(limits.actions, [{ id: "getModel", label: "Get a Model for Photographs" }]);
    assert.equal(example, "How many shapes are there?");
    const copied = engineView({ kind: "ready", model: "/m/copy", world: "shapes" }, notices);
    assert.equal(copied.limits?.text, LIMITS.shapes);
    const other = engineView({ kind: "ready", model: "opt", world: "everyday" }, notices);
    assert.equal(other.limits, undefined);
    assert.equal(other.example, "How many people are there?");
  });

  it("says why this device, or what went wrong", () => {
    const status = { kind: "ready", model: "demo", device: "cpu" } as const;
    const deviceReason = { code: "absent", device: "webgpu" } as const;
    assert.match(
      engineView({ ...status, deviceReason }, notices).detail ?? "",
      /no usable graphics/,
    );
    const overruled = engineView({ ...status, deviceReason, overruled: "failed" }, notices);
    assert.match(overruled.detail ?? "", /failed twice/);
    assert.equal(engineView({ ...status, kind: "failed", error }, notices).detail, "It ended.");
    assert.equal("detail" in engineView(status, notices), false);
  });

  it("tells the progress of loading as a part of the whole, and none without a whole", () => {
    const at = (doneBytes: number, totalBytes: number): number | undefined => {
      const progress = { doneBytes, totalBytes };
      return engineView({ kind: "loading", model: "demo", progress }, notices).progress;
    };
    assert.equal(at(1, 4), 0.25);
    assert.equal(at(5, 4), 1);
    assert.equal(at(0, 0), undefined);
  });
});
