/**
 * What a language model sees of a picture: the projected queries. Most models have the same for every
 * question; InstructBLIP's Q-Former reads the instruction too, so that they are computed for each.
 */

import { defined } from "../../base/assert";
import { throwIfAborted } from "../../base/errors";
import type { QformerConfig } from "../../model/config/blip2Config";
import { IO, PART } from "../../model/graph/graphContract";
import type { PictureRows } from "../language/languageModel";
import type { PartSessions } from "../session/partSessions";
import { cpuTensor, floats, type Tensor, type TensorMap } from "../session/session";
import type { Tokenizer } from "../text/tokenizer";
import { type PictureFeatures, pictureRows } from "./imageStage";

export interface QueryStageOptions {
  /** Absent where the model has none. */
  readonly config: QformerConfig | undefined;
  readonly sessions: PartSessions;
  /** Of the instruction; absent where the queries do not depend on it. */
  readonly tokenizer: Tokenizer | undefined;
}

export interface SeenRows {
  readonly rows: PictureRows;
  /** Milliseconds; 0 where nothing was computed. */
  readonly qformerMs: number;
}

export class QueryStage {
  readonly #options: QueryStageOptions;
  /** A question is often asked again, with other settings. */
  #last: PictureRows | undefined;

  constructor(options: QueryStageOptions) {
    this.#options = options;
  }

  /** The rows that are the same for every question; undefined where there are none. */
  common(picture: Pick<PictureFeatures, "key" | "features">): PictureRows | undefined {
    if (this.#options.tokenizer !== undefined) return undefined;
    return pictureRows(picture, this.#options.config?.nLayers ?? 0);
  }

  /**
   * @param prompt what the language model reads behind the picture.
   * @throws AppError `device.failed`, `request.cancelled`.
   */
  async rows(
    picture: Pick<PictureFeatures, "key" | "features">,
    prompt: string,
    signal?: AbortSignal,
  ): Promise<SeenRows> {
    const common = this.common(picture);
    if (common !== undefined) return { rows: common, qformerMs: 0 };
    const { sessions } = this.#options;
    const config = defined(this.#options.config, "The Q-Former");
    const ids = instructionIds(defined(this.#options.tokenizer, "The tokenizer"), prompt, config);
    const imageKey = `${picture.key} ${ids.join(" ")}`;
    if (this.#last?.imageKey === imageKey) return { rows: this.#last, qformerMs: 0 };
    throwIfAborted(signal);
    const session = await sessions.open(PART.qformer);
    const begin = performance.now();
    const image = defined(picture.features.get(IO.imageFeatures), "The picture's features");
    const outputs = await session.run(qformerFeeds(image, ids));
    const rows = { imageKey, languageModelInputs: floats(outputs[IO.languageModelInputs]) };
    this.#last = rows;
    return { rows, qformerMs: performance.now() - begin };
  }
}

/**
 * The instruction in tokens of the Q-Former. One that is longer than its table keeps its end, as the
 * tokenizers of published models say; the language model reads all of it. Tokens without a row, which only
 * the names of special tokens give, are left out.
 */
export function instructionIds(
  tokenizer: Pick<Tokenizer, "encode" | "nPrefix">,
  text: string,
  { maxPositions, vocabSize }: Pick<QformerConfig, "maxPositions" | "vocabSize">,
): readonly number[] {
  const ids = tokenizer.encode(text).filter((id) => id < vocabSize);
  if (ids.length <= maxPositions) return ids;
  const { nPrefix } = tokenizer;
  return [...ids.slice(0, nPrefix), ...ids.slice(ids.length - (maxPositions - nPrefix))];
}

/** Inputs of a Q-Former that reads a picture and a text. */
export function qformerFeeds(image: Tensor, ids: readonly number[]): TensorMap {
  return { ...textFeeds(ids), [IO.imageFeatures]: cpuTensor(floats(image), image.dims) };
}

/** Inputs of a Q-Former that reads a text. */
export function textFeeds(ids: readonly number[]): TensorMap {
  const positions = Array.from({ length: ids.length }, (_, i) => i);
  return {
    [IO.inputIds]: cpuTensor(BigInt64Array.from(ids, BigInt), [1, ids.length]),
    [IO.positionIds]: cpuTensor(BigInt64Array.from(positions, BigInt), [1, ids.length]),
  };
}
