/** What every pass through the Q-Former is made of, and the one in which queries read a picture. */

import { attention } from "../../convert/graph/attention";
import { concat, repeated } from "../../convert/graph/ops";
import { DataFilePlan } from "../../convert/weights/dataFile";
import * as bert from "../../convert/families/bertLayer";
import * as qformer from "../../convert/families/qformerGraph";
import { postNorm, visionStates } from "../../convert/families/visionGraph";
import { imageTokenCount } from "../../model/config/visionConfig";
import type { Blip2Config } from "../../model/config/blip2Config";
import type { CheckpointWeights } from "../../convert/checkpoint/checkpointWeights";
import type { ValueName } from "../../convert/graph/graphBuilder";
import type { TrainingGraph } from "../grad/trainingGraph";

/** How pictures come into a graph; B of them. */
export const PICTURE_INPUTS = {
  /** f32 [B, N, image width]: before the last norm, or behind it. */
  imageFeatures: "image_features",
  /** f32 [B, 3, side, side]. */
  pixelValues: "pixel_values",
} as const;

/** Hides a position from another: what is left underflows to zero. */
export const HIDDEN = -10_000;

/** Of one layer. */
export interface KeysAndValues {
  readonly key: ValueName;
  readonly value: ValueName;
}

/** What queries make of a picture. */
export interface ReadPicture {
  /** [B, Q, d]. */
  readonly x: ValueName;
  /** Of the queries in each layer, [B, Q, d] each. */
  readonly own: readonly KeysAndValues[];
  /** Of the picture, for each layer that reads it, [B, N, d] each. */
  readonly cross: ReadonlyMap<number, KeysAndValues>;
}

export interface PassesSpec {
  readonly config: Blip2Config;
  readonly weights: CheckpointWeights;
  /** Pictures. */
  readonly batch: number;
  /** Pictures come as pixels, and the image encoder is part of the graph. @default false */
  readonly fromPixels?: boolean;
  /** As in `visionStates`. */
  readonly kept?: ValueName | undefined;
  /**
   * Features come behind the encoder's last norm, which then stays as it is: the matrices of keys and values, which
   * read them next, can learn all that its gain and shift could. LAVIS trains the norm. @default false
   */
  readonly isNormed?: boolean;
}

export class QformerPasses {
  readonly part: qformer.QformerGraphSpec;
  readonly #g: TrainingGraph;
  readonly #spec: PassesSpec;

  constructor(g: TrainingGraph, spec: PassesSpec) {
    this.#g = g;
    this.#spec = spec;
    const { config, weights } = spec;
    const data = new DataFilePlan("none");
    this.part = { config, weights, precision: { kind: "f32" }, data };
  }

  /** Queries that read the picture, and nothing else. */
  readPicture(image = this.imageFeatures()): ReadPicture {
    const { qformer: sizes } = this.#spec.config;
    const own: KeysAndValues[] = [];
    const cross = new Map<number, KeysAndValues>();
    let x = this.queries();
    this.layers((i) => {
      x = this.selfAttention(i, { x, keep: (kept) => own.push(kept) });
      if (qformer.hasCrossAttention(sizes, i)) {
        const kept = this.crossKeysAndValues(i, image);
        cross.set(i, kept);
        x = this.crossAttention(i, x, kept);
      }
      x = qformer.feedForward(this.#g, i, { ...this.part, x, stream: "query" });
    });
    return { x, own, cross };
  }

  imageFeatures(): ValueName {
    const g = this.#g;
    const { config, weights, batch, fromPixels, kept, isNormed } = this.#spec;
    const { vision } = config;
    const spec = { ...this.part, config: vision, weights };
    const { imageSize: side } = vision;
    if (fromPixels === true) {
      const pixels = g.fixedInput(PICTURE_INPUTS.pixelValues, "float32", [batch, 3, side, side]);
      return postNorm(g, visionStates(g, pixels, { ...spec, kept }), spec);
    }
    const states = g.fixedInput(PICTURE_INPUTS.imageFeatures, "float32", [
      batch,
      imageTokenCount(vision),
      vision.hiddenSize,
    ]);
    return isNormed === true ? states : postNorm(g, states, spec);
  }

  /** [B, Q, d]. */
  queries(): ValueName {
    const normed = qformer.embeddingNorm(
      this.#g,
      qformer.queryTokens(this.#g, this.part),
      this.part,
    );
    return repeated(this.#g, "/query_tokens", normed);
  }

  layers(layer: (index: number) => void): void {
    for (let i = 0; i < this.#spec.config.qformer.nLayers; i++) layer(i);
  }

  selfAttention(
    index: number,
    spec: {
      readonly x: ValueName;
      readonly bias?: ValueName;
      /** Keys and values that stand before its own. */
      readonly before?: KeysAndValues | undefined;
      readonly keep?: (kept: KeysAndValues) => void;
    },
  ): ValueName {
    const g = this.#g;
    const at = qformer.attentionPlace(index, "attention");
    return bert.selfAttention(g, at, {
      ...qformer.bertSpec({ ...this.part, x: spec.x }),
      attend: ({ query, ...own }) => {
        spec.keep?.(own);
        const { before, bias } = spec;
        const all = (tensor: "key" | "value"): ValueName =>
          before === undefined ? own[tensor] : concat(g, at.path, [before[tensor], own[tensor]]);
        return attention(g, at.path, {
          ...{ query, key: all("key"), value: all("value") },
          ...this.#heads(),
          ...(bias === undefined ? {} : { bias }),
        });
      },
    });
  }

  crossKeysAndValues(index: number, image: ValueName): KeysAndValues {
    const sourceWidth = this.#spec.config.qformer.encoderHiddenSize;
    const at = qformer.attentionPlace(index, "crossattention");
    const spec = qformer.bertSpec({ ...this.part, x: image });
    return bert.crossKeysAndValues(this.#g, at, { ...spec, sourceWidth });
  }

  crossAttention(index: number, x: ValueName, kept: KeysAndValues): ValueName {
    const at = qformer.attentionPlace(index, "crossattention");
    return bert.crossAttention(this.#g, at, {
      ...qformer.bertSpec({ ...this.part, x }),
      attend: (query) => attention(this.#g, at.path, { query, ...kept, ...this.#heads() }),
    });
  }

  #heads(): { nHeads: number; headDim: number } {
    const { nHeads, hiddenSize } = this.#spec.config.qformer;
    return { nHeads, headDim: hiddenSize / nHeads };
  }
}
