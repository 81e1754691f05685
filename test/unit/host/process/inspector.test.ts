import assert from "node:assert/strict";
import { inspectorOptions } from "../../../../src/host/process/inspector";

describe("the inspector of the engine's processes", () => {
  it("is not there unless a port is named", () => {
    for (const given of [undefined, "", "0", "80", "x", "9230.5", "65533", "-1"]) {
      assert.deepEqual(inspectorOptions("answers", { SIGHTLINE_INSPECT: given }), [], given);
    }
  });

  it("has a port for each process, from the one that is named on", () => {
    const kinds = ["answers", "pictures", "models", "downloads", "search", "audit"] as const;
    assert.deepEqual(
      kinds.map((kind) => inspectorOptions(kind, { SIGHTLINE_INSPECT: "9230" })),
      [9230, 9231, 9232, 9233, 9234, 9235].map((port) => [`--inspect=127.0.0.1:${port}`]),
    );
  });
});
