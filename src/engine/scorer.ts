/** Image-text retrieval: the contrastive score and the probability of a match (paper section 3.1). */

import { AppError, throwIfAborted } from "../base/errors";
import type { ImageStage } from "./picture/imageStage";
import type { PictureToRead } from "./language/pictureReader";
import type { RunOptions } from "./runOptions";
import { floats } from "./session/session";
import { largestCosine, type TextComparer } from "./textComparer";
import type { Tokenizer } from "./text/tokenizer";
import { captionText } from "./text/captionText";
import { cutIds } from "./text/cutIds";
import type {
  EmbeddedPicture,
  EmbeddedText,
  MatchRequest,
  PictureMatch,
  PictureRequest,
  ScoreRequest,
  ScoreResult,
  TextScore,
} from "../model/ask/request";
import { IO } from "../model/graph/graphContract";

export interface ScorerOptions {
  readonly comparer: TextComparer;
  readonly images: ImageStage;
  readonly tokenizer: Tokenizer;
}

/** [CLS] and [SEP] among them: what LAVIS's retrieval cuts texts to. */
const QUERY_TOKENS = 35;

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
    const { comparer, images } = this.#options;
    const picture = await images.features(request, run.signal);
    const compared = {
      imageKey: picture.key,
      imageFeatures: floats(picture.features.get(IO.imageFeatures)),
    };
    const imageEmbeds = floats(picture.features.get(IO.imageEmbeds));
    const prefillBegin = performance.now();
    const scores: TextScore[] = [];
    let temperature: number | undefined;
    for (const [i, text] of request.texts.entries()) {
      throwIfAborted(run.signal);
      const textIds = ids[i] ?? [];
      const embedded = await comparer.embed(textIds);
      temperature = embedded.temperature;
      const itc = largestCosine(imageEmbeds, embedded.values);
      throwIfAborted(run.signal);
      const itm = await this.#match(textIds, compared);
      scores.push({ text, itc, itm });
    }
    const end = performance.now();
    return {
      scores: withContrast(scores, temperature),
      timings: { ...picture.timings, prefill: end - prefillBegin, decode: 0, total: end - begin },
      cached: { imageFeatures: picture.from },
    };
  }

  /** @throws AppError `prompt.tooLong` when the text has more tokens than the position table rows. */
  #encode(text: string): readonly number[] {
    const ids = this.#options.tokenizer.encode(text);
    const { maxPositions } = this.#options.comparer;
    if (ids.length > maxPositions) {
      throw new AppError(
        "prompt.tooLong",
        `A text of ${ids.length} tokens is too long: this model reads ${maxPositions}. Shorten it.`,
        { detail: { tokens: ids.length, limit: maxPositions } },
      );
    }
    return ids;
  }

  async #match(ids: readonly number[], picture: PictureToRead): Promise<number> {
    const { comparer } = this.#options;
    const [logits] = await comparer.matchLogits(comparer.matchIds(ids), [picture]);
    return matchOf(logits).probability;
  }

  /** A text as ITC compares it with pictures. */
  async embedText(text: string): Promise<EmbeddedText> {
    const { comparer } = this.#options;
    const { ids, isCut } = this.#query(text);
    return { vector: (await comparer.embed(ids)).values, isCut };
  }

  /** A picture as ITC compares it with texts. @throws AppError `image.*`, `device.failed`. */
  async embedPicture(picture: PictureRequest, run: RunOptions): Promise<EmbeddedPicture> {
    const { features, facts } = await this.#options.images.features(picture, run.signal);
    return { vectors: floats(features.get(IO.imageEmbeds)), facts };
  }

  /** How well one text fits each picture, read together (ITM). @throws AppError as `embedPicture`. */
  async match({ text, pictures }: MatchRequest, run: RunOptions): Promise<readonly PictureMatch[]> {
    const { comparer, images } = this.#options;
    const ids = comparer.matchIds(this.#query(text).ids);
    const read: PictureToRead[] = [];
    for (const picture of pictures) {
      const { key, features } = await images.features(picture, run.signal);
      read.push({ imageKey: key, imageFeatures: floats(features.get(IO.imageFeatures)) });
    }
    throwIfAborted(run.signal);
    return (await comparer.matchLogits(ids, read)).map(matchOf);
  }

  /** LAVIS cleans up the text of ITC and ITM and cuts it; the last token stays. */
  #query(text: string): { readonly ids: readonly number[]; readonly isCut: boolean } {
    const ids = this.#options.tokenizer.encode(captionText(text));
    const most = Math.min(QUERY_TOKENS, this.#options.comparer.maxPositions);
    return { ids: cutIds(ids, most), isCut: ids.length > most };
  }
}

function matchOf([no = 0, yes = 0]: ArrayLike<number> & Iterable<number> = []): PictureMatch {
  return { logOdds: yes - no, probability: 1 / (1 + Math.exp(no - yes)) };
}

/**
 * ITC as in training (LAVIS `blip2_qformer.py`): the softmax of the cosines over the temperature. Nothing
 * is said of one text alone, which would have all of it.
 */
function withContrast(
  scores: readonly TextScore[],
  temperature: number | undefined,
): readonly TextScore[] {
  if (temperature === undefined || scores.length < 2) return scores;
  const largest = Math.max(...scores.map(({ itc }) => itc));
  const weights = scores.map(({ itc }) => Math.exp((itc - largest) / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return scores.map((score, i) => ({ ...score, contrast: (weights[i] ?? 0) / sum }));
}
