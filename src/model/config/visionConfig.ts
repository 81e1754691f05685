/** The image encoder's part of a config.json, which BLIP and BLIP-2 share but for its defaults. */

import type { JsonObject } from "../../base/json";
import { expectActivation, expectHeadsDivide, layers, readEps, width } from "./configFields";

/** A ViT whose blocks normalise first. */
export interface VisionConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly nLayers: number;
  readonly nHeads: number;
  /** Pixels on each side of the square input. */
  readonly imageSize: number;
  readonly patchSize: number;
  readonly layerNormEps: number;
  /** Of the norm behind the blocks, which LAVIS keeps apart from them. */
  readonly postNormEps: number;
  readonly qkvBias: boolean;
  /** CLIP's own encoder: a norm before the blocks, QuickGELU in them, patches without a bias. */
  readonly isClip: boolean;
}

/** What a checkpoint's class has where its file says nothing. */
export type VisionDefaults = Omit<VisionConfig, "postNormEps" | "isClip">;

/** @param defaults of the checkpoint's class. @throws AppError `checkpoint.corrupt`, `checkpoint.unsupported`. */
export function readVision(json: JsonObject, defaults: VisionDefaults): VisionConfig {
  const isClip = json.string("model_type", "") === "clip_vision_model";
  const layerNormEps = readEps(json, "layer_norm_eps", defaults.layerNormEps);
  const config: VisionConfig = {
    hiddenSize: json.integer("hidden_size", width(defaults.hiddenSize)),
    intermediateSize: json.integer("intermediate_size", width(defaults.intermediateSize)),
    nLayers: json.integer("num_hidden_layers", layers(defaults.nLayers)),
    nHeads: json.integer("num_attention_heads", width(defaults.nHeads)),
    imageSize: json.integer("image_size", { min: 1, max: 4096, fallback: defaults.imageSize }),
    patchSize: json.integer("patch_size", { min: 1, max: 4096, fallback: defaults.patchSize }),
    layerNormEps,
    postNormEps: readEps(json, "sightline_post_layernorm_eps", layerNormEps),
    qkvBias: json.boolean("qkv_bias", defaults.qkvBias),
    isClip,
  };
  expectActivation(json, "hidden_act", [isClip ? "quick_gelu" : "gelu"]);
  expectHeadsDivide(json, config);
  if (config.patchSize > config.imageSize) json.fail("patch_size", "at most image_size");
  return config;
}

/** Patches of one picture plus the class token. */
export function imageTokenCount(vision: VisionConfig): number {
  return Math.floor(vision.imageSize / vision.patchSize) ** 2 + 1;
}
