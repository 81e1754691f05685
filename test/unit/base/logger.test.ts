import assert from "node:assert/strict";
import { silentLogger } from "../../../src/base/logger";

describe("the silent logger", () => {
  it("takes lines of every level and drops them", () => {
    for (const level of ["debug", "info", "warn", "error"] as const) {
      assert.doesNotThrow(() => {
        silentLogger[level]("a line");
      });
    }
  });
});
