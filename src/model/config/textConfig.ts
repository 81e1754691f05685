/**
 * The language models of config.json's `text_config`, validated. Absent keys take the defaults of
 * transformers' configuration classes.
 */

import type { JsonObject } from "../../base/json";
import {
  expectActivation,
  expectHeadsDivide,
  layers,
  MAX_POSITIONS,
  MAX_VOCAB,
  readEps,
  shown,
  tokenId,
  unsupported,
  width,
} from "./configFields";

/** OPT (transformers `OPTConfig`), the decoder-only language model. */
export interface OptConfig {
  readonly kind: "opt";
  readonly hiddenSize: number;
  readonly ffnDim: number;
  readonly nLayers: number;
  readonly nHeads: number;
  readonly vocabSize: number;
  /** Positions a sequence may use; the table has two rows more (transformers' OPT offset). */
  readonly maxPositions: number;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
  readonly padTokenId: number;
}

/** Flan-T5 (transformers `T5Config`), the encoder-decoder language model. */
export interface T5Config {
  readonly kind: "t5";
  readonly hiddenSize: number;
  /** Width of one attention head; heads × dKv need not equal hiddenSize. */
  readonly dKv: number;
  readonly ffnDim: number;
  readonly nEncoderLayers: number;
  readonly nLayers: number;
  readonly nHeads: number;
  readonly vocabSize: number;
  readonly relativeAttentionBuckets: number;
  readonly relativeAttentionMaxDistance: number;
  readonly layerNormEps: number;
  /** The gate's activation: exact erf GELU in BLIP-2, tanh GELU in plain Flan-T5. */
  readonly activation: "gelu" | "gelu_new" | "relu";
  /** True for `wi_0`/`wi_1`, false for a single `wi`. */
  readonly isGated: boolean;
  /** Original T5 scales the decoder's output by hiddenSize^-0.5 before the head; Flan-T5 does not. */
  readonly scaleDecoderOutputs: boolean;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
  readonly padTokenId: number;
  readonly decoderStartTokenId: number;
}

export type TextConfig = OptConfig | T5Config;

/** Keys and values of one position of a decoder: layers, heads and their width. */
export function cacheShape(text: TextConfig): {
  readonly nLayers: number;
  readonly nHeads: number;
  readonly headDim: number;
} {
  const { nLayers, nHeads } = text;
  switch (text.kind) {
    case "opt":
      return { nLayers, nHeads, headDim: text.hiddenSize / nHeads };
    case "t5":
      return { nLayers, nHeads, headDim: text.dKv };
  }
}

const READERS = { opt: readOpt, t5: readT5 } as const;

/**
 * Validates a `text_config`.
 * @throws AppError `checkpoint.corrupt`, `checkpoint.unsupported`.
 */
export function readText(json: JsonObject): TextConfig {
  // transformers' classes take OPT where no language model is named.
  const modelType = json.string("model_type", "opt");
  const read = Object.entries(READERS).find(([name]) => name === modelType)?.[1];
  if (read !== undefined) return read(json);
  const known = Object.keys(READERS).map((name) => `"${name}"`);
  return unsupported(json, `the language model ${shown(modelType)} is not ${known.join(" or ")}`);
}

function readOpt(json: JsonObject): OptConfig {
  const config: OptConfig = {
    kind: "opt",
    hiddenSize: json.integer("hidden_size", width(768)),
    ffnDim: json.integer("ffn_dim", width(3072)),
    nLayers: json.integer("num_hidden_layers", layers(12)),
    nHeads: json.integer("num_attention_heads", width(12)),
    vocabSize: json.integer("vocab_size", { min: 1, max: MAX_VOCAB, fallback: 50272 }),
    maxPositions: json.integer("max_position_embeddings", {
      min: 1,
      max: MAX_POSITIONS,
      fallback: 2048,
    }),
    bosTokenId: tokenId(json, "bos_token_id", 2),
    eosTokenId: tokenId(json, "eos_token_id", 2),
    padTokenId: tokenId(json, "pad_token_id", 1),
  };
  expectActivation(json, "activation_function", ["relu"]);
  expectHeadsDivide(json, config);
  const expected: [string, boolean][] = [
    ["do_layer_norm_before", true],
    ["enable_bias", true],
    ["layer_norm_elementwise_affine", true],
    ["_remove_final_layer_norm", false],
  ];
  for (const [key, value] of expected) {
    if (json.boolean(key, value) !== value) {
      unsupported(json, `OPT with "${key}": ${String(!value)} is not converted`);
    }
  }
  if (json.integer("word_embed_proj_dim", width(config.hiddenSize)) !== config.hiddenSize) {
    unsupported(json, "OPT with a word_embed_proj_dim other than hidden_size is not converted");
  }
  return config;
}

function readT5(json: JsonObject): T5Config {
  const nEncoderLayers = json.integer("num_layers", layers(6));
  // As transformers' T5Config: feed_forward_proj gives gate and activation, a stored dense_act_fn wins.
  const proj = json.string("feed_forward_proj", "relu");
  const isGated = proj.startsWith("gated-");
  const named = isGated ? proj.slice("gated-".length) : proj;
  const derived = proj === "gated-gelu" ? "gelu_new" : named;
  const activation = json.string("dense_act_fn", derived);
  if (activation !== "gelu" && activation !== "gelu_new" && activation !== "relu") {
    return unsupported(json, `the activation ${shown(activation)} is not converted`);
  }
  const vocabSize = json.integer("vocab_size", { min: 1, max: MAX_VOCAB, fallback: 32128 });
  return {
    kind: "t5",
    hiddenSize: json.integer("d_model", width(512)),
    dKv: json.integer("d_kv", width(64)),
    ffnDim: json.integer("d_ff", width(2048)),
    nEncoderLayers,
    nLayers: json.integer("num_decoder_layers", layers(nEncoderLayers)),
    nHeads: json.integer("num_heads", width(8)),
    vocabSize,
    ...readBuckets(json),
    layerNormEps: readEps(json, "layer_norm_epsilon", 1e-6),
    activation,
    isGated,
    // transformers took an untied head as the sign of T5 1.1 before the key of its own existed.
    scaleDecoderOutputs: json.boolean(
      "scale_decoder_outputs",
      json.boolean("tie_word_embeddings", true),
    ),
    bosTokenId: tokenId(json, "bos_token_id", 1),
    eosTokenId: tokenId(json, "eos_token_id", 1),
    padTokenId: tokenId(json, "pad_token_id", 0),
    // The only id of the configuration that is looked up in the table.
    decoderStartTokenId: json.integer("decoder_start_token_id", {
      min: 0,
      max: vocabSize - 1,
      fallback: 0,
    }),
  };
}

function readBuckets(
  json: JsonObject,
): Pick<T5Config, "relativeAttentionBuckets" | "relativeAttentionMaxDistance"> {
  const nBuckets = json.integer("relative_attention_num_buckets", {
    min: 4,
    max: 4096,
    fallback: 32,
  });
  const maxDistance = json.integer("relative_attention_max_distance", {
    min: 2,
    max: MAX_POSITIONS,
    fallback: 128,
  });
  // The nearer half of the buckets holds one distance each; the formula of the others divides by the
  // logarithm of what is left.
  if (maxDistance <= nBuckets >> 1) {
    json.fail(
      "relative_attention_max_distance",
      `above half of relative_attention_num_buckets, ${nBuckets}`,
    );
  }
  return { relativeAttentionBuckets: nBuckets, relativeAttentionMaxDistance: maxDistance };
}
