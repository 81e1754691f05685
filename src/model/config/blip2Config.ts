/**
 * config.json of a Hugging Face BLIP-2 checkpoint, validated.
 * Absent keys take the defaults of transformers' configuration classes, because hub files store only
 * what differs from them. Knows no weights and no graphs.
 */

import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import { type World, WORLDS } from "../folder/world";

/** The frozen image encoder: a ViT (paper section 3.1). */
export interface VisionConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly nLayers: number;
  readonly nHeads: number;
  /** Pixels on each side of the square input. */
  readonly imageSize: number;
  readonly patchSize: number;
  readonly layerNormEps: number;
  readonly qkvBias: boolean;
}

/** The querying transformer (paper section 3.1). */
export interface QformerConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly nLayers: number;
  readonly nHeads: number;
  /** Width of the image features it attends to. */
  readonly encoderHiddenSize: number;
  /** Every n-th layer, starting with the first, attends to the image features. */
  readonly crossAttentionFrequency: number;
  readonly layerNormEps: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
}

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

interface Blip2Common {
  readonly vision: VisionConfig;
  readonly qformer: QformerConfig;
  readonly numQueryTokens: number;
  /** Id of the `<image>` placeholder; transformers' penalties see it, so ours do too. */
  readonly imageTokenIndex: number | undefined;
  /** A key of our own, which only the demo has: `sightline_world`. */
  readonly world: World;
}

/** transformers `Blip2ForConditionalGeneration`. */
export interface Blip2GenerationConfig extends Blip2Common {
  readonly kind: "generation";
  readonly text: TextConfig;
}

/** transformers `Blip2ForImageTextRetrieval`: contrastive (ITC) and matching (ITM) heads. */
export interface Blip2RetrievalConfig extends Blip2Common {
  readonly kind: "retrieval";
  /** Width of the shared ITC space, `image_text_hidden_size`. */
  readonly projectionSize: number;
}

export type Blip2Config = Blip2GenerationConfig | Blip2RetrievalConfig;

// Generous upper limits: ten times the largest published model, small enough that no product of two
// of them overflows what a graph or a buffer can hold.
const MAX_WIDTH = 1 << 17;
const MAX_LAYERS = 512;
const MAX_VOCAB = 1 << 22;
const MAX_POSITIONS = 1 << 20;

/**
 * Validates the text of a config.json.
 * @throws AppError `checkpoint.corrupt` for a bad value, `checkpoint.unsupported` for a class,
 * language model or activation that BLIP-2 checkpoints do not use.
 */
export function parseBlip2Config(text: string, file: string): Blip2Config {
  const root = JsonObject.parse(text, { file, code: "checkpoint.corrupt" });
  const kind = readKind(root);
  const vision = readVision(root.objectOrEmpty("vision_config"));
  const common = {
    vision,
    qformer: readQformer(root.objectOrEmpty("qformer_config"), vision),
    numQueryTokens: root.integer("num_query_tokens", { min: 1, max: 4096, fallback: 32 }),
    imageTokenIndex: root.has("image_token_index")
      ? root.integer("image_token_index", { min: 0, max: MAX_VOCAB })
      : undefined,
    world: readWorld(root),
  };
  if (kind === "retrieval") {
    const projectionSize = root.integer("image_text_hidden_size", width(256));
    return { ...common, kind, projectionSize };
  }
  return { ...common, kind, text: readText(root.objectOrEmpty("text_config")) };
}

/** A world that only a later version knows is no reason to refuse a model. */
function readWorld(root: JsonObject): World {
  const world = root.raw("sightline_world");
  return WORLDS.find((known) => known === world) ?? "everyday";
}

function readKind(root: JsonObject): Blip2Config["kind"] {
  const modelType = root.string("model_type", "blip-2");
  const architecture = root.has("architectures") ? root.array("architectures")[0] : undefined;
  if (modelType !== "blip-2") unsupported(root, `model_type ${shown(modelType)} is not "blip-2"`);
  switch (architecture) {
    case undefined:
    case "Blip2ForConditionalGeneration":
      return "generation";
    case "Blip2ForImageTextRetrieval":
      return "retrieval";
    default:
      return unsupported(root, `the class ${shown(architecture)} is not converted`);
  }
}

/** A value from the file in a message: quoted, and not longer than a name would be. */
function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : `of type ${typeof value}`;
}

function readVision(json: JsonObject): VisionConfig {
  const config: VisionConfig = {
    hiddenSize: json.integer("hidden_size", width(1408)),
    intermediateSize: json.integer("intermediate_size", width(6144)),
    nLayers: json.integer("num_hidden_layers", layers(39)),
    nHeads: json.integer("num_attention_heads", width(16)),
    imageSize: json.integer("image_size", { min: 1, max: 4096, fallback: 224 }),
    patchSize: json.integer("patch_size", { min: 1, max: 4096, fallback: 14 }),
    layerNormEps: readEps(json, "layer_norm_eps", 1e-6),
    qkvBias: json.boolean("qkv_bias", true),
  };
  expectActivation(json, "hidden_act", ["gelu"]);
  expectHeadsDivide(json, config);
  if (config.patchSize > config.imageSize) json.fail("patch_size", "at most image_size");
  return config;
}

function readQformer(json: JsonObject, vision: VisionConfig): QformerConfig {
  const config: QformerConfig = {
    hiddenSize: json.integer("hidden_size", width(768)),
    intermediateSize: json.integer("intermediate_size", width(3072)),
    nLayers: json.integer("num_hidden_layers", layers(12)),
    nHeads: json.integer("num_attention_heads", width(12)),
    encoderHiddenSize: json.integer("encoder_hidden_size", width(1408)),
    crossAttentionFrequency: json.integer("cross_attention_frequency", layers(2)),
    layerNormEps: readEps(json, "layer_norm_eps", 1e-12),
    vocabSize: json.integer("vocab_size", { min: 1, max: MAX_VOCAB, fallback: 30522 }),
    maxPositions: json.integer("max_position_embeddings", {
      min: 1,
      max: MAX_POSITIONS,
      fallback: 512,
    }),
  };
  expectActivation(json, "hidden_act", ["gelu"]);
  expectHeadsDivide(json, config);
  if (json.string("position_embedding_type", "absolute") !== "absolute") {
    unsupported(json, "only absolute position embeddings are converted");
  }
  if (config.encoderHiddenSize !== vision.hiddenSize) {
    json.fail("encoder_hidden_size", `vision_config.hidden_size, ${vision.hiddenSize}`);
  }
  return config;
}

function readText(json: JsonObject): TextConfig {
  const modelType = json.string("model_type", "opt");
  if (modelType === "opt") return readOpt(json);
  if (modelType === "t5") return readT5(json);
  return unsupported(json, `the language model ${shown(modelType)} is neither "opt" nor "t5"`);
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

const width = (fallback: number): { min: number; max: number; fallback: number } => ({
  min: 1,
  max: MAX_WIDTH,
  fallback,
});
const layers = (fallback: number): { min: number; max: number; fallback: number } => ({
  min: 1,
  max: MAX_LAYERS,
  fallback,
});
const tokenId = (json: JsonObject, key: string, fallback: number): number =>
  json.integer(key, { min: 0, max: MAX_VOCAB, fallback });

function readEps(json: JsonObject, key: string, fallback: number): number {
  const eps = json.number(key, fallback);
  if (eps <= 0 || eps > 1) json.fail(key, "above 0 and at most 1");
  return eps;
}

function expectActivation(json: JsonObject, key: string, known: readonly [string]): void {
  const name = json.string(key, known[0]);
  if (!known.includes(name)) {
    unsupported(json, `the activation ${shown(name)} (${key}) is not converted`);
  }
}

function expectHeadsDivide(json: JsonObject, size: { hiddenSize: number; nHeads: number }): void {
  if (size.hiddenSize % size.nHeads !== 0) {
    json.fail("num_attention_heads", `a divisor of the hidden size ${size.hiddenSize}`);
  }
}

function unsupported(json: JsonObject, why: string): never {
  throw new AppError(
    "checkpoint.unsupported",
    `${json.file}: ${why}. Sightline converts BLIP-2 checkpoints with OPT or T5, and the image-text retrieval class.`,
    { detail: { file: json.file } },
  );
}

/** Patches of one picture plus the class token. */
export function imageTokenCount(vision: VisionConfig): number {
  return Math.floor(vision.imageSize / vision.patchSize) ** 2 + 1;
}
