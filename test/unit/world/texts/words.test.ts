import assert from "node:assert/strict";
import { enumerate, plural, withArticle } from "../../../../src/world/texts/words";

describe("the grammar of the world's texts", () => {
  it("puts an article before what can be counted", () => {
    const names = [
      ["red apple", "a red apple"],
      ["orange", "an orange"],
      ["unicorn", "a unicorn"],
      ["umbrella", "an umbrella"],
      ["one oclock", "a one oclock"],
      ["hourglass done", "an hourglass done"],
      ["scissors", "scissors"],
      ["cooked rice", "cooked rice"],
      ["bus", "a bus"],
      ["octopus", "an octopus"],
      ["glass", "a glass"],
    ];
    for (const [name, phrase] of names) assert.equal(withArticle(name!), phrase);
  });

  it("knows more than one of a thing", () => {
    const names = [
      ["red apple", "red apples"],
      ["wrapped box", "wrapped boxes"],
      ["butterfly", "butterflies"],
      ["monkey", "monkeys"],
      ["fairy woman", "fairy women"],
      ["tropical fish", "tropical fish"],
      ["glasses", "glasses"],
    ];
    for (const [name, many] of names) assert.equal(plural(name!), many);
  });

  it("counts up with commas and an and", () => {
    assert.equal(enumerate(["a"]), "a");
    assert.equal(enumerate(["a", "b", "c"]), "a, b and c");
  });
});
