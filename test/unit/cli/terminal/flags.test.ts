import assert from "node:assert/strict";
import { Command } from "commander";

import { AppError } from "../../../../src/base/errors";
import {
  addGenerationFlags,
  addModelFlags,
  flagOf,
  type GenerationFlags,
  generationOptionsOf,
  idleFlags,
  type ModelFlags,
} from "../../../../src/cli/terminal/flags";
import { DEFAULT_GENERATION_OPTIONS } from "../../../../src/model/ask/generationOptions";

const quiet = { writeErr: (): void => undefined, writeOut: (): void => undefined };

function parse(args: readonly string[]): ModelFlags & GenerationFlags {
  const command = addGenerationFlags(addModelFlags(new Command("test")));
  return command
    .exitOverride()
    .configureOutput(quiet)
    .parse(args, { from: "user" })
    .opts<ModelFlags & GenerationFlags>();
}

describe("the flags of generation", () => {
  it("become no options when none is given, so that the engine's defaults hold", () => {
    assert.deepEqual(generationOptionsOf(parse([])), {});
  });

  it("become the options of the same names", () => {
    const flags = parse([
      ...["--max-new-tokens", "7", "--min-new-tokens", "2", "--num-beams", "5"],
      ...["--num-return-sequences", "3", "--length-penalty", "-1", "--early-stopping", "never"],
      ...["--do-sample", "--temperature", "0.5", "--top-k", "0", "--top-p", "0.9", "--seed", "11"],
      ...["--repetition-penalty", "1.5", "--no-repeat-ngram-size", "3"],
      ...["--stop", ".", "--stop", "--"],
    ]);
    assert.deepEqual(generationOptionsOf(flags), {
      maxNewTokens: 7,
      minNewTokens: 2,
      numBeams: 5,
      numReturnSequences: 3,
      lengthPenalty: -1,
      earlyStopping: "never",
      doSample: true,
      temperature: 0.5,
      topK: 0,
      topP: 0.9,
      seed: 11,
      repetitionPenalty: 1.5,
      noRepeatNgramSize: 3,
      stopStrings: [".", "--"],
    });
  });

  it("can set every option that the engine has", () => {
    const flags = Object.keys(DEFAULT_GENERATION_OPTIONS).map(flagOf);
    const known = addGenerationFlags(new Command("test")).options.map(({ long }) => long);
    assert.deepEqual([...flags].sort(), [...known].sort());
  });

  it("read true and false of --early-stopping as truth values", () => {
    const earlyStopping = (text: string): unknown =>
      generationOptionsOf(parse(["--num-beams", "2", "--early-stopping", text])).earlyStopping;
    assert.equal(earlyStopping("true"), true);
    assert.equal(earlyStopping("false"), false);
  });

  for (const text of ["abc", "", " ", "NaN", "Infinity", "1,5"]) {
    it(`refuse ${JSON.stringify(text)} as a number`, () => {
      assert.throws(() => parse(["--top-p", text]), /--top-p.*must be a number/);
    });
  }

  it("refuse a value out of its range before any model is opened", () => {
    assert.throws(
      () => generationOptionsOf(parse(["--num-beams", "0"])),
      (thrown) => thrown instanceof AppError && thrown.detail?.["option"] === "numBeams",
    );
  });

  it("refuse a device, an alpha mode and a moment of stopping that do not exist", () => {
    assert.throws(() => parse(["--device", "abacus"]), /Allowed choices are auto, webgpu/);
    assert.throws(() => parse(["--alpha", "black"]), /Allowed choices are auto, white, dark, drop/);
    assert.throws(() => parse(["--early-stopping", "soon"]), /Allowed choices are true, false/);
  });

  it("choose the device by themselves and lay transparent pixels on what shows them", () => {
    const { device, alpha, model } = parse([]);
    assert.deepEqual({ device, alpha, model }, { device: "auto", alpha: "auto", model: undefined });
  });
});

describe("idleFlags", () => {
  it("names all flags of writing where answers are given", () => {
    const flags = parse(["--temperature", "2", "--num-beams", "3", "--stop", "x"]);
    assert.deepEqual(idleFlags({ ...flags, answers: "yes,no" }), [
      "With --answers these change nothing: --num-beams, --temperature, --stop.",
    ]);
    assert.deepEqual(idleFlags({ ...parse([]), answers: "yes,no" }), []);
  });

  it("names what has no effect without sampling or beams", () => {
    const hints = idleFlags(parse(["--temperature", "2", "--top-k", "5", "--length-penalty", "2"]));
    assert.deepEqual(hints, [
      "Without --do-sample these change nothing: --temperature, --top-k.",
      "Without --num-beams above 1 these change nothing: --length-penalty.",
    ]);
  });

  it("is silent when everything has its effect", () => {
    const flags = [
      "--do-sample",
      "--temperature",
      "2",
      "--num-beams",
      "2",
      "--length-penalty",
      "2",
    ];
    assert.deepEqual(idleFlags(parse(flags)), []);
    assert.deepEqual(idleFlags(parse([])), []);
  });
});
