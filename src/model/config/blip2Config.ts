/**
 * config.json of a Hugging Face BLIP-2 or InstructBLIP checkpoint, validated.
 * Absent keys take the defaults of transformers' configuration classes, because hub files store only
 * what differs from them. Knows no weights and no graphs.
 */

import type { JsonObject } from "../../base/json";
import type { World } from "../folder/world";
import type { BertConfig } from "./blipConfig";
import {
  expectActivation,
  expectHeadsDivide,
  layers,
  MAX_POSITIONS,
  MAX_VOCAB,
  readEps,
  readWorld,
  shown,
  unsupported,
  width,
} from "./configFields";
import { readText, type TextConfig } from "./textConfig";
import { readVision, type VisionConfig, type VisionDefaults } from "./visionConfig";

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
  /** It reads the instruction beside the picture, so that its queries are others for each: InstructBLIP. */
  readonly readsInstruction: boolean;
}

interface Blip2Common {
  readonly family: "blip-2";
  readonly vision: VisionConfig;
  readonly qformer: QformerConfig;
  readonly numQueryTokens: number;
  /** Id of the `<image>` placeholder; transformers' penalties see it, so ours do too. */
  readonly imageTokenIndex: number | undefined;
  /** A key of our own, which only the demo has: `sightline_world`. */
  readonly world: World;
}

/** transformers `Blip2ForConditionalGeneration`, `InstructBlipForConditionalGeneration`. */
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

/**
 * LAVIS `Blip2Qformer`, what the first stage of training gives: the heads of a retrieval model, and the
 * Q-Former's text side writes captions (ITG). Hugging Face has no class for it.
 */
export interface Blip2StageOneConfig extends Blip2Common {
  readonly kind: "stage1";
  readonly projectionSize: number;
  /** The Q-Former again, as what writes. */
  readonly text: BertConfig;
}

export type Blip2Config = Blip2GenerationConfig | Blip2RetrievalConfig | Blip2StageOneConfig;

/** Those with queries that are compared with texts. */
export type Blip2ComparingConfig = Blip2RetrievalConfig | Blip2StageOneConfig;

/** LAVIS's name, for want of one of Hugging Face's. */
export const STAGE_ONE_CLASS = "Blip2Qformer";

/** The classes that are converted, by `model_type`; the first one is meant where a file names none. */
const CLASSES = {
  "blip-2": {
    Blip2ForConditionalGeneration: "generation",
    Blip2ForImageTextRetrieval: "retrieval",
    [STAGE_ONE_CLASS]: "stage1",
  },
  instructblip: {
    InstructBlipForConditionalGeneration: "instruction",
  },
} as const;

/** What the class of the vision section has where the file says nothing: EVA-CLIP's ViT-g. */
const VISION_DEFAULTS: VisionDefaults = {
  hiddenSize: 1408,
  intermediateSize: 6144,
  nLayers: 39,
  nHeads: 16,
  imageSize: 224,
  patchSize: 14,
  layerNormEps: 1e-6,
  qkvBias: true,
};

/**
 * Reads a BLIP-2 config.json.
 * @throws AppError `checkpoint.corrupt` for a bad value, `checkpoint.unsupported` for a class,
 * language model or activation that checkpoints of this family do not use.
 */
export function readBlip2Config(root: JsonObject): Blip2Config {
  const kind = readClass(root);
  const readsInstruction = kind === "instruction";
  const vision = readVision(root.objectOrEmpty("vision_config"), VISION_DEFAULTS);
  const common = {
    family: "blip-2" as const,
    vision,
    qformer: {
      ...readQformer(root.objectOrEmpty("qformer_config"), vision),
      readsInstruction,
    },
    numQueryTokens: root.integer("num_query_tokens", { min: 1, max: 4096, fallback: 32 }),
    imageTokenIndex: root.has("image_token_index")
      ? root.integer("image_token_index", { min: 0, max: MAX_VOCAB })
      : undefined,
    world: readWorld(root),
  };
  if (kind === "retrieval" || kind === "stage1") {
    const projectionSize = root.integer("image_text_hidden_size", width(256));
    if (kind === "retrieval") return { ...common, kind, projectionSize };
    const text = readCaptioner(root.objectOrEmpty("text_config"), common.qformer);
    return { ...common, kind, projectionSize, text };
  }
  return { ...common, kind: "generation", text: readText(root.objectOrEmpty("text_config")) };
}

type ClassKind = "generation" | "retrieval" | "stage1" | "instruction";

function readClass(root: JsonObject): ClassKind {
  const modelType = root.string("model_type", "blip-2");
  const classes = Object.entries(CLASSES).find(([name]) => name === modelType)?.[1];
  if (classes === undefined) {
    const known = Object.keys(CLASSES).map((name) => `"${name}"`);
    return unsupported(root, `model_type ${shown(modelType)} is not ${known.join(" or ")}`);
  }
  const kinds = Object.entries<ClassKind>(classes);
  const architecture = root.has("architectures") ? root.array("architectures")[0] : undefined;
  const named = kinds.find(([name]) => architecture === undefined || name === architecture);
  return named?.[1] ?? unsupported(root, `the class ${shown(architecture)} is not converted`);
}

/** What writes is the Q-Former; the section says the ids that a text begins and ends with. */
function readCaptioner(json: JsonObject, qformer: QformerConfig): BertConfig {
  const { vocabSize } = qformer;
  const id = (key: string, fallback: number): number =>
    json.integer(key, { min: 0, max: vocabSize - 1, fallback: Math.min(fallback, vocabSize - 1) });
  return {
    ...qformer,
    kind: "bert",
    // The last word of the table: the authors added it to BERT's.
    bosTokenId: id("bos_token_id", vocabSize - 1),
    encTokenId: undefined,
    eosTokenId: id("sep_token_id", 102),
    padTokenId: id("pad_token_id", 0),
  };
}

function readQformer(
  json: JsonObject,
  vision: VisionConfig,
): Omit<QformerConfig, "readsInstruction"> {
  const config = {
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
