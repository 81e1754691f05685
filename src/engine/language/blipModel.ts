/**
 * BLIP: a captioner writes over the picture, an answerer over the question after that has read the
 * picture. What is read is kept, so that another question about a picture reads the question alone.
 */

import { throwIfAborted } from "../../base/errors";
import type { BlipAnswerConfig, BlipCaptionConfig } from "../../model/config/blipConfig";
import { IO, PART } from "../../model/graph/graphContract";
import { disposeTensors, type EncoderCache, encoderTensors, type KvCaches } from "./kvCache";
import type { Decoding, LanguageModel, PictureRows, Prefix } from "./languageModel";
import { textFeeds } from "../picture/queryStage";
import { PictureReader } from "./pictureReader";
import { startReading } from "./readingDecoder";
import type { PartSessions } from "../session/partSessions";
import { cpuTensor, floats, type Tensor } from "../session/session";

export interface BlipModelOptions {
  readonly config: BlipCaptionConfig | BlipAnswerConfig;
  readonly sessions: PartSessions;
  readonly caches: KvCaches;
}

interface ReadQuestion {
  readonly key: string;
  readonly cache: EncoderCache;
}

export class BlipModel implements LanguageModel {
  readonly #options: BlipModelOptions;
  readonly #reader: PictureReader;
  #question: ReadQuestion | undefined;

  constructor(options: BlipModelOptions) {
    this.#options = options;
    this.#reader = new PictureReader(options);
  }

  maxPromptTokens(maxNewTokens: number): number {
    const { config } = this.#options;
    // The last new token is never fed back, so it needs no position; the first one of an answer is [DEC].
    const room = config.text.maxPositions - (maxNewTokens - 1);
    if (config.kind === "captioning") return room;
    return room < 1 ? 0 : config.text.maxPositions;
  }

  async prepare(picture: PictureRows): Promise<void> {
    await this.#reader.read(toRead(picture));
  }

  async start(prefix: Prefix): Promise<Decoding> {
    const { sessions, config, caches } = this.#options;
    const decoder = await sessions.open(PART.decoder);
    const embed = await sessions.open(PART.embedTokens);
    throwIfAborted(prefix.signal);
    const isRead = this.#reader.has(prefix.imageKey);
    const picture = await this.#reader.read(toRead(prefix));
    throwIfAborted(prefix.signal);
    const isAnswer = config.kind === "answering";
    const read = isAnswer
      ? await this.#readQuestion(picture, prefix)
      : { cache: picture, reused: 0 };
    throwIfAborted(prefix.signal);
    return startReading({
      ...{ config: config.text, caches, decoder, embed, encoder: read.cache },
      inputIds: isAnswer ? [config.text.bosTokenId] : prefix.promptIds,
      reusedPositions: read.reused + (isRead ? picture.length : 0),
      positions: ({ length }, nNew) => ({ [IO.positionIds]: positionIds(length, nNew) }),
    });
  }

  dispose(): void {
    this.#reader.dispose();
    this.#forget();
  }

  async #readQuestion(
    picture: EncoderCache,
    { imageKey, promptIds }: Prefix,
  ): Promise<{ readonly cache: EncoderCache; readonly reused: number }> {
    const key = `${imageKey} ${promptIds.join(" ")}`;
    if (this.#question?.key === key) {
      return { cache: this.#question.cache, reused: promptIds.length };
    }
    const { cache } = await encodeQuestion({ ...this.#options, picture, ids: promptIds });
    this.#forget();
    this.#question = { key, cache };
    return { cache, reused: 0 };
  }

  #forget(): void {
    disposeTensors(Object.values(this.#question?.cache.tensors ?? {}));
    this.#question = undefined;
  }
}

/** The question after it has read the picture, [ids, width], and what the answer's decoder reads of it. */
export async function encodeQuestion(spec: {
  readonly config: BlipCaptionConfig | BlipAnswerConfig;
  readonly sessions: PartSessions;
  readonly picture: EncoderCache;
  readonly ids: readonly number[];
}): Promise<{ readonly hidden: Float32Array; readonly cache: EncoderCache }> {
  const { config, sessions, picture, ids } = spec;
  const encoder = await sessions.open(PART.textEncoder);
  const outputs = await encoder.run({ ...textFeeds(ids), ...picture.tensors });
  const tensors = encoderTensors(config.text.nLayers, outputs);
  return { hidden: floats(outputs[IO.lastHiddenState]), cache: { tensors, length: ids.length } };
}

function positionIds(first: number, count: number): Tensor {
  return cpuTensor(
    BigInt64Array.from({ length: count }, (_, i) => BigInt(first + i)),
    [1, count],
  );
}

function toRead({ imageKey, languageModelInputs }: PictureRows): {
  imageKey: string;
  imageFeatures: Float32Array;
} {
  return { imageKey, imageFeatures: languageModelInputs };
}
