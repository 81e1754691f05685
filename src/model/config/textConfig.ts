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

/** LLaMA (transformers `LlamaConfig`), as Vicuna in InstructBLIP; decoder-only. */
export interface LlamaConfig {
  readonly kind: "llama";
  readonly hiddenSize: number;
  readonly ffnDim: number;
  readonly nLayers: number;
  readonly nHeads: number;
  /** Heads of keys and values, each of which several heads of queries read; as many as nHeads in Vicuna. */
  readonly nKvHeads: number;
  /** Even; heads × headDim need not equal hiddenSize. */
  readonly headDim: number;
  readonly vocabSize: number;
  /** Positions a sequence may use, those of the picture included. */
  readonly maxPositions: number;
  readonly rmsNormEps: number;
  /** Base of the angles by which queries and keys are turned. */
  readonly ropeTheta: number;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
  readonly padTokenId: number;
}

export type TextConfig = OptConfig | T5Config | LlamaConfig;

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
    case "llama":
      return { nLayers, nHeads: text.nKvHeads, headDim: text.headDim };
  }
}

const READERS = { opt: readOpt, t5: readT5, llama: readLlama } as const;

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

/** The end of a text in every vocabulary of LLaMA; published configurations name other ids too. */
export const LLAMA_EOS = 2;

function readLlama(json: JsonObject): LlamaConfig {
  const hiddenSize = json.integer("hidden_size", width(4096));
  const nHeads = json.integer("num_attention_heads", width(32));
  if (!json.has("head_dim")) expectHeadsDivide(json, { hiddenSize, nHeads });
  const config: LlamaConfig = {
    kind: "llama",
    hiddenSize,
    ffnDim: json.integer("intermediate_size", width(11008)),
    nLayers: json.integer("num_hidden_layers", layers(32)),
    nHeads,
    nKvHeads: json.integer("num_key_value_heads", width(nHeads)),
    headDim: json.integer("head_dim", width(hiddenSize / nHeads)),
    vocabSize: json.integer("vocab_size", { min: 1, max: MAX_VOCAB, fallback: 32000 }),
    maxPositions: json.integer("max_position_embeddings", {
      min: 1,
      max: MAX_ROTARY_POSITIONS,
      fallback: 2048,
    }),
    rmsNormEps: readEps(json, "rms_norm_eps", 1e-6),
    ropeTheta: readRopeTheta(json),
    bosTokenId: tokenId(json, "bos_token_id", LLAMA_EOS),
    eosTokenId: tokenId(json, "eos_token_id", LLAMA_EOS),
    padTokenId: readPadId(json, LLAMA_EOS),
  };
  expectActivation(json, "hidden_act", ["silu"]);
  if (config.nHeads % config.nKvHeads !== 0) {
    json.fail("num_key_value_heads", `a divisor of num_attention_heads, ${nHeads}`);
  }
  if (config.headDim % 2 !== 0) json.fail("head_dim", "even, because its halves are turned");
  for (const key of ["attention_bias", "mlp_bias"]) {
    if (json.boolean(key, false)) unsupported(json, `LLaMA with "${key}": true is not converted`);
  }
  return config;
}

/** The table of angles is part of the model: 128 MB at most. */
const MAX_ROTARY_POSITIONS = 1 << 17;

/** `pad_token_id`; some files say -1 for none. */
export function readPadId(json: JsonObject, fallback: number): number {
  const id = json.integer("pad_token_id", { min: -1, max: MAX_VOCAB, fallback });
  return id < 0 ? fallback : id;
}

/** In `rope_parameters`; before transformers 5 beside it, with `rope_scaling` for other kinds of angles. */
function readRopeTheta(json: JsonObject): number {
  const parameters = json.objectOrEmpty(
    json.has("rope_parameters") ? "rope_parameters" : "rope_scaling",
  );
  const type = parameters.string("rope_type", parameters.string("type", "default"));
  if (type !== "default") {
    unsupported(json, `rotary positions of the type ${shown(type)} are not converted`);
  }
  const theta = parameters.number("rope_theta", json.number("rope_theta", 10_000));
  if (theta <= 1 || theta > MAX_THETA) json.fail("rope_theta", `above 1 and at most ${MAX_THETA}`);
  const share = parameters.number("partial_rotary_factor", json.number("partial_rotary_factor", 1));
  if (share !== 1) unsupported(json, "rotary positions of a part of each head are not converted");
  return theta;
}

const MAX_THETA = 1e12;
