import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { PROFILE_NAMES } from "../../../../src/model/ask/kinds";
import { PART } from "../../../../src/model/graph/graphContract";
import {
  formatPrecision,
  parsePrecision,
  parsePrecisionPlan,
  precisionOfPart,
} from "../../../../src/model/precision/precision";
import { PROFILES } from "../../../../src/model/precision/precisionProfiles";

function isOptionError(thrown: unknown): boolean {
  assert.ok(thrown instanceof AppError);
  return thrown.code === "option.invalid";
}

describe("a precision", () => {
  it("is a kind with a block size where the kind has blocks", () => {
    assert.deepEqual(parsePrecision("f32"), { kind: "f32" });
    assert.deepEqual(parsePrecision("f16"), { kind: "f16" });
    assert.deepEqual(parsePrecision("int8"), { kind: "int8", blockSize: 32 });
    assert.deepEqual(parsePrecision("int4:128"), { kind: "int4", blockSize: 128 });
  });

  it("is written as it is read", () => {
    for (const text of ["f32", "f16", "int8:16", "int8:32", "int4:64", "int4:128"]) {
      assert.equal(formatPrecision(parsePrecision(text)), text);
    }
    assert.equal(formatPrecision(parsePrecision("int4")), "int4:32");
  });

  it("is refused when it is anything else", () => {
    const bad = ["", "F16", " f16", "f32:32", "f16:16", "int8:", "int8:0", "int8:48", "int4:256"];
    for (const text of [
      ...bad,
      "int4:32:32",
      "int4:1e2",
      "int4:032",
      "int2",
      "bf16",
      "__proto__",
    ]) {
      assert.throws(() => parsePrecision(text), isOptionError, text);
    }
  });

  it("that is refused is quoted in the message with those that work", () => {
    assert.throws(
      () => parsePrecision("int3"),
      /"int3".*f32, f16, int8, int4 or w8a8.*16, 32, 64, 128/,
    );
  });
});

describe("a precision plan", () => {
  it("gives one precision to every part", () => {
    const plan = parsePrecisionPlan("int8");
    assert.deepEqual(plan.fallback, { kind: "int8", blockSize: 32 });
    assert.equal(plan.parts.size, 0);
  });

  it("names parts in any order and leaves the others in f32", () => {
    const plan = parsePrecisionPlan("decoder=int4:64, vision_encoder=f16");
    assert.deepEqual(plan.fallback, { kind: "f32" });
    assert.deepEqual(
      [...plan.parts],
      [
        ["decoder", { kind: "int4", blockSize: 64 }],
        ["vision_encoder", { kind: "f16" }],
      ],
    );
    assert.deepEqual(parsePrecisionPlan("decoder=int4,f16").fallback, { kind: "f16" });
  });

  it("is refused for an unknown part or a list that is not one", () => {
    for (const text of ["encoder=f16", "decoder=", "decoder=f16=f16", "f16,,int8", "=f16", ","]) {
      assert.throws(() => parsePrecisionPlan(text), isOptionError, text);
    }
    assert.throws(() => parsePrecisionPlan("lm=f16"), /"lm" is not a part.*vision_encoder/);
  });

  it("reads the name of a profile", () => {
    const exact = parsePrecisionPlan("exact");
    for (const part of ["vision_encoder", "qformer", "embed_tokens", "decoder"] as const) {
      assert.equal(precisionOfPart(exact, part).kind, "f32");
    }
    const small = parsePrecisionPlan("small");
    assert.equal(precisionOfPart(small, "decoder").kind, "int4");
    for (const name of PROFILE_NAMES) {
      const plan = parsePrecisionPlan(name);
      const written = parsePrecisionPlan(PROFILES[name]);
      assert.equal(plan.parts.size, 0);
      for (const part of Object.values(PART)) {
        assert.deepEqual(precisionOfPart(plan, part), precisionOfPart(written, part));
      }
    }
  });

  it("lets a part differ from the profile", () => {
    for (const text of ["balanced,decoder=int4:32", "decoder=int4:32, balanced"]) {
      const plan = parsePrecisionPlan(text);
      assert.equal(formatPrecision(precisionOfPart(plan, "decoder")), "int4:32");
      assert.deepEqual(
        precisionOfPart(plan, "vision_encoder"),
        precisionOfPart(parsePrecisionPlan("balanced"), "vision_encoder"),
      );
    }
    // The last of several for the whole model wins, with nothing left of the earlier.
    assert.equal(precisionOfPart(parsePrecisionPlan("small,f16"), "decoder").kind, "f16");
  });

  it("names the profiles where one could stand, and only there", () => {
    assert.throws(() => parsePrecisionPlan("tiny"), /"tiny".*exact, balanced, small, f32/);
    assert.throws(() => parsePrecisionPlan("decoder=small"), /"small" is not.*Use f32/);
    assert.throws(() => parsePrecisionPlan("toString"), isOptionError);
  });
});
