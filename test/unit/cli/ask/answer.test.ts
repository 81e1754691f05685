import assert from "node:assert/strict";

import { AppError, isCancelled } from "../../../../src/base/errors";
import {
  answerJson,
  generateAnswer,
  roundTimings,
  sequenceLines,
} from "../../../../src/cli/ask/answer";
import type { RunningModel } from "../../../../src/cli/ask/runningModel";
import { Printer } from "../../../../src/cli/terminal/printer";
import type { RunOptions } from "../../../../src/engine/runOptions";
import type { GenerationOptions } from "../../../../src/model/ask/generationOptions";
import type { GenerateResult } from "../../../../src/model/ask/request";
import { MemorySink } from "../../../helpers/cliHost";

const TIMINGS = { preprocess: 1.23456, vision: 2, qformer: 3, prefill: 4, decode: 5, total: 15.5 };

function resultOf(...texts: readonly string[]): GenerateResult {
  return {
    sequences: texts.map((text, i) => ({
      text,
      tokenIds: [i],
      score: -1 - i,
      finishReason: "eos",
    })),
    tokens: 4,
    timings: TIMINGS,
    cached: { imageFeatures: "disk", prefixTokens: 9 },
    droppedTurns: 0,
  };
}

const cannot = (): Promise<never> =>
  Promise.reject(new AppError("model.unsupported", "No scores here."));

function modelThat(generate: (run: RunOptions) => Promise<GenerateResult>): RunningModel {
  return {
    name: "demo",
    engine: {
      info: {
        name: "demo-0123",
        device: "cpu",
        deviceReason: { code: "asked", device: "cpu" },
        kind: "generation",
      },
      generate: (_request, run) => generate(run ?? {}),
      ...{ score: cannot, embedText: cannot, embedPicture: cannot, match: cannot },
    },
  };
}

function job(
  model: RunningModel,
  given: { isJson?: boolean; options?: Partial<GenerationOptions> },
) {
  const stdout = new MemorySink();
  const stderr = new MemorySink();
  const printer = new Printer({ stdout, stderr, isJson: given.isJson === true, isQuiet: false });
  const prompt = { kind: "caption" } as const;
  const request = { image: new Uint8Array(), prompt, options: given.options ?? {} };
  return { stdout, run: { model, request, printer, signal: new AbortController().signal } };
}

/** Streams the pieces and notes what is on stdout after each. */
function streaming(pieces: readonly string[], seen: string[], stdout: () => MemorySink) {
  return modelThat(({ onText }) => {
    for (const piece of pieces) {
      onText?.(piece);
      seen.push(stdout().text);
    }
    return Promise.resolve(resultOf(pieces.join("").trim()));
  });
}

describe("generateAnswer", () => {
  it("prints text as it comes and ends the line", async () => {
    const seen: string[] = [];
    const model = streaming(["a", " fox"], seen, () => stdout);
    const { stdout, run } = job(model, {});
    await generateAnswer(run);
    assert.deepEqual(seen, ["a", "a fox"]);
    assert.equal(stdout.text, "a fox\n");
  });

  it("prints the white space at the end of an answer as little as the complete text has it", async () => {
    const seen: string[] = [];
    const model = streaming(["zero ", "\n", "one", "\n"], seen, () => stdout);
    const { stdout, run } = job(model, {});
    await generateAnswer(run);
    assert.deepEqual(seen, ["zero", "zero", "zero \none", "zero \none"]);
    assert.equal(stdout.text, "zero \none\n");
  });

  it("prints an empty line for an empty answer", async () => {
    const { stdout, run } = job(
      streaming([], [], () => stdout),
      {},
    );
    await generateAnswer(run);
    assert.equal(stdout.text, "\n");
  });

  it("ends the line of an answer that is stopped", async () => {
    const model = modelThat(({ onText }) => {
      onText?.("half an");
      return Promise.reject(new AppError("request.cancelled", "The request was cancelled."));
    });
    const { stdout, run } = job(model, {});
    await assert.rejects(generateAnswer(run), isCancelled);
    assert.equal(stdout.text, "half an\n");
  });

  it("prints nothing when it fails before there is text", async () => {
    const model = modelThat(() => Promise.reject(new AppError("prompt.tooLong", "Too long.")));
    const { stdout, run } = job(model, {});
    await assert.rejects(generateAnswer(run), /Too long/);
    assert.equal(stdout.text, "");
  });

  for (const options of [{ numBeams: 3 }, { doSample: true, numReturnSequences: 2 }]) {
    it(`prints complete texts at the end for ${JSON.stringify(options)}`, async () => {
      const model = modelThat(({ onText }) => {
        assert.equal(onText, undefined);
        return Promise.resolve(resultOf("best", "second"));
      });
      const { stdout, run } = job(model, { options });
      await generateAnswer(run);
      assert.equal(stdout.text, "best\nsecond\n");
    });
  }

  it("prints no text when the output is for programs", async () => {
    const { stdout, run } = job(
      streaming(["a"], [], () => stdout),
      { isJson: true },
    );
    assert.equal((await generateAnswer(run)).sequences[0]?.text, "a");
    assert.equal(stdout.text, "");
  });
});

describe("answerJson", () => {
  const model = modelThat(() => Promise.resolve(resultOf("a")));

  it("has exactly the documented fields", () => {
    assert.deepEqual(answerJson(resultOf("a fox"), model), {
      answer: "a fox",
      model: "demo",
      device: "cpu",
      tokens: 4,
      timings: { ...TIMINGS, preprocess: 1.235 },
      cached: { imageFeatures: "disk", prefixTokens: 9 },
    });
  });

  it("adds the sequences and their scores when there are several", () => {
    const { answer, sequences } = answerJson(resultOf("best", "second"), model);
    assert.equal(answer, "best");
    assert.deepEqual(
      sequences?.map(({ text, score }) => ({ text, score })),
      [
        { text: "best", score: -1 },
        { text: "second", score: -2 },
      ],
    );
  });
});

describe("roundTimings", () => {
  it("keeps microseconds", () => {
    assert.equal(roundTimings({ ...TIMINGS, total: 0.12345 }).total, 0.123);
  });
});

describe("sequenceLines", () => {
  it("is one line per text", () => {
    assert.equal(sequenceLines(resultOf("a", "b").sequences), "a\nb\n");
  });
});
