import assert from "node:assert/strict";
import { JsonObject } from "../../../../src/base/json";
import { Tokenizer } from "../../../../src/engine/text/tokenizer";
import { parseTokenizerFile } from "../../../../src/engine/text/tokenizerFile";
import { byteTokenizer, IMAGE_TOKEN } from "../../../../src/world/vocabulary/byteTokenizer";
import { learnMerges } from "../../../../src/world/vocabulary/merges";
import { wordPieceTokenizer } from "../../../../src/world/vocabulary/wordPieceTokenizer";

const TEXTS = Array.from({ length: 5 }, () => [
  "Question: is there a red apple? Answer: yes",
  "a small blue square and a large red circle on a white background",
  "what is at the top left? a red apple",
]).flat();

function open(file: object): Tokenizer {
  const source = { file: "tokenizer.json", code: "model.corrupt" as const };
  return new Tokenizer(
    parseTokenizerFile(new JsonObject(file, source), new JsonObject({}, source)),
  );
}

describe("tokenizers of the world", () => {
  it("merges the most frequent pair first, and of equals the one that sorts first", () => {
    const merges = learnMerges(
      new Map([
        ["low", 5],
        ["lower", 2],
        ["new", 6],
      ]),
      {
        split: (word) => Array.from(word),
        join: (left, right) => left + right,
        maxMerges: 3,
      },
    );
    assert.deepEqual(merges, [
      ["l", "o"],
      ["lo", "w"],
      ["e", "w"],
    ]);
  });

  it("byte pairs: our engine reads the file, and every text comes back", () => {
    const tokenizer = open(byteTokenizer(TEXTS, 330));
    assert.equal(tokenizer.vocabSize, 331);
    for (const text of [...TEXTS, "Grüße, 你好 \n!"]) {
      assert.equal(tokenizer.decode(tokenizer.encodeRaw(text)), text);
    }
    assert.equal(tokenizer.encode("a")[0], 2);
    assert.deepEqual(tokenizer.encodeRaw(IMAGE_TOKEN), [330]);
    // Words that occur often are one piece each.
    assert.ok(tokenizer.encodeRaw(" a red apple").length <= 3);
  });

  it("word pieces: our engine reads the file, and known letters are never unknown", () => {
    const tokenizer = open(wordPieceTokenizer(TEXTS, { vocabSize: 130, imageToken: IMAGE_TOKEN }));
    assert.equal(tokenizer.vocabSize, 131);
    const [first, ...rest] = tokenizer.encode("zyx 42, a red apple");
    assert.equal(first, 2);
    assert.equal(rest.at(-1), 3);
    assert.ok(!rest.includes(1));
    assert.equal(tokenizer.decode(rest.slice(0, -1)), "zyx 42, a red apple");
  });
});
