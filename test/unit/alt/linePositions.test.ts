import assert from "node:assert/strict";
import { LinePositions } from "../../../src/alt/linePositions";

describe("LinePositions", () => {
  it("counts lines of every kind of line end and columns in UTF-16 units", () => {
    const text = "a\r\n😀b\rc\n\nd";
    const positions = new LinePositions(text);
    const at = (char: string): unknown => {
      const start = text.indexOf(char);
      return positions.rangeOf({ start, end: start + 1 }).start;
    };
    assert.deepEqual(at("a"), { line: 0, character: 0 });
    assert.deepEqual(at("b"), { line: 1, character: 2 });
    assert.deepEqual(at("c"), { line: 2, character: 0 });
    assert.deepEqual(at("d"), { line: 4, character: 0 });
    const whole = positions.rangeOf({ start: 0, end: text.length });
    assert.deepEqual(whole.end, { line: 4, character: 1 });
  });

  it("knows the only line of an empty text", () => {
    const { start } = new LinePositions("").rangeOf({ start: 0, end: 0 });
    assert.deepEqual(start, { line: 0, character: 0 });
  });
});
