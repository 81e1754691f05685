/** Keys and values over a picture, for what reads it beside a text: computed once, kept until another picture comes. */

import type { Blip2ComparingConfig } from "../../model/config/blip2Config";
import type { BlipConfig } from "../../model/config/blipConfig";
import { imageTokenCount } from "../../model/config/visionConfig";
import { IO, PART } from "../../model/graph/graphContract";
import type { PartSessions } from "../session/partSessions";
import { cpuTensor, type TensorMap } from "../session/session";
import { disposeTensors, type EncoderCache, encoderTensors } from "./kvCache";

export interface PictureToRead {
  readonly imageKey: string;
  /** [tokens, width] row-major. */
  readonly imageFeatures: Float32Array;
}

export class PictureReader {
  readonly #config: BlipConfig | Blip2ComparingConfig;
  readonly #sessions: PartSessions;
  #read: { readonly imageKey: string; readonly cache: EncoderCache } | undefined;

  constructor(options: {
    readonly config: BlipConfig | Blip2ComparingConfig;
    readonly sessions: PartSessions;
  }) {
    this.#config = options.config;
    this.#sessions = options.sessions;
  }

  /** Whether reading that picture would compute nothing. */
  has(imageKey: string): boolean {
    return this.#read?.imageKey === imageKey;
  }

  /** Belongs to the reader: good until another picture is read. @throws AppError `device.failed`. */
  async read({ imageKey, imageFeatures }: PictureToRead): Promise<EncoderCache> {
    if (this.#read?.imageKey === imageKey) return this.#read.cache;
    const { vision } = this.#config;
    const session = await this.#sessions.open(PART.imageReader);
    const length = imageTokenCount(vision);
    const outputs = await session.run({
      [IO.imageFeatures]: cpuTensor(imageFeatures, [1, length, vision.hiddenSize]),
    });
    const cache = { tensors: tensorsOf(this.#config, outputs), length };
    this.dispose();
    this.#read = { imageKey, cache };
    return cache;
  }

  /** Takes what was read, which the caller then owns. */
  async take(picture: PictureToRead): Promise<EncoderCache> {
    const cache = await this.read(picture);
    this.#read = undefined;
    return cache;
  }

  dispose(): void {
    disposeTensors(Object.values(this.#read?.cache.tensors ?? {}));
    this.#read = undefined;
  }
}

function tensorsOf(config: BlipConfig | Blip2ComparingConfig, outputs: TensorMap): TensorMap {
  if (config.family === "blip") return encoderTensors(config.text.nLayers, outputs);
  const { nLayers, crossAttentionFrequency } = config.qformer;
  return encoderTensors(nLayers, outputs, crossAttentionFrequency);
}
