/**
 * config.json of a Hugging Face BLIP checkpoint (arXiv 2201.12086), validated.
 * Absent keys take the defaults of transformers' configuration classes. Knows no weights and no graphs.
 */

import type { JsonObject } from "../../base/json";
import type { World } from "../folder/world";
import {
  expectActivation,
  expectHeadsDivide,
  layers,
  MAX_POSITIONS,
  MAX_VOCAB,
  readEps,
  readWorld,
  shown,
  tokenId,
  unsupported,
  width,
} from "./configFields";
import { readVision, type VisionConfig, type VisionDefaults } from "./visionConfig";

/**
 * The text model (transformers `BlipTextModel`): BERT with cross-attention in every layer. Its keys and
 * values of what it reads have the width of the image encoder, whatever it reads.
 */
export interface BertConfig {
  readonly kind: "bert";
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly nLayers: number;
  readonly nHeads: number;
  readonly layerNormEps: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
  /** [DEC], the first position of a text that is written. */
  readonly bosTokenId: number;
  /**
   * [ENC], the first position of a text that was read with a picture in training; absent where the table
   * has no row for it.
   */
  readonly encTokenId: number | undefined;
  /** [SEP], which ends a text: what the configuration calls `eos_token_id` is never produced. */
  readonly eosTokenId: number;
  readonly padTokenId: number;
}

interface BlipCommon {
  readonly family: "blip";
  readonly vision: VisionConfig;
  readonly text: BertConfig;
  readonly world: World;
}

/** transformers `BlipForConditionalGeneration`: the text model writes and reads the picture. */
export interface BlipCaptionConfig extends BlipCommon {
  readonly kind: "captioning";
}

/** transformers `BlipForQuestionAnswering`: one text model reads question and picture, another writes. */
export interface BlipAnswerConfig extends BlipCommon {
  readonly kind: "answering";
}

/** transformers `BlipForImageTextRetrieval`: contrastive (ITC) and matching (ITM) heads. */
export interface BlipRetrievalConfig extends BlipCommon {
  readonly kind: "retrieval";
  /** Width of the shared ITC space, `image_text_hidden_size`. */
  readonly projectionSize: number;
}

export type BlipConfig = BlipCaptionConfig | BlipAnswerConfig | BlipRetrievalConfig;

const VISION_DEFAULTS: VisionDefaults = {
  hiddenSize: 768,
  intermediateSize: 3072,
  nLayers: 12,
  nHeads: 12,
  imageSize: 384,
  patchSize: 16,
  layerNormEps: 1e-5,
  qkvBias: true,
};

/**
 * Reads a BLIP config.json.
 * @throws AppError `checkpoint.corrupt` for a bad value, `checkpoint.unsupported` for another class or
 * activation.
 */
export function readBlipConfig(root: JsonObject): BlipConfig {
  const kind = readKind(root);
  const vision = readVision(root.objectOrEmpty("vision_config"), VISION_DEFAULTS);
  const text = readBert(root.objectOrEmpty("text_config"));
  const common = { family: "blip", vision, text, world: readWorld(root) } as const;
  if (kind === "retrieval") {
    return { ...common, kind, projectionSize: root.integer("image_text_hidden_size", width(256)) };
  }
  if (kind === "answering" && text.hiddenSize !== vision.hiddenSize) {
    // The answer's decoder reads the question through matrices that are as wide as the picture.
    unsupported(
      root,
      `the question has ${text.hiddenSize} channels and the picture ${vision.hiddenSize}, which fit no answer's decoder`,
    );
  }
  return { ...common, kind };
}

function readKind(root: JsonObject): BlipConfig["kind"] {
  const architecture = root.has("architectures") ? root.array("architectures")[0] : undefined;
  switch (architecture) {
    case "BlipForConditionalGeneration":
      return "captioning";
    case "BlipForQuestionAnswering":
      return "answering";
    case "BlipForImageTextRetrieval":
      return "retrieval";
    default:
      return unsupported(
        root,
        architecture === undefined
          ? "it does not say which class of BLIP it is (architectures)"
          : `the class ${shown(architecture)} is not converted`,
      );
  }
}

function readBert(json: JsonObject): BertConfig {
  const vocabSize = json.integer("vocab_size", { min: 1, max: MAX_VOCAB, fallback: 30524 });
  const hiddenSize = json.integer("hidden_size", width(768));
  const idInTable = (key: string, fallback: number): number =>
    json.integer(key, { min: 0, max: vocabSize - 1, fallback });
  const bosTokenId = idInTable("bos_token_id", 30522);
  const config: BertConfig = {
    kind: "bert",
    hiddenSize,
    intermediateSize: json.integer("intermediate_size", width(3072)),
    nLayers: json.integer("num_hidden_layers", layers(12)),
    nHeads: json.integer("num_attention_heads", width(usualHeads(hiddenSize))),
    layerNormEps: readEps(json, "layer_norm_eps", 1e-12),
    vocabSize,
    maxPositions: json.integer("max_position_embeddings", {
      min: 1,
      max: MAX_POSITIONS,
      fallback: 512,
    }),
    bosTokenId,
    // No key says it; the authors added it to the vocabulary behind [DEC].
    encTokenId: bosTokenId + 1 < vocabSize ? bosTokenId + 1 : undefined,
    eosTokenId: idInTable("sep_token_id", 102),
    padTokenId: tokenId(json, "pad_token_id", 0),
  };
  expectActivation(json, "hidden_act", ["gelu"]);
  expectHeadsDivide(json, config);
  if (!json.boolean("is_decoder", true)) {
    unsupported(json, "a text model without cross-attention (is_decoder) is not converted");
  }
  if (json.string("position_embedding_type", "absolute") !== "absolute") {
    unsupported(json, "only absolute position embeddings are converted");
  }
  return config;
}

/**
 * transformers' class says 8, and repositories of before April 2023 do not contradict it; yet every
 * published model has heads of 64 channels, as BERT has.
 */
function usualHeads(hiddenSize: number): number {
  return hiddenSize === 768 ? 12 : 8;
}
