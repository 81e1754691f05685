import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import {
  DEFAULT_GENERATION_OPTIONS,
  type GenerationOptions,
  resolveGenerationOptions,
} from "../../../../src/model/ask/generationOptions";

/** What a settings file or another process might send. */
function resolve(options: Record<string, unknown>): GenerationOptions {
  return resolveGenerationOptions(options);
}

describe("resolveGenerationOptions", () => {
  it("fills in defaults and keeps what was asked", () => {
    assert.deepEqual(resolveGenerationOptions(), DEFAULT_GENERATION_OPTIONS);
    assert.deepEqual(resolve({ numBeams: 5, lengthPenalty: -1, earlyStopping: "never" }), {
      ...DEFAULT_GENERATION_OPTIONS,
      numBeams: 5,
      lengthPenalty: -1,
      earlyStopping: "never",
    });
  });

  const wrong: Readonly<Record<keyof GenerationOptions, readonly unknown[]>> = {
    maxNewTokens: [0, -1, 1.5, 4097, "30", null, undefined, Number.NaN],
    minNewTokens: [-1, 31, 0.5, null],
    numBeams: [0, 65, 1.5, "5"],
    numReturnSequences: [0, 2, null],
    lengthPenalty: [Number.NaN, Infinity, 8.1, -9, "1", null],
    earlyStopping: ["always", 1, null],
    doSample: ["true", 1, null],
    temperature: [0, -1, 1001, Number.NaN, "1"],
    topK: [-1, 2 ** 23, 1.5],
    topP: [0, 1.01, -0.5, Number.NaN],
    seed: [-1, 2 ** 32, 0.1],
    repetitionPenalty: [0, -1, 1001, Infinity],
    noRepeatNgramSize: [-1, 4097, 2.5],
    stopStrings: ["text", [""], [5], null, new Array(65).fill("a"), ["a".repeat(1025)]],
  };
  for (const [name, values] of Object.entries(wrong)) {
    it(`refuses a wrong ${name} and names it`, () => {
      for (const value of values) {
        assert.throws(
          () => resolve({ [name]: value }),
          (error) =>
            error instanceof AppError &&
            error.code === "option.invalid" &&
            error.detail?.["option"] === name &&
            error.message.startsWith(name),
          `${name}: ${String(value)}`,
        );
      }
    });
  }

  it("allows as many sequences as beams, and any number when single rows are sampled", () => {
    assert.equal(resolve({ numBeams: 3, numReturnSequences: 3 }).numReturnSequences, 3);
    assert.equal(resolve({ doSample: true, numReturnSequences: 64 }).numReturnSequences, 64);
    const tooMany = [
      { numBeams: 3, numReturnSequences: 4 },
      { numBeams: 3, numReturnSequences: 4, doSample: true },
      { numReturnSequences: 65, doSample: true },
    ];
    for (const options of tooMany) assert.throws(() => resolve(options), AppError);
  });
});
