import assert from "node:assert/strict";
import { cleanText } from "../../../src/base/cleanText";

describe("cleanText", () => {
  it("gives one line without what nobody sees", () => {
    assert.equal(cleanText(" a\u001b[31m\u202eb\n\tc\u0000 ", 80), "a [31m b c");
    assert.equal(cleanText("\ud800x\u2028y\u200b", 80), "x y");
    assert.equal(cleanText("Straße 日本 👋", 80), "Straße 日本 👋");
  });

  it("cuts what is long, and no character in two", () => {
    assert.equal(cleanText("abcdef", 4), "abc…");
    assert.equal(cleanText("ab👋👋", 4), "ab…");
    assert.equal(cleanText("x".repeat(1e7), 10).length, 10);
  });
});
