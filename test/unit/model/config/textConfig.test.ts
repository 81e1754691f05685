import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import type { Blip2Config } from "../../../../src/model/config/blip2Config";
import { parseModelConfig } from "../../../../src/model/config/modelConfig";
import { cacheShape, type LlamaConfig } from "../../../../src/model/config/textConfig";

type Json = Readonly<Record<string, unknown>>;

function parse(value: Json): Blip2Config {
  const config = parseModelConfig(JSON.stringify(value), "config.json");
  assert.ok(config.family === "blip-2");
  return config;
}

function refuses(value: Json, code: ErrorCode, key: string): void {
  assert.throws(
    () => parse(value),
    (thrown) => {
      assert.ok(thrown instanceof AppError);
      assert.equal(thrown.code, code, thrown.message);
      assert.ok(thrown.message.includes(key), thrown.message);
      return true;
    },
  );
}

describe("the configuration of InstructBLIP and LLaMA", () => {
  const llama = (text_config: Json): LlamaConfig => {
    const config = parse({
      model_type: "instructblip",
      text_config: { model_type: "llama", ...text_config },
    });
    assert.ok(config.kind === "generation" && config.text.kind === "llama");
    return config.text;
  };

  it("says that the Q-Former reads the instruction", () => {
    const named = {
      model_type: "instructblip",
      architectures: ["InstructBlipForConditionalGeneration"],
    };
    assert.equal(parse(named).qformer.readsInstruction, true);
    assert.equal(parse({ model_type: "instructblip" }).qformer.readsInstruction, true);
    assert.equal(parse({}).qformer.readsInstruction, false);
  });

  it("has the defaults of transformers' LlamaConfig, with the end that every vocabulary has", () => {
    assert.deepEqual(llama({}), {
      kind: "llama",
      hiddenSize: 4096,
      ffnDim: 11008,
      nLayers: 32,
      nHeads: 32,
      nKvHeads: 32,
      headDim: 128,
      vocabSize: 32000,
      maxPositions: 2048,
      rmsNormEps: 1e-6,
      ropeTheta: 10_000,
      bosTokenId: 2,
      eosTokenId: 2,
      padTokenId: 2,
    });
    assert.deepEqual(cacheShape(llama({ num_key_value_heads: 4 })), {
      nLayers: 32,
      nHeads: 4,
      headDim: 128,
    });
  });

  it("finds the base of the angles where old and new files have it, and refuses other angles", () => {
    assert.equal(llama({ rope_theta: 5e5, rope_scaling: null }).ropeTheta, 5e5);
    const rope_parameters = { rope_type: "default", rope_theta: 2e4 };
    assert.equal(llama({ rope_parameters }).ropeTheta, 2e4);
    for (const [key, value] of [
      ["rope_scaling", { type: "linear", factor: 2 }],
      ["rope_scaling", { rope_type: "llama3", factor: 8 }],
      ["rope_parameters", { rope_type: "yarn", rope_theta: 1e4 }],
      ["partial_rotary_factor", 0.5],
      ["attention_bias", true],
      ["mlp_bias", true],
      ["hidden_act", "gelu"],
    ] as const) {
      refuses({ text_config: { model_type: "llama", [key]: value } }, "checkpoint.unsupported", "");
    }
    for (const [key, value] of [
      ["rope_theta", 0],
      ["rope_theta", 1e30],
      ["num_key_value_heads", 5],
      ["head_dim", 3],
      ["pad_token_id", -2],
      ["num_attention_heads", 3],
    ] as const) {
      refuses({ text_config: { model_type: "llama", [key]: value } }, "checkpoint.corrupt", key);
    }
  });
});
