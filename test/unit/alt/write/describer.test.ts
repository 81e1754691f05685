import assert from "node:assert/strict";
import {
  altTexts,
  type AltTextOptions,
  descriptionRequest,
  type DescriptionRequest,
  shortDescription,
} from "../../../../src/alt/write/describer";
import type { GeneratedSequence, GenerateResult } from "../../../../src/model/ask/request";

/** A text as beam search gives it: `mean` is the log-probability of each of its `n` tokens. */
function beam(text: string, mean: number, lengthPenalty = 1): GeneratedSequence {
  const n = text.split(" ").length + 1;
  const score = (mean * n) / n ** lengthPenalty;
  return { text, tokenIds: Array.from({ length: n }, () => 5), score, finishReason: "eos" };
}

function sample(text: string): GeneratedSequence {
  return { text, tokenIds: [5, 6, 2], finishReason: "eos" };
}

function replyOf(sequences: readonly GeneratedSequence[]): GenerateResult {
  const timings = { preprocess: 0, vision: 0, qformer: 0, prefill: 0, decode: 0, total: 0 };
  const cached = { imageFeatures: "computed", prefixTokens: 0 } as const;
  return { sequences, tokens: 1, timings, cached, droppedTurns: 0 };
}

/** Answers each request with what the test gives for it, and keeps the requests. */
class ScriptedModel {
  readonly requests: DescriptionRequest[] = [];
  readonly signals: AltTextOptions["signal"][] = [];
  readonly #answers: readonly (readonly GeneratedSequence[])[];

  constructor(...answers: readonly (readonly GeneratedSequence[])[]) {
    this.#answers = answers;
  }

  readonly ask = (
    request: DescriptionRequest,
    { signal }: Pick<AltTextOptions, "signal">,
  ): Promise<GenerateResult> => {
    const answer = this.#answers[this.requests.length] ?? [];
    this.requests.push(request);
    this.signals.push(signal);
    return Promise.resolve(replyOf(answer));
  };
}

describe("descriptionRequest", () => {
  it("asks for a caption with beams", () => {
    const { prompt, options } = descriptionRequest();
    assert.deepEqual(prompt, { kind: "caption" });
    assert.equal(options.numBeams, 5);
    assert.equal(options.numReturnSequences, undefined);
  });

  it("never asks for more texts than there are beams", () => {
    for (const count of [2, 5, 8, 1000]) {
      const { numBeams, numReturnSequences } = descriptionRequest({ count }).options;
      assert.ok((numReturnSequences ?? 1) <= (numBeams ?? 1), String(count));
    }
  });

  it("favours long texts and forbids repetition when a long one is asked for", () => {
    const { options } = descriptionRequest({ length: "long" });
    assert.ok((options.lengthPenalty ?? 1) > 1);
    assert.ok((options.noRepeatNgramSize ?? 0) > 0);
    assert.ok((options.maxNewTokens ?? 0) > 30);
  });

  it("begins with the focus, or answers it when it is a question", () => {
    assert.deepEqual(descriptionRequest({ focus: " the cat " }).prompt, {
      kind: "caption",
      prefix: "the cat",
    });
    assert.deepEqual(descriptionRequest({ focus: "what is left?" }).prompt, {
      kind: "question",
      question: "what is left?",
    });
    assert.deepEqual(descriptionRequest({ focus: "  " }).prompt, { kind: "caption" });
  });
});

describe("shortDescription", () => {
  it("leaves options alone that somebody set by hand", () => {
    assert.deepEqual(shortDescription({}), descriptionRequest().options);
    const few = { numBeams: 1, topK: 3 };
    assert.deepEqual(shortDescription(few), { numBeams: 1, maxNewTokens: 30, topK: 3 });
    assert.deepEqual(descriptionRequest({ settings: few }).options, shortDescription(few));
  });

  it("asks for no beams where chance is asked for", () => {
    assert.deepEqual(shortDescription({ doSample: true }), { doSample: true, maxNewTokens: 30 });
  });
});

describe("altTexts", () => {
  it("cleans what the model says", async () => {
    const model = new ScriptedModel([beam("a photo of a cat on a sofa\n", -0.1)]);
    assert.deepEqual(await altTexts(model.ask), ["A cat on a sofa"]);
  });

  it("passes the signal on", async () => {
    const model = new ScriptedModel([beam("a cat", -0.1)]);
    const { signal } = new AbortController();
    await altTexts(model.ask, { signal });
    assert.deepEqual(model.signals, [signal]);
  });

  it("gives each text once, the best first, and no more than were asked for", async () => {
    const model = new ScriptedModel([
      beam("a cat", -0.1),
      beam("A photo of a cat", -0.2),
      beam("a dog", -0.3),
      beam("a fox", -0.4),
    ]);
    assert.deepEqual(await altTexts(model.ask, { count: 2 }), ["A cat", "A dog"]);
  });

  it("asks chance for what beams do not find, with the same seeds each time", async () => {
    const seeds = async (): Promise<(number | undefined)[]> => {
      const model = new ScriptedModel([beam("a cat", -0.1)], [sample("a cat"), sample("a tom")]);
      assert.deepEqual(await altTexts(model.ask, { count: 3 }), ["A cat", "A tom"]);
      assert.ok(model.requests.slice(1).every(({ options }) => options.doSample === true));
      return model.requests.map(({ options }) => options.seed);
    };
    const first = await seeds();
    assert.ok(first.length > 1);
    assert.deepEqual(await seeds(), first);
  });

  it("drops texts that are far less likely than the best", async () => {
    const model = new ScriptedModel([beam("a cat", -0.1), beam("a and a cat and", -1.2)]);
    assert.deepEqual(await altTexts(model.ask, { count: 2 }), ["A cat"]);
  });

  it("takes a longer text when the model has one", async () => {
    const model = new ScriptedModel(
      [beam("a cat on a sofa", -0.2, 2)],
      [beam("a cat on a sofa beside a lamp and a book", -0.3, 2)],
    );
    const texts = await altTexts(model.ask, { length: "long" });
    assert.deepEqual(texts, ["A cat on a sofa beside a lamp and a book"]);
    assert.ok((model.requests[1]?.options.minNewTokens ?? 0) > 6);
  });

  it("does not babble when the model has said everything", async () => {
    const model = new ScriptedModel(
      [beam("a cat on a sofa", -0.1, 2)],
      [beam("a cat on a sofa sofa one a no left", -2, 2)],
    );
    assert.deepEqual(await altTexts(model.ask, { length: "long" }), ["A cat on a sofa"]);
  });

  it("gives only shorter texts than the present one, when that is asked for", async () => {
    const model = new ScriptedModel([
      beam("a cat on a sofa", -0.1, -1),
      beam("a cat", -0.2, -1),
      beam("a big cat on a big sofa", -0.2, -1),
    ]);
    const options = { length: "short", than: "A tomcat on a sofa" } as const;
    assert.deepEqual(await altTexts(model.ask, options), ["A cat"]);
  });

  it("gives nothing rather than a text that is not longer", async () => {
    const model = new ScriptedModel([beam("a cat", -0.1, 2)], [beam("a cat", -0.1, 2)]);
    const options = { length: "long", than: "A cat on a sofa" } as const;
    assert.deepEqual(await altTexts(model.ask, options), []);
  });

  const joined: readonly (readonly [focus: string, said: string, text: string])[] = [
    ["the cat", "on a sofa", "The cat on a sofa"],
    ["the cat", ", a dog and a fox", "The cat, a dog and a fox"],
    ["the cat", "the cat sleeps", "The cat sleeps"],
    ["what is left?", "a cat", "A cat"],
  ];
  for (const [focus, said, text] of joined) {
    it(`makes ${JSON.stringify(text)} of the focus ${JSON.stringify(focus)}`, async () => {
      const model = new ScriptedModel([beam(said, -0.1)]);
      assert.deepEqual(await altTexts(model.ask, { focus }), [text]);
    });
  }

  it("has no text where the model says nothing about the focus", async () => {
    const model = new ScriptedModel([beam("", -0.1)]);
    assert.deepEqual(await altTexts(model.ask, { focus: "the cat" }), []);
  });

  it("takes a text that broke off only when there is no other", async () => {
    const broken = { ...beam("a cat and a dog and", -0.1), finishReason: "length" } as const;
    const both = new ScriptedModel([broken, beam("a cat", -0.2)]);
    assert.deepEqual(await altTexts(both.ask, {}), ["A cat"]);
    const alone = new ScriptedModel([broken]);
    assert.deepEqual(await altTexts(alone.ask, {}), ["A cat and a dog and"]);
  });

  it("never cuts a long text", async () => {
    const long = `a ${"very ".repeat(60)}long cat`;
    const model = new ScriptedModel([beam(long, -0.1)]);
    assert.equal((await altTexts(model.ask))[0]?.length, long.length);
  });
});
