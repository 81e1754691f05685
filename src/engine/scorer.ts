/** Image-text retrieval: the contrastive score and the probability of a match (paper section 3.1). */

import { defined } from "../base/assert";
import { AppError, throwIfAborted } from "../base/errors";
import type { ImageStage } from "./picture/imageStage";
import { qformerFeeds, textFeeds } from "./picture/queryStage";
import type { PartSessions } from "./session/partSessions";
import type { RunOptions } from "./runOptions";
import { floats, type Tensor } from "./session/session";
import type { Tokenizer } from "./text/tokenizer";
import type { ScoreRequest, ScoreResult, TextScore } from "../model/ask/request";
import type { Blip2RetrievalConfig } from "../model/config/blip2Config";
import { IO, PART } from "../model/graph/graphContract";

export interface ScorerOptions {
  readonly config: Blip2RetrievalConfig;
  readonly images: ImageStage;
  readonly sessions: PartSessions;
  readonly tokenizer: Tokenizer;
}

export class Scorer {
  readonly #options: ScorerOptions;

  constructor(options: ScorerOptions) {
    this.#options = options;
  }

  /** @throws AppError as `Blip2Engine.score`. */
  async score(request: ScoreRequest, run: RunOptions): Promise<ScoreResult> {
    const begin = performance.now();
    if (request.texts.length === 0) {
      throw new AppError("option.invalid", "Give at least one text to compare the picture with.");
    }
    const ids = request.texts.map((text) => this.#encode(text));
    const picture = await this.#options.images.features(request, run.signal);
    const prefillBegin = performance.now();
    const scores: TextScore[] = [];
    for (const [i, text] of request.texts.entries()) {
      throwIfAborted(run.signal);
      const textIds = ids[i] ?? [];
      const itc = await this.#contrast(textIds, picture.features.get(IO.imageEmbeds));
      throwIfAborted(run.signal);
      const itm = await this.#match(textIds, picture.features.get(IO.imageFeatures));
      scores.push({ text, itc, itm });
    }
    const end = performance.now();
    return {
      scores,
      timings: { ...picture.timings, prefill: end - prefillBegin, decode: 0, total: end - begin },
      cached: { imageFeatures: picture.from },
    };
  }

  /** @throws AppError `prompt.tooLong` when the text has more tokens than the position table rows. */
  #encode(text: string): readonly number[] {
    const ids = this.#options.tokenizer.encode(text);
    const { maxPositions } = this.#options.config.qformer;
    if (ids.length > maxPositions) {
      throw new AppError(
        "prompt.tooLong",
        `A text of ${ids.length} tokens is too long: this model reads ${maxPositions}. Shorten it.`,
        { detail: { tokens: ids.length, limit: maxPositions } },
      );
    }
    return ids;
  }

  /** The largest cosine of the text with any query. */
  async #contrast(ids: readonly number[], imageEmbeds: Tensor | undefined): Promise<number> {
    const text = await textEmbeds(this.#options.sessions, ids);
    return largestCosine(floats(imageEmbeds), text);
  }

  async #match(ids: readonly number[], imageFeatures: Tensor | undefined): Promise<number> {
    const logits = await itmLogits(this.#options.sessions, ids, imageFeatures);
    const [no = 0, yes = 0] = logits;
    return 1 / (1 + Math.exp(no - yes));
  }
}

/** Unit-length embedding of a text, [projection]. */
export async function textEmbeds(
  sessions: PartSessions,
  ids: readonly number[],
): Promise<Float32Array> {
  const session = await sessions.open(PART.qformerText);
  const outputs = await session.run(textFeeds(ids));
  return floats(outputs[IO.textEmbeds]);
}

/** Logits of no match and match, [2]. */
export async function itmLogits(
  sessions: PartSessions,
  ids: readonly number[],
  imageFeatures: Tensor | undefined,
): Promise<Float32Array> {
  const session = await sessions.open(PART.qformerItm);
  const image = defined(imageFeatures, "The picture's features");
  const outputs = await session.run(qformerFeeds(image, ids));
  return floats(outputs[IO.itmLogits]);
}

/** The largest dot product of one text [projection] with any of the queries [queries, projection]. */
export function largestCosine(imageEmbeds: Float32Array, text: Float32Array): number {
  let best = -Infinity;
  for (let start = 0; start < imageEmbeds.length; start += text.length) {
    let dot = 0;
    for (let i = 0; i < text.length; i++) dot += (imageEmbeds[start + i] ?? 0) * (text[i] ?? 0);
    best = Math.max(best, dot);
  }
  return best;
}
