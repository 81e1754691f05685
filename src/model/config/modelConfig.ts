/** config.json of a checkpoint of any class that is converted, validated. Knows no weights and no graphs. */

import { JsonObject } from "../../base/json";
import { CAPABILITIES } from "../ask/capabilities";
import { type Blip2Config, readBlip2Config } from "./blip2Config";
import { type BertConfig, type BlipConfig, readBlipConfig } from "./blipConfig";
import { cacheShape, type TextConfig } from "./textConfig";

export type ModelConfig = Blip2Config | BlipConfig;

/**
 * Validates the text of a config.json.
 * @throws AppError `checkpoint.corrupt` for a bad value, `checkpoint.unsupported` for a class,
 * language model or activation that is not converted.
 */
export function parseModelConfig(text: string, file: string): ModelConfig {
  const root = JsonObject.parse(text, { file, code: "checkpoint.corrupt" });
  return root.raw("model_type") === "blip" ? readBlipConfig(root) : readBlip2Config(root);
}

/** What writes a model's texts; of stage 1 the Q-Former. */
export type WriterConfig = TextConfig | BertConfig;

/** Undefined for a model that only compares. */
export function writerOf(config: ModelConfig): WriterConfig | undefined {
  return config.kind === "retrieval" ? undefined : config.text;
}

/** Configurations of models that compare pictures with texts. */
export type ComparingConfig = Extract<ModelConfig, { readonly projectionSize: number }>;

export function isComparing(config: ModelConfig): config is ComparingConfig {
  return CAPABILITIES[config.kind].scores;
}

/** The keys and values that a model's decoder keeps. */
export interface CacheShape {
  readonly nLayers: number;
  readonly nHeads: number;
  readonly headDim: number;
  /** There are keys and values of what the decoder reads besides, which do not grow. */
  readonly hasEncoder: boolean;
}

/** Undefined for a model that writes no text. */
export function cacheShapeOf(config: ModelConfig): CacheShape | undefined {
  const text = writerOf(config);
  if (text === undefined) return undefined;
  if (text.kind !== "bert") return { ...cacheShape(text), hasEncoder: text.kind === "t5" };
  const { nLayers, nHeads, hiddenSize } = text;
  // The Q-Former reads no picture while it writes: its own keys and values begin with those of the queries.
  const hasEncoder = config.family === "blip";
  return { nLayers, nHeads, headDim: hiddenSize / nHeads, hasEncoder };
}

/** What the model makes of a picture depends on the instruction, as InstructBLIP's queries do. */
export function readsInstruction(config: ModelConfig): boolean {
  return config.family === "blip-2" && config.qformer.readsInstruction;
}
