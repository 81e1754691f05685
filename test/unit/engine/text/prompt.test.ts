import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { buildPrompt, type PromptFamily } from "../../../../src/engine/text/prompt";
import type { Prompt, Turn } from "../../../../src/model/ask/request";
import { SeededRandom } from "../../../helpers/random";

/** One token per word and one special token. */
const count = (text: string): number => text.split(" ").length + 1;

function build(prompt: Prompt, family: PromptFamily = "opt", maxTokens = Infinity): string {
  return buildPrompt({ prompt, family, count, maxTokens }).text;
}

function chatOf(nTurns: number): { turns: Turn[]; question: string } {
  const turns = Array.from({ length: nTurns }, (_, i) => ({
    question: `what is number ${i}?`,
    answer: `it is ${i}`,
  }));
  return { turns, question: "and the last?" };
}

const singapore: Prompt = {
  kind: "chat",
  turns: [
    { question: "which city is this?", answer: "singapore" },
    { question: "why?", answer: "it has a statue of a merlion." },
  ],
  question: "where is the name merlion coming from?",
};

describe("the words of a prompt", () => {
  const cases: readonly (readonly [string, Prompt, PromptFamily, string])[] = [
    ["asks OPT", { kind: "question", question: "what?" }, "opt", "Question: what? Answer:"],
    ["asks T5", { kind: "question", question: "what?" }, "t5", "Question: what? Short answer:"],
    [
      "put a question of several lines on one",
      { kind: "question", question: "  how\tmany\r\n\n cats? " },
      "opt",
      "Question: how many cats? Answer:",
    ],
    [
      "instruct InstructBLIP",
      { kind: "question", question: " what\n is it? " },
      "instructed",
      "what is it?",
    ],
    ["tell InstructBLIP to caption", { kind: "caption" }, "instructed", "A short image caption."],
    [
      "tell InstructBLIP of earlier turns as its training did",
      { kind: "chat", turns: [{ question: "what?", answer: "a dog" }], question: "which one?" },
      "instructed",
      "dialog history: Question: what? Answer: a dog.\nwhich one?",
    ],
    ["describe a picture from nothing", { kind: "caption" }, "opt", ""],
    ["begin a caption", { kind: "caption", prefix: "a photo of" }, "t5", "a photo of"],
    ["leave a raw text alone", { kind: "raw", text: " a\n b " }, "opt", " a\n b "],
    [
      "chat with the sentences of BLIP-2's own example",
      singapore,
      "opt",
      "Question: which city is this? Answer: singapore. " +
        "Question: why? Answer: it has a statue of a merlion. " +
        "Question: where is the name merlion coming from? Answer:",
    ],
    [
      "chat with T5 in the same sentences",
      { kind: "chat", turns: [{ question: "where?", answer: "here" }], question: "why?" },
      "t5",
      "Question: where? Answer: here. Question: why? Answer:",
    ],
    [
      "open a chat like a single question",
      { kind: "chat", turns: [], question: "why?" },
      "t5",
      "Question: why? Short answer:",
    ],
    [
      "pass over a turn that has no answer",
      {
        kind: "chat",
        turns: [
          { question: "where?", answer: " \n" },
          { question: "who?", answer: "a\nman" },
        ],
        question: "why?",
      },
      "opt",
      "Question: who? Answer: a man. Question: why? Answer:",
    ],
  ];
  for (const [name, prompt, family, expected] of cases) {
    it(name, () => {
      assert.equal(build(prompt, family), expected);
    });
  }

  it("refuse a question without words", () => {
    for (const kind of ["question", "chat"] as const) {
      assert.throws(
        () => build({ kind, turns: [], question: " \n " }),
        (error) => error instanceof AppError && error.code === "option.invalid",
      );
    }
  });
});

describe("a prompt in a limited room", () => {
  it("fits to the last token", () => {
    const prompt = { kind: "raw", text: "one two three" } as const;
    assert.equal(build(prompt, "opt", 4), "one two three");
    assert.throws(
      () => build(prompt, "opt", 3),
      (error) =>
        error instanceof AppError &&
        error.code === "prompt.tooLong" &&
        error.detail?.["tokens"] === 4 &&
        error.detail["limit"] === 3 &&
        /4 tokens.*room for 3/.test(error.message),
    );
  });

  it("says that there is no room when the limit is below zero", () => {
    assert.throws(() => build({ kind: "caption" }, "t5", -5), /room for 0/);
  });

  it("loses the oldest turns and says how many", () => {
    const chat = { kind: "chat", ...chatOf(3) } as const;
    // A turn takes 9 words, the last question 5, the special token 1.
    const built = buildPrompt({ prompt: chat, family: "opt", count, maxTokens: 5 + 1 + 9 + 9 + 8 });
    assert.equal(built.droppedTurns, 1);
    assert.equal(
      built.text,
      "Question: what is number 1? Answer: it is 1. " +
        "Question: what is number 2? Answer: it is 2. Question: and the last? Answer:",
    );
  });

  it("asks T5 for a short answer again once every turn is lost", () => {
    const chat = { kind: "chat", ...chatOf(2) } as const;
    const built = buildPrompt({ prompt: chat, family: "t5", count, maxTokens: 7 });
    assert.deepEqual(built, {
      text: "Question: and the last? Short answer:",
      droppedTurns: 2,
    });
  });

  it("drops a turn that is too long to be counted", () => {
    const turns = [{ question: "q?", answer: "x".repeat(1000) }, ...chatOf(1).turns];
    const strict = (text: string): number => {
      if (text.length > 500) throw new AppError("prompt.tooLong", "Too long to count.");
      return count(text);
    };
    const prompt = { kind: "chat", turns, question: "why?" } as const;
    const built = buildPrompt({ prompt, family: "opt", count: strict, maxTokens: 100 });
    assert.equal(built.droppedTurns, 1);
  });

  it("passes on a failure of the counting itself", () => {
    const failing = (): number => {
      throw new TypeError("no tokenizer");
    };
    const prompt = { kind: "chat", ...chatOf(1) } as const;
    assert.throws(
      () => buildPrompt({ prompt, family: "opt", count: failing, maxTokens: 100 }),
      TypeError,
    );
  });

  it("keeps as many turns as fit and always the last question, for any chat and limit", () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < 500; round += 1) {
      const nTurns = random.int(40);
      const maxTokens = random.int(200);
      const chat = chatOf(nTurns);
      const request = {
        prompt: { kind: "chat", ...chat },
        family: "opt",
        count,
        maxTokens,
      } as const;
      const room = maxTokens - 6;
      if (room < 0) {
        assert.throws(() => buildPrompt(request), AppError);
        continue;
      }
      const { text, droppedTurns } = buildPrompt(request);
      const kept = Math.min(nTurns, Math.floor(room / 9));
      assert.equal(droppedTurns, nTurns - kept);
      assert.ok(count(text) <= maxTokens);
      assert.ok(text.endsWith(`Question: ${chat.question} Answer:`));
      assert.deepEqual(
        [...text.matchAll(/number (\d+)\?/g)].map((match) => Number(match[1])),
        Array.from({ length: kept }, (_, i) => nTurns - kept + i),
      );
    }
  });

  it("counts little even when a chat is very long", () => {
    let counted = 0;
    const watched = (text: string): number => {
      counted += text.length;
      return count(text);
    };
    const prompt = { kind: "chat", ...chatOf(20_000) } as const;
    const { text } = buildPrompt({ prompt, family: "opt", count: watched, maxTokens: 1000 });
    assert.ok(counted < 30 * text.length, `${counted} characters counted`);
  });
});
