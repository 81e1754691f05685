import assert from "node:assert/strict";
import { silentLogger } from "../../../src/base/logger";

describe("the silent logger", () => {
  it("takes lines of every level and gives nothing back", () => {
    for (const level of ["debug", "info", "warn", "error"] as const) {
      const given: unknown = silentLogger[level]("a line");
      assert.equal(given, undefined);
    }
  });
});
