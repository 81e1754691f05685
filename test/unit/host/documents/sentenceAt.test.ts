import assert from "node:assert/strict";
import { plainWords, sentenceAt } from "../../../../src/host/documents/sentenceAt";

/** The place of a bar, and the text without it. */
function at(marked: string): string {
  return sentenceAt(marked.replace("|", ""), marked.indexOf("|"));
}

describe("the sentence at the cursor", () => {
  it("is the one that holds it, and not its neighbours", () => {
    assert.equal(at("One is red. Two| is blue. Three."), "Two is blue.");
    assert.equal(at("|One is red. Two."), "One is red.");
    assert.equal(at("One.\n\nTwo is\nblue|."), "Two is blue.");
    assert.equal(at("It costs 3.50 eu|ros. Really."), "It costs 3.50 euros.");
  });

  it("is the last one before an empty line or a picture alone", () => {
    assert.equal(at("One is red. Two.\n\n|"), "Two.");
    assert.equal(at("One.\n\n![a](b.png)|\n\nTwo."), "One.");
    assert.equal(at("|"), "");
    assert.equal(at("\n\n|\n\nLater."), "");
  });

  it("has no markup, and no more words than a model reads", () => {
    assert.equal(at("## A *red* [sign](a.md) `here`|"), "A red sign here");
    assert.equal(at("<p>A <b>red</b> {{ x }} sign|</p>"), "A red sign");
    assert.equal(at(`${"word ".repeat(100)}|`).split(" ").length, 32);
    assert.equal(plainWords("- one\n- two"), "one two");
  });

  it("takes a long text in its stride", () => {
    const long = "<".repeat(50_000) + "![".repeat(20_000) + ". ".repeat(50_000);
    assert.equal(typeof sentenceAt(long, 60_000), "string");
  });
});
