import assert from "node:assert/strict";
import { questionPrompt } from "../../../../src/model/ask/questionPrompt";
import type { Turn } from "../../../../src/model/ask/request";

describe("questionPrompt", () => {
  const asked = (question: string): string => {
    const prompt = questionPrompt([], question);
    return prompt.kind === "chat" ? prompt.question : assert.fail(prompt.kind);
  };
  for (const [typed, sent] of [
    ["What color is it?", "what color is it?"],
    ["How many dogs?", "how many dogs?"],
    ["  Is it red?  ", "is it red?"],
    ["what's that?", "what's that?"],
    ["What's that?", "what's that?"],
    ["A dog or a cat?", "a dog or a cat?"],
    ["I see a car. What color is it?", "I see a car. What color is it?"],
    ["USA or UK?", "USA or UK?"],
    ["VW or Audi?", "VW or Audi?"],
    ["iPhone?", "iPhone?"],
    ["Äpfel?", "Äpfel?"],
    ["42?", "42?"],
    ["Where", "where"],
    ["", ""],
  ] as const) {
    it(`asks "${sent}" for "${typed}"`, () => {
      assert.equal(asked(typed), sent);
    });
  }

  const turn = (question: string): Turn => ({ question, answer: "x" });
  const sentTurns = (questions: readonly string[], question: string): string[] => {
    const prompt = questionPrompt(questions.map(turn), question);
    return prompt.kind === "chat" ? prompt.turns.map((sent) => sent.question) : [];
  };

  it("sends the turn before, so that a short question knows what it is about", () => {
    assert.deepEqual(sentTurns(["what is this?"], "what color?"), ["what is this?"]);
  });

  it("leaves out turns that the question cannot mean", () => {
    const earlier = ["how many cars are there?", "where was this taken?", "what is at the left?"];
    assert.deepEqual(sentTurns(earlier, "what color is it?"), ["what is at the left?"]);
  });

  it("sends the turns that the turn before builds on", () => {
    const earlier = ["is it day?", "what is at the left?", "what color is it?", "how big is it?"];
    assert.deepEqual(sentTurns(earlier, "and who owns it?"), earlier.slice(1));
  });

  it("reaches back four turns at most", () => {
    const earlier = Array.from({ length: 20 }, (_, n) => `is it ${n}?`);
    assert.deepEqual(sentTurns(earlier, "why?"), earlier.slice(-4));
  });

  it("puts earlier questions as it puts this one, and keeps their answers", () => {
    assert.deepEqual(questionPrompt([{ question: "Who is it?", answer: "Ann" }], "Why?"), {
      kind: "chat",
      turns: [{ question: "who is it?", answer: "Ann" }],
      question: "why?",
    });
  });
});
