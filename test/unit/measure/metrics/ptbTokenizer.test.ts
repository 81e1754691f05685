/** What the recorded lines of the tokenizer do not show. */

import assert from "node:assert/strict";
import {
  tokenizeCaptions,
  tokenizeLines,
} from "../../../../src/measure/metrics/tokenizer/ptbTokenizer";
import { SeededRandom } from "../../../helpers/random";

function tokens(...lines: string[]): string[] {
  return tokenizeLines(lines).map((line) => line.join(" "));
}

describe("the tokenizer of captions", () => {
  it("lets the next caption decide about a single letter at the end", () => {
    assert.deepEqual(tokens("vitamin C.", "The dog"), ["vitamin c .", "the dog"]);
    assert.deepEqual(tokens("vitamin C.", "the dog"), ["vitamin c.", "the dog"]);
  });

  it("keeps captions apart where another line end is in one, and says which", () => {
    const { captions, broken } = tokenizeCaptions(["a dog\u2028runs", "a cat", "two\r\nbirds"]);
    assert.deepEqual(captions, ["a dog runs", "a cat", "two birds"]);
    assert.deepEqual(broken, [0, 2]);
  });

  it("has a line for each caption, whatever is in it", () => {
    const random = new SeededRandom(7);
    const alphabet = [
      ...Array.from("ab .,'\"<>&;=/-0(\n\u00ad\u2019"),
      ...["n't", "&amp;", "<a b='", "U.S.", "\ud83d", "\udc15", "\ud83d\udc15"],
    ];
    const lines = Array.from({ length: 2000 }, () =>
      Array.from({ length: random.int(20) }, () => random.pick(alphabet)).join(""),
    );
    assert.equal(tokenizeLines(lines).length, lines.length);
    assert.ok(
      tokenizeLines(lines)
        .flat()
        .every((token) => token !== "" && !/[ \n]/.test(token)),
    );
  });

  it("has nothing to say of nothing", () => {
    assert.deepEqual(tokenizeLines([]), []);
    assert.deepEqual(tokenizeLines([""]), [[]]);
  });

  it("comes to an end with a long caption of what could be a tag", () => {
    const [line] = tokenizeLines([`${"<a ".repeat(2000)}${"a.".repeat(2000)}`]);
    assert.ok((line ?? []).length > 0);
  });
});
