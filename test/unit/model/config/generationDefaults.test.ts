import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { parseModelConfig } from "../../../../src/model/config/modelConfig";
import type { TextConfig } from "../../../../src/model/config/textConfig";
import {
  parseGenerationDefaults,
  type GenerationDefaults,
} from "../../../../src/model/config/generationDefaults";

function textConfig(model_type: "opt" | "t5" | "llama", more: object = {}): TextConfig {
  const text = JSON.stringify({ text_config: { model_type, ...more } });
  const config = parseModelConfig(text, "config.json");
  assert.equal(config.kind, "generation");
  return config.text;
}

const opt = textConfig("opt");
const t5 = textConfig("t5");
const parse = (value: unknown, config: TextConfig = opt): GenerationDefaults =>
  parseGenerationDefaults(JSON.stringify(value), "generation_config.json", config);

function refuses(text: string, key: string): void {
  assert.throws(
    () => parseGenerationDefaults(text, "g.json", t5),
    (thrown) => {
      assert.ok(thrown instanceof AppError);
      assert.equal(thrown.code, "checkpoint.corrupt");
      assert.ok(thrown.message.includes("g.json") && thrown.message.includes(key), thrown.message);
      return true;
    },
  );
}

describe("generation defaults", () => {
  it("come from the language model's configuration where the file says nothing", () => {
    assert.deepEqual(parse({}), {
      eosTokenIds: [2],
      padTokenId: 1,
      bosTokenId: 2,
      decoderStartTokenId: undefined,
    });
    assert.deepEqual(parse({}, t5), {
      eosTokenIds: [1],
      padTokenId: 0,
      bosTokenId: 1,
      decoderStartTokenId: 0,
    });
  });

  it("of the file win", () => {
    const file = { eos_token_id: 50118, pad_token_id: 3, bos_token_id: 4 };
    assert.deepEqual(parse({ ...file, decoder_start_token_id: 5 }, t5), {
      eosTokenIds: [50118],
      padTokenId: 3,
      bosTokenId: 4,
      decoderStartTokenId: 5,
    });
    assert.equal(parse({ decoder_start_token_id: 5 }).decoderStartTokenId, undefined);
  });

  it("may name several ends of a sequence", () => {
    assert.deepEqual(parse({ eos_token_id: [2, 50118] }).eosTokenIds, [2, 50118]);
    assert.deepEqual(parse({ eos_token_id: null }).eosTokenIds, [2]);
  });

  it("end at the end of LLaMA's vocabulary whatever a file of Vicuna says", () => {
    const config = textConfig("llama", { eos_token_id: 1, pad_token_id: -1 });
    assert.deepEqual(parse({}, config).eosTokenIds, [1, 2]);
    assert.deepEqual(parse({ eos_token_id: 2, pad_token_id: -1 }, config).eosTokenIds, [2]);
    assert.equal(parse({ pad_token_id: -1 }, config).padTokenId, 2);
    assert.equal(parse({ pad_token_id: 32000 }, config).padTokenId, 32000);
  });

  it("are refused, naming file and key, when an id is none", () => {
    for (const value of ["[]", "-1", "1.5", '"2"', "[2, null]", "[2, -1]", "{}", "1e309", "true"]) {
      refuses(`{"eos_token_id": ${value}}`, "eos_token_id");
    }
    for (const key of ["pad_token_id", "bos_token_id", "decoder_start_token_id"]) {
      // Vicuna's files say -1 where there is no padding.
      const less = key === "pad_token_id" ? "-2" : "-1";
      for (const value of [less, "0.5", '"1"', "[1]", "1e309", "1e12"]) {
        refuses(`{"${key}": ${value}}`, key);
      }
    }
    refuses('{"decoder_start_token_id": 32128}', "decoder_start_token_id");
    refuses("null", "JSON object");
    refuses("{", "JSON");
  });
});
