import assert from "node:assert/strict";
import { LiteralTexts } from "../../../../src/host/search/literalMatches";

describe("pictures by what stands there", () => {
  const texts = new LiteralTexts([
    { file: "/w/1.png", text: "The sign is red." },
    { file: "/w/2.png", text: "A Red Sign" },
    { file: "/w/3.png", text: "A redwood" },
    { file: "/w/2.png", text: "Another red sign" },
  ]);
  const files = (typed: string, most = 10): readonly string[] =>
    texts.matching(typed, most).map(({ file }) => file);

  it("have each word, in any case and order, and first those that have them as typed", () => {
    assert.deepEqual(files("red sign"), ["/w/2.png", "/w/1.png"]);
    assert.deepEqual(files(" RED "), ["/w/1.png", "/w/2.png", "/w/3.png"]);
    assert.deepEqual(files("red", 2), ["/w/1.png", "/w/2.png"]);
    assert.deepEqual([files("blue"), files("  ")], [[], []]);
  });
});
