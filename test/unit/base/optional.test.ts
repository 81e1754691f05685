import assert from "node:assert/strict";
import { optional } from "../../../src/base/optional";

describe("optional", () => {
  it("leaves out what is undefined, and nothing else", () => {
    const given = { a: undefined, b: null, c: 0, d: "", e: false };
    assert.deepEqual(optional(given), { b: null, c: 0, d: "", e: false });
    assert.ok(!("a" in optional(given)));
  });
});
