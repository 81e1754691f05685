/**
 * The graphs of a model folder: their names, inputs and outputs. The converter writes these names and
 * the engine reads them; neither spells one out. Names are those of Hugging Face's exports and of
 * transformers' variables. Shapes are in comments: B batch, S new tokens, P past tokens, T = P + S,
 * E encoder tokens, H heads, D head width.
 */

import type { Blip2Config } from "../config/blip2Config";
import type { BlipConfig } from "../config/blipConfig";
import type { ModelConfig } from "../config/modelConfig";

/** One ONNX graph each; its weights are in one data file beside it. */
export const PART = {
  /** pixels → image features. */
  visionEncoder: "vision_encoder",
  /**
   * image features, in InstructBLIP with the instruction → query output, and the projection into the language
   * model or the ITC space; of stage 1 also keys and values of the queries for every layer of the decoder.
   */
  qformer: "qformer",
  /** Retrieval and stage 1: text → ITC embedding; of stage 1 also the temperature. */
  qformerText: "qformer_text",
  /** Retrieval and stage 1: keys and values of pictures, and one text → match logits of each picture. */
  qformerItm: "qformer_itm",
  /** token ids → rows of the embedding table; always runs on the CPU. */
  embedTokens: "embed_tokens",
  /** T5: the encoder; BLIP: the reader of a question. Both give keys and values for every decoder layer. */
  textEncoder: "text_encoder",
  /**
   * BLIP, retrieval and stage 1: image features → keys and values for every layer that reads the picture beside
   * a text. Retrieval models of before it have none; their matching graph takes image features.
   */
  imageReader: "image_reader",
  /** BLIP retrieval only: image features → ITC embedding. */
  imageProjection: "image_projection",
  /** BLIP retrieval only: text → ITC embedding. */
  textItc: "text_itc",
  /** BLIP retrieval only: text that reads the picture → match logits. */
  textItm: "text_itm",
  /** Prefill and decode in one graph. */
  decoder: "decoder",
  /** Picks the rows of the cache that the kept beams continue; no weights. */
  reorderCache: "reorder_cache",
  /** OPT, LLaMA and stage 1: keeps the first positions of the cache, for another question about the picture; no weights. */
  truncateCache: "truncate_cache",
  /** T5 and BLIP: as reorder_cache for the encoder's keys and values; no weights. */
  expandEncoderCache: "expand_encoder_cache",
} as const;

export type PartName = (typeof PART)[keyof typeof PART];

/** Names of fixed inputs and outputs. */
export const IO = {
  pixelValues: "pixel_values", // f32 [B, 3, imageSize, imageSize]
  imageFeatures: "image_features", // f32 [B, 1 + patches, vision width]
  hiddenStates: "hidden_states", // f32 [B, 1 + patches, vision width], into a later stage of the image encoder
  nextHiddenStates: "next_hidden_states", // f32 [B, 1 + patches, vision width], out of an earlier one
  queryOutput: "query_output", // f32 [B, queries, Q-Former width]
  languageModelInputs: "language_model_inputs", // f32 [B, queries, language model width]
  imageEmbeds: "image_embeds", // f32 [B, queries, projection], unit length; BLIP has one row
  textEmbeds: "text_embeds", // f32 [B, projection], unit length
  temperature: "temperature", // f32 [1], what ITC's cosines were divided by in training; of stage 1
  itmLogits: "itm_logits", // f32 [B, 2], mean over the queries where there are some; column 1 is a match
  inputIds: "input_ids", // int64 [B, S]
  inputsEmbeds: "inputs_embeds", // f32 [B, S, language model width]
  positionIds: "position_ids", // int64 [B, S], each one more than the one before; from 0, the graph adds OPT's offset
  relativePositionBucket: "relative_position_bucket", // int64 [S, T]
  attentionBias: "attention_bias", // f32 [1, 1, S, T], 0 or HIDDEN
  cacheSegments: "cache_segments", // int64 [3], lengths P, R and S that T is made of; likewise
  lastHiddenState: "last_hidden_state", // f32 [B, E, language model width]
  logits: "logits", // f32 [B, 1, vocabulary], of the last position
  cacheLength: "cache_length", // int64 [1], positions to keep
  beamIdx: "beam_idx", // int32 [new B], row of the old batch that each new row continues
} as const;

/** What hides a position from attention: far below every score, and no trouble for the softmax. */
export const HIDDEN = -1e9;

/**
 * The decoder has two graphs of the same weights, because a result on the CPU is copied on its way out.
 * An accelerator's takes all keys and values and gives them back with the new ones; they stay there. The
 * CPU's gives the new ones alone, and takes those of the prompt, which every beam shares, apart from the
 * recent ones of each beam: T = P + R + S.
 */
type CacheTensor = "key" | "value";

/** f32 [B, H, P, D]; the decoder's own keys or values of one layer. */
export const pastName = (layer: number, tensor: CacheTensor, hasEncoder: boolean): string =>
  `past_key_values.${layer}.${hasEncoder ? "decoder." : ""}${tensor}`;
/** f32 [B, H, T, D]. */
export const presentName = (layer: number, tensor: CacheTensor, hasEncoder: boolean): string =>
  `present.${layer}.${hasEncoder ? "decoder." : ""}${tensor}`;
/** f32 [B, H, E, D]; cross-attention input of the decoder. */
export const pastEncoderName = (layer: number, tensor: CacheTensor): string =>
  `past_key_values.${layer}.encoder.${tensor}`;
/** f32 [B, H, E, D]; output of the text encoder, of BLIP's image reader, or of stage 1's Q-Former. */
export const presentEncoderName = (layer: number, tensor: CacheTensor): string =>
  `present.${layer}.encoder.${tensor}`;

/** f32 [1, H, P, D]; keys or values of one layer that every row has in common. */
export const promptName = (layer: number, tensor: CacheTensor): string =>
  `prompt_key_values.${layer}.${tensor}`;
/** f32 [B, H, R, D]; those of each row's own positions, of which the last ones may be hidden. */
export const recentName = (layer: number, tensor: CacheTensor): string =>
  `recent_key_values.${layer}.${tensor}`;
/** f32 [B, H, S, D]; output of the CPU's decoder. */
export const newName = (layer: number, tensor: CacheTensor): string =>
  `new_key_values.${layer}.${tensor}`;

const CACHE_TENSORS: readonly CacheTensor[] = ["key", "value"];

/** Pairs of input and output names of a cache, layer by layer, key before value. */
export function cacheNames(
  nLayers: number,
  hasEncoder: boolean,
): readonly { readonly past: string; readonly present: string }[] {
  return Array.from({ length: nLayers }, (_, layer) => layer).flatMap((layer) =>
    CACHE_TENSORS.map((tensor) => ({
      past: pastName(layer, tensor, hasEncoder),
      present: presentName(layer, tensor, hasEncoder),
    })),
  );
}

/** Names of the CPU's decoder, layer by layer, key before value. */
export function splitCacheNames(nLayers: number): readonly SplitCacheName[] {
  return Array.from({ length: nLayers }, (_, layer) => layer).flatMap((layer) =>
    CACHE_TENSORS.map((tensor) => ({
      prompt: promptName(layer, tensor),
      recent: recentName(layer, tensor),
      fresh: newName(layer, tensor),
    })),
  );
}

export interface SplitCacheName {
  readonly prompt: string;
  readonly recent: string;
  readonly fresh: string;
}

/**
 * The same for the encoder's keys and values.
 * @param frequency every n-th layer has some, beginning with the first.
 */
export function encoderCacheNames(
  nLayers: number,
  frequency = 1,
): readonly { readonly past: string; readonly present: string }[] {
  const layers = Array.from({ length: nLayers }, (_, layer) => layer);
  return layers
    .filter((layer) => layer % frequency === 0)
    .flatMap((layer) =>
      CACHE_TENSORS.map((tensor) => ({
        past: pastEncoderName(layer, tensor),
        present: presentEncoderName(layer, tensor),
      })),
    );
}

/** The graphs that a model of this configuration has, in the order they run. */
export function partsOf(config: ModelConfig): readonly PartName[] {
  return config.family === "blip" ? blipParts(config) : blip2Parts(config);
}

function blipParts({ kind }: BlipConfig): readonly PartName[] {
  const cache = [PART.decoder, PART.reorderCache, PART.expandEncoderCache];
  switch (kind) {
    case "captioning":
      return [PART.visionEncoder, PART.imageReader, PART.embedTokens, ...cache];
    case "answering":
      return [
        ...[PART.visionEncoder, PART.imageReader, PART.textEncoder, PART.embedTokens],
        ...cache,
      ];
    case "retrieval":
      return [
        ...[PART.visionEncoder, PART.imageProjection, PART.imageReader],
        ...[PART.textItc, PART.textItm],
      ];
  }
}

function blip2Parts(config: Blip2Config): readonly PartName[] {
  const comparing = [
    ...[PART.visionEncoder, PART.qformer, PART.imageReader],
    ...[PART.qformerText, PART.qformerItm],
  ];
  if (config.kind === "retrieval") return comparing;
  if (config.kind === "stage1") {
    return [...comparing, PART.embedTokens, PART.decoder, PART.reorderCache, PART.truncateCache];
  }
  const common = [PART.visionEncoder, PART.qformer, PART.embedTokens];
  return config.text.kind === "t5"
    ? [...common, PART.textEncoder, PART.decoder, PART.reorderCache, PART.expandEncoderCache]
    : [...common, PART.decoder, PART.reorderCache, PART.truncateCache];
}

/** Raised when a graph changes so that an older engine could not run it. */
export const GRAPH_CONTRACT_VERSION = 3;
