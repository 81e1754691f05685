import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { parseModelConfig } from "../../../../src/model/config/modelConfig";
import { imageTokenCount } from "../../../../src/model/config/visionConfig";
import { type Blip2Config } from "../../../../src/model/config/blip2Config";
import type { OptConfig, T5Config } from "../../../../src/model/config/textConfig";
import { fixturePath } from "../../../helpers/fixtures";

type Json = Readonly<Record<string, unknown>>;

function parse(value: Json): Blip2Config {
  const config = parseModelConfig(JSON.stringify(value), "config.json");
  assert.ok(config.family === "blip-2");
  return config;
}

function opt(text_config: Json): OptConfig {
  const config = parse({ text_config });
  assert.ok(config.kind === "generation" && config.text.kind === "opt");
  return config.text;
}

function t5(text_config: Json): T5Config {
  const config = parse({ text_config: { model_type: "t5", ...text_config } });
  assert.ok(config.kind === "generation" && config.text.kind === "t5");
  return config.text;
}

/** The text is refused with a code, and the message names the file and the key. */
function refusesText(text: string, code: ErrorCode, key: string): void {
  assert.throws(
    () => parseModelConfig(text, "/m/config.json"),
    (thrown) => {
      assert.ok(thrown instanceof AppError, String(thrown));
      assert.equal(thrown.code, code, thrown.message);
      assert.equal(thrown.detail?.["file"], "/m/config.json");
      assert.ok(thrown.message.startsWith("/m/config.json"), thrown.message);
      assert.ok(thrown.message.includes(key), `${thrown.message} names no ${key}`);
      assert.ok(thrown.message.length < 500, "a message stays short");
      return true;
    },
  );
}

const refuses = (value: Json, code: ErrorCode, key: string): void => {
  refusesText(JSON.stringify(value), code, key);
};

/** What JSON can say and no size is; 1e309 is read as Infinity. */
const NO_SIZES = ["0", "-1", "1.5", "1e309", "-1e309", "1e12", '"768"', "true", "[]", "{}"];

describe("the configuration of a BLIP-2 checkpoint", () => {
  it("has the defaults of transformers' classes where the file says nothing", () => {
    assert.deepEqual(parse({}), {
      family: "blip-2",
      kind: "generation",
      vision: {
        hiddenSize: 1408,
        intermediateSize: 6144,
        nLayers: 39,
        nHeads: 16,
        imageSize: 224,
        patchSize: 14,
        layerNormEps: 1e-6,
        postNormEps: 1e-6,
        isClip: false,
        qkvBias: true,
      },
      qformer: {
        hiddenSize: 768,
        intermediateSize: 3072,
        nLayers: 12,
        nHeads: 12,
        encoderHiddenSize: 1408,
        crossAttentionFrequency: 2,
        layerNormEps: 1e-12,
        vocabSize: 30522,
        maxPositions: 512,
        readsInstruction: false,
      },
      numQueryTokens: 32,
      imageTokenIndex: undefined,
      world: "everyday",
      text: {
        kind: "opt",
        hiddenSize: 768,
        ffnDim: 3072,
        nLayers: 12,
        nHeads: 12,
        vocabSize: 50272,
        maxPositions: 2048,
        bosTokenId: 2,
        eosTokenId: 2,
        padTokenId: 1,
      },
    });
  });

  it("takes null for a key that is absent", () => {
    assert.deepEqual(parse({ vision_config: null, text_config: null }), parse({}));
    assert.deepEqual(parse({ vision_config: { hidden_size: null } }), parse({}));
  });

  it("is read from the files that transformers writes", () => {
    const read = (kit: string): Blip2Config => {
      const file = fixturePath("kits", kit, "checkpoint", "config.json");
      const config = parseModelConfig(readFileSync(file, "utf8"), file);
      assert.ok(config.family === "blip-2");
      return config;
    };
    const withOpt = read("opt");
    assert.ok(withOpt.kind === "generation" && withOpt.text.kind === "opt");
    assert.equal(withOpt.text.maxPositions, 256);
    assert.equal(withOpt.numQueryTokens, 8);
    const withT5 = read("t5");
    assert.ok(withT5.kind === "generation" && withT5.text.kind === "t5");
    assert.deepEqual(
      [withT5.text.activation, withT5.text.isGated, withT5.text.scaleDecoderOutputs],
      ["gelu", true, false],
    );
    const retrieval = read("itm");
    assert.ok(retrieval.kind === "retrieval");
    assert.equal(retrieval.projectionSize, 24);
  });

  it("of a hub file that stores only what differs is filled up part by part", () => {
    const config = parse({
      architectures: ["Blip2ForConditionalGeneration"],
      image_token_index: 50265,
      model_type: "blip-2",
      num_query_tokens: 32,
      qformer_config: { model_type: "blip_2_qformer", vocab_size: 30523 },
      text_config: {
        hidden_size: 2560,
        ffn_dim: 10240,
        num_hidden_layers: 32,
        num_attention_heads: 32,
        word_embed_proj_dim: 2560,
        model_type: "opt",
        eos_token_id: 50118,
        vocab_size: 50304,
      },
      use_decoder_only_language_model: true,
      vision_config: { dropout: 0.0, model_type: "blip_2_vision_model" },
    });
    assert.ok(config.kind === "generation" && config.text.kind === "opt");
    assert.equal(config.imageTokenIndex, 50265);
    assert.deepEqual([config.vision.nLayers, config.vision.hiddenSize], [39, 1408]);
    assert.deepEqual([config.text.eosTokenId, config.text.maxPositions], [50118, 2048]);
  });

  it("counts the patches of a picture and one class token", () => {
    assert.equal(imageTokenCount(parse({}).vision), 257);
    const odd = parse({ vision_config: { image_size: 45, patch_size: 14 } });
    assert.equal(imageTokenCount(odd.vision), 10);
  });

  it("refuses other model types, classes and language models", () => {
    refuses({ model_type: "instructblipvideo" }, "checkpoint.unsupported", "instructblipvideo");
    const alien = { model_type: "instructblip", architectures: ["Blip2ForConditionalGeneration"] };
    refuses(alien, "checkpoint.unsupported", "Blip2ForConditionalGeneration");
    refuses({ model_type: 7 }, "checkpoint.corrupt", "model_type");
    for (const name of ["Blip2Model", "Blip2QFormerModel", "LlamaForCausalLM"]) {
      refuses({ architectures: [name] }, "checkpoint.unsupported", name);
    }
    refuses({ architectures: [7] }, "checkpoint.unsupported", "number");
    refuses({ architectures: ["x".repeat(10_000)] }, "checkpoint.unsupported", "xxxx");
    refuses({ architectures: "Blip2Model" }, "checkpoint.corrupt", "architectures");
    refuses({ text_config: { model_type: "mistral" } }, "checkpoint.unsupported", "mistral");
    refuses({ text_config: { model_type: 7 } }, "checkpoint.corrupt", "text_config.model_type");
    assert.equal(parse({ architectures: [] }).kind, "generation");
  });

  it("refuses what is no JSON object", () => {
    for (const text of ["", "{", "NaN", '{"vision_config": {"hidden_size": NaN}}', "\u0000"]) {
      refusesText(text, "checkpoint.corrupt", "JSON");
    }
    for (const text of ["null", "[]", "3", '"x"']) {
      refusesText(text, "checkpoint.corrupt", "JSON object");
    }
    for (const key of ["vision_config", "qformer_config", "text_config"]) {
      refuses({ [key]: [] }, "checkpoint.corrupt", key);
      refuses({ [key]: "opt" }, "checkpoint.corrupt", key);
    }
  });

  it("says what the model knows where it is not photographs", () => {
    const { world } = parseModelConfig(
      readFileSync(path.join("models", "demo", "config.json"), "utf8"),
      "config.json",
    );
    assert.equal(world, "shapes");
    assert.equal(parse({ sightline_world: "numbers" }).world, "everyday");
    assert.equal(parse({ sightline_world: 1 }).world, "everyday");
  });

  it("keeps a hostile key an ordinary key", () => {
    refusesText(
      '{"__proto__": {"model_type": "x"}, "model_type": "y"}',
      "checkpoint.unsupported",
      '"y"',
    );
    const config = parseModelConfig('{"__proto__": {"num_query_tokens": 7}}', "config.json");
    assert.ok(config.family === "blip-2");
    assert.equal(config.numQueryTokens, 32);
  });

  const sizes: Readonly<Record<string, readonly string[]>> = {
    vision_config: [
      "hidden_size",
      "intermediate_size",
      "num_hidden_layers",
      "num_attention_heads",
      "image_size",
      "patch_size",
    ],
    qformer_config: [
      "hidden_size",
      "intermediate_size",
      "num_hidden_layers",
      "num_attention_heads",
      "encoder_hidden_size",
      "cross_attention_frequency",
      "vocab_size",
      "max_position_embeddings",
    ],
    text_config: [
      "hidden_size",
      "ffn_dim",
      "num_hidden_layers",
      "num_attention_heads",
      "word_embed_proj_dim",
      "vocab_size",
      "max_position_embeddings",
    ],
  };
  for (const [part, keys] of Object.entries(sizes)) {
    it(`refuses sizes in ${part} that are none`, () => {
      for (const key of keys) {
        for (const value of NO_SIZES) {
          refusesText(`{"${part}": {"${key}": ${value}}}`, "checkpoint.corrupt", `${part}.${key}`);
        }
      }
    });
  }

  it("refuses sizes of T5 that are none", () => {
    const keys = ["d_model", "d_kv", "d_ff", "num_layers", "num_decoder_layers", "num_heads"];
    const buckets = ["relative_attention_num_buckets", "relative_attention_max_distance"];
    for (const key of [...keys, "vocab_size", ...buckets]) {
      for (const value of NO_SIZES) {
        const text = `{"text_config": {"model_type": "t5", "${key}": ${value}}}`;
        refusesText(text, "checkpoint.corrupt", `text_config.${key}`);
      }
    }
  });

  it("refuses counts and ids at the top and in the language models that are none", () => {
    for (const value of NO_SIZES) {
      refusesText(`{"num_query_tokens": ${value}}`, "checkpoint.corrupt", "num_query_tokens");
      const projection = `{"architectures": ["Blip2ForImageTextRetrieval"], "image_text_hidden_size": ${value}}`;
      refusesText(projection, "checkpoint.corrupt", "image_text_hidden_size");
    }
    const noIds = ["-1", "0.5", "1e309", "1e12", '"2"', "[2]"];
    for (const value of noIds) {
      refusesText(`{"image_token_index": ${value}}`, "checkpoint.corrupt", "image_token_index");
      for (const key of ["bos_token_id", "eos_token_id", "pad_token_id"]) {
        for (const family of ["opt", "t5"]) {
          const text = `{"text_config": {"model_type": "${family}", "${key}": ${value}}}`;
          refusesText(text, "checkpoint.corrupt", `text_config.${key}`);
        }
      }
      const start = `{"text_config": {"model_type": "t5", "decoder_start_token_id": ${value}}}`;
      refusesText(start, "checkpoint.corrupt", "text_config.decoder_start_token_id");
    }
  });

  it("refuses a normalisation constant that is not a small positive number", () => {
    for (const value of ["0", "-1e-6", "1.5", "1e309", '"1e-6"', "[]"]) {
      for (const part of ["vision_config", "qformer_config"]) {
        const text = `{"${part}": {"layer_norm_eps": ${value}}}`;
        refusesText(text, "checkpoint.corrupt", `${part}.layer_norm_eps`);
      }
      const text = `{"text_config": {"model_type": "t5", "layer_norm_epsilon": ${value}}}`;
      refusesText(text, "checkpoint.corrupt", "text_config.layer_norm_epsilon");
    }
  });

  it("refuses sizes that do not fit each other", () => {
    const corrupt = "checkpoint.corrupt";
    refuses({ vision_config: { num_attention_heads: 15 } }, corrupt, "num_attention_heads");
    refuses({ qformer_config: { num_attention_heads: 7 } }, corrupt, "num_attention_heads");
    refuses({ text_config: { num_attention_heads: 7 } }, corrupt, "num_attention_heads");
    refuses({ vision_config: { image_size: 10 } }, corrupt, "patch_size");
    refuses({ qformer_config: { encoder_hidden_size: 1024 } }, corrupt, "encoder_hidden_size");
    const start = { model_type: "t5", vocab_size: 10, decoder_start_token_id: 10 };
    refuses({ text_config: start }, corrupt, "text_config.decoder_start_token_id");
    const buckets = { relative_attention_num_buckets: 32, relative_attention_max_distance: 16 };
    const t5Config = { text_config: { model_type: "t5", ...buckets } };
    refuses(t5Config, corrupt, "relative_attention_max_distance");
    assert.equal(
      t5({ ...buckets, relative_attention_max_distance: 17 }).relativeAttentionBuckets,
      32,
    );
  });

  it("refuses variants of the parts that have no graph", () => {
    const unsupported = "checkpoint.unsupported";
    refuses({ vision_config: { hidden_act: "quick_gelu" } }, unsupported, "hidden_act");
    refuses({ qformer_config: { hidden_act: "relu" } }, unsupported, "hidden_act");
    const relative = { position_embedding_type: "relative_key" };
    refuses({ qformer_config: relative }, unsupported, "position embeddings");
    refuses({ text_config: { activation_function: "gelu" } }, unsupported, "activation_function");
    refuses({ text_config: { do_layer_norm_before: false } }, unsupported, "do_layer_norm_before");
    refuses({ text_config: { enable_bias: false } }, unsupported, "enable_bias");
    const affine = { layer_norm_elementwise_affine: false };
    refuses({ text_config: affine }, unsupported, "layer_norm_elementwise_affine");
    const removed = { _remove_final_layer_norm: true };
    refuses({ text_config: removed }, unsupported, "_remove_final_layer_norm");
    refuses({ text_config: { word_embed_proj_dim: 512 } }, unsupported, "word_embed_proj_dim");
    const long = { hidden_act: "x".repeat(10_000) };
    refuses({ vision_config: long }, unsupported, "hidden_act");
    refuses({ vision_config: { qkv_bias: "yes" } }, "checkpoint.corrupt", "vision_config.qkv_bias");
    assert.equal(parse({ vision_config: { qkv_bias: false } }).vision.qkvBias, false);
  });

  it("follows OPT's own keys", () => {
    const config = opt({ hidden_size: 64, num_attention_heads: 4, ffn_dim: 96, eos_token_id: 9 });
    assert.deepEqual(
      [config.hiddenSize, config.nHeads, config.ffnDim, config.eosTokenId],
      [64, 4, 96, 9],
    );
  });
});

describe("the configuration of T5", () => {
  it("has the defaults of transformers' T5Config", () => {
    assert.deepEqual(t5({}), {
      kind: "t5",
      hiddenSize: 512,
      dKv: 64,
      ffnDim: 2048,
      nEncoderLayers: 6,
      nLayers: 6,
      nHeads: 8,
      vocabSize: 32128,
      relativeAttentionBuckets: 32,
      relativeAttentionMaxDistance: 128,
      layerNormEps: 1e-6,
      activation: "relu",
      isGated: false,
      scaleDecoderOutputs: true,
      bosTokenId: 1,
      eosTokenId: 1,
      padTokenId: 0,
      decoderStartTokenId: 0,
    });
  });

  it("has as many decoder layers as encoder layers when the file does not say", () => {
    assert.deepEqual([t5({ num_layers: 3 }).nEncoderLayers, t5({ num_layers: 3 }).nLayers], [3, 3]);
    assert.equal(t5({ num_layers: 3, num_decoder_layers: 2 }).nLayers, 2);
  });

  it("takes gate and activation from feed_forward_proj, and a stored dense_act_fn wins", () => {
    const cases: readonly [Json, string, boolean][] = [
      [{}, "relu", false],
      [{ feed_forward_proj: "gelu" }, "gelu", false],
      [{ feed_forward_proj: "gated-gelu" }, "gelu_new", true],
      [{ feed_forward_proj: "gated-relu" }, "relu", true],
      [{ feed_forward_proj: "gated-gelu", dense_act_fn: "gelu" }, "gelu", true],
      [{ feed_forward_proj: "relu", dense_act_fn: "gelu_new" }, "gelu_new", false],
    ];
    for (const [text, activation, isGated] of cases) {
      const config = t5(text);
      assert.deepEqual([config.activation, config.isGated], [activation, isGated]);
    }
  });

  it("refuses other activations", () => {
    for (const text of [
      { feed_forward_proj: "gated-silu" },
      { feed_forward_proj: "silu" },
      { feed_forward_proj: "" },
      { feed_forward_proj: "x".repeat(10_000) },
      { feed_forward_proj: "gated-gelu", dense_act_fn: "quick_gelu" },
    ]) {
      refuses(
        { text_config: { model_type: "t5", ...text } },
        "checkpoint.unsupported",
        "activation",
      );
    }
    const number = { model_type: "t5", feed_forward_proj: 1 };
    refuses({ text_config: number }, "checkpoint.corrupt", "feed_forward_proj");
  });

  it("scales the decoder's output as its own key says, or an old file's tied head", () => {
    assert.equal(t5({}).scaleDecoderOutputs, true);
    assert.equal(t5({ tie_word_embeddings: true }).scaleDecoderOutputs, true);
    assert.equal(t5({ tie_word_embeddings: false }).scaleDecoderOutputs, false);
    const both = { tie_word_embeddings: true, scale_decoder_outputs: false };
    assert.equal(t5(both).scaleDecoderOutputs, false);
    const reversed = { tie_word_embeddings: false, scale_decoder_outputs: true };
    assert.equal(t5(reversed).scaleDecoderOutputs, true);
    for (const key of ["tie_word_embeddings", "scale_decoder_outputs"]) {
      const text_config = { model_type: "t5", [key]: "no" };
      refuses({ text_config }, "checkpoint.corrupt", `text_config.${key}`);
    }
  });
});

describe("the configuration of a retrieval model", () => {
  it("has a projection and no language model", () => {
    const config = parse({ architectures: ["Blip2ForImageTextRetrieval"] });
    assert.ok(config.kind === "retrieval");
    assert.equal(config.projectionSize, 256);
    assert.equal("text" in config, false);
  });

  it("ignores a language model that the file describes all the same", () => {
    const architectures = ["Blip2ForImageTextRetrieval"];
    const config = parse({ architectures, text_config: { model_type: "llama" } });
    assert.equal(config.kind, "retrieval");
  });
});
