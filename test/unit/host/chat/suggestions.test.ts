import assert from "node:assert/strict";
import { MAX_SUGGESTIONS, suggestQuestions } from "../../../../src/host/chat/suggestions";

const after = (question: string, answer: string, world: "everyday" | "shapes" = "everyday") =>
  suggestQuestions({ turns: [{ question, answer }], world });

describe("suggestQuestions", () => {
  it("begins with general questions, other ones for the bundled model", () => {
    const everyday = suggestQuestions({ turns: [], world: "everyday" });
    const shapes = suggestQuestions({ turns: [], world: "shapes" });
    assert.equal(everyday.length, MAX_SUGGESTIONS);
    assert.equal(everyday[0], "What is in this picture?");
    assert.equal(shapes[0], "How many shapes are there?");
  });

  for (const [question, answer, expected] of [
    ["what is this?", "a car", ["What color is the car?", "Where is the car?"]],
    ["what is this?", "a red car", ["Where is the red car?"]],
    ["what is this?", "A photo of a red car on a street.", ["Where is the red car?"]],
    ["what is there?", "two dogs", ["What are the dogs doing?", "What color are the dogs?"]],
    ["what is it?", "a dog running on the beach", ["What is the dog doing?"]],
    ["who?", "a young man", ["What is the young man doing?", "What is the young man wearing?"]],
    ["who?", "a group of people in a park", ["What are the people doing?"]],
    ["what is it?", "a tall building", ["What color is the tall building?"]],
    ["what color is the car?", "blue", ["Where is the car?"]],
    ["how many cats are there?", "three", ["What are the cats doing?"]],
    ["is there a dog in the garden?", "yes", ["What color is the garden?"]],
    ["where is the lamp?", "on the table", ["What color is the lamp?"]],
  ] as const) {
    it(`goes on from "${question}" "${answer}"`, () => {
      assert.deepEqual(after(question, answer).slice(0, expected.length), expected);
    });
  }

  for (const [question, answer] of [
    ["what time is it?", "night"],
    ["is it warm?", "no"],
    ["why?", ""],
    ["what?", "a big old rusty broken unnamed something on the table"],
    ["is it red?", "yes it is"],
    ["what?", "…"],
    ["what?", "🙂"],
  ] as const) {
    it(`offers general questions after "${answer}"`, () => {
      assert.deepEqual(after(question, answer), suggestQuestions({ turns: [], world: "everyday" }));
    });
  }

  it("asks about shapes and nothing else where the model knows only them", () => {
    assert.deepEqual(after("what is at the top left?", "a red circle", "shapes"), [
      "Where is the red circle?",
      "How big is the red circle?",
      "How many circles are there?",
    ]);
    assert.deepEqual(after("is there a star?", "a star", "shapes").slice(0, 2), [
      "What color is the star?",
      "How many stars are there?",
    ]);
    const strange = after("what is it?", "a dog", "shapes");
    assert.equal(strange[0], "How many shapes are there?");
  });

  it("never repeats a question, however it was written", () => {
    const turns = [
      { question: "what is in this PICTURE", answer: "a car" },
      { question: "What color is  the car ?", answer: "red" },
      { question: "where is the car?!", answer: "street" },
    ];
    const suggestions = suggestQuestions({ turns, world: "everyday" });
    assert.equal(suggestions.length, MAX_SUGGESTIONS);
    for (const { question } of turns) {
      const bare = (text: string): string => text.toLowerCase().replace(/\W/g, "");
      assert.ok(!suggestions.some((text) => bare(text) === bare(question)), question);
    }
  });

  it("offers the same for the same turns and none twice", () => {
    const suggestions = after("what is this?", "two dogs");
    assert.deepEqual(suggestions, after("what is this?", "two dogs"));
    assert.equal(new Set(suggestions).size, suggestions.length);
  });

  it("runs dry rather than repeating itself", () => {
    const turns: { question: string; answer: string }[] = [];
    for (let n = 0; n < 50; n++) {
      const [question] = suggestQuestions({ turns, world: "everyday" });
      if (question === undefined) break;
      turns.push({ question, answer: "yes" });
    }
    assert.deepEqual(suggestQuestions({ turns, world: "everyday" }), []);
  });

  it("takes an endless answer", () => {
    assert.ok(after("what?", "a dog ".repeat(1e6)).length > 0);
  });
});
