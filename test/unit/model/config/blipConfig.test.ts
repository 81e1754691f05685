import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import type { BlipConfig } from "../../../../src/model/config/blipConfig";
import { cacheShapeOf, parseModelConfig } from "../../../../src/model/config/modelConfig";

type Json = Readonly<Record<string, unknown>>;

const CLASSES = {
  captioning: "BlipForConditionalGeneration",
  answering: "BlipForQuestionAnswering",
  retrieval: "BlipForImageTextRetrieval",
} as const;

function parse(value: Json, kind: keyof typeof CLASSES = "captioning"): BlipConfig {
  const text = JSON.stringify({ model_type: "blip", architectures: [CLASSES[kind]], ...value });
  const config = parseModelConfig(text, "config.json");
  assert.ok(config.family === "blip");
  return config;
}

function refuses(value: Json, code: string, word: string): void {
  assert.throws(
    () => parse(value),
    (thrown) => {
      assert.ok(thrown instanceof AppError, String(thrown));
      assert.equal(thrown.code, code, thrown.message);
      assert.ok(thrown.message.includes(word), thrown.message);
      return true;
    },
  );
}

describe("the configuration of a BLIP checkpoint", () => {
  it("has the sizes of the published base models where the file says nothing", () => {
    const { vision, text, kind } = parse({});
    assert.equal(kind, "captioning");
    assert.deepEqual([vision.imageSize, vision.patchSize, vision.layerNormEps], [384, 16, 1e-5]);
    assert.deepEqual([text.hiddenSize, text.nLayers, text.vocabSize], [768, 12, 30524]);
    assert.deepEqual(
      [text.bosTokenId, text.encTokenId, text.eosTokenId, text.padTokenId],
      [30522, 30523, 102, 0],
    );
  });

  it("takes heads of 64 channels where the file does not say how many there are", () => {
    assert.equal(parse({}).text.nHeads, 12);
    assert.equal(parse({ text_config: { num_attention_heads: 8 } }).text.nHeads, 8);
    // Of other widths no published model is known, and transformers' own default holds.
    assert.equal(parse({ text_config: { hidden_size: 64 } }).text.nHeads, 8);
  });

  it("ends a text at sep_token_id, whatever is called the end", () => {
    const { text } = parse({ text_config: { eos_token_id: 2, sep_token_id: 7 } });
    assert.equal(text.eosTokenId, 7);
  });

  it("has no [ENC] where the table ends with [DEC]", () => {
    const { text } = parse({
      text_config: { vocab_size: 201, bos_token_id: 200, sep_token_id: 3 },
    });
    assert.equal(text.encTokenId, undefined);
  });

  it("tells the classes apart and says which it does not know", () => {
    assert.equal(parse({}, "answering").kind, "answering");
    const retrieval = parse({ image_text_hidden_size: 24 }, "retrieval");
    assert.ok(retrieval.kind === "retrieval" && retrieval.projectionSize === 24);
    assert.equal(cacheShapeOf(retrieval), undefined);
    refuses({ architectures: ["BlipModel"] }, "checkpoint.unsupported", "BlipModel");
    refuses({ architectures: null }, "checkpoint.unsupported", "architectures");
  });

  it("refuses what no graph is made for", () => {
    const wide = { vision_config: { hidden_size: 1024, num_attention_heads: 16 } };
    const answering = { ...wide, architectures: [CLASSES.answering] };
    refuses(answering, "checkpoint.unsupported", "1024");
    assert.equal(parse(wide).vision.hiddenSize, 1024);
    refuses({ text_config: { hidden_act: "relu" } }, "checkpoint.unsupported", "relu");
    refuses({ text_config: { is_decoder: false } }, "checkpoint.unsupported", "is_decoder");
    refuses(
      { text_config: { num_attention_heads: 7 } },
      "checkpoint.corrupt",
      "num_attention_heads",
    );
    refuses({ text_config: { bos_token_id: 30524 } }, "checkpoint.corrupt", "bos_token_id");
  });
});
