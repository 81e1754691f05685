/**
 * Recall of pictures by texts and of texts by pictures, as LAVIS evaluates BLIP-2 (`compute_sim_matrix`): the
 * contrastive score makes a shortlist, and the sum of it and the match logit orders that.
 */

import { meanOf } from "./pythonText";

/** Which texts belong to which picture; each text to one. */
export interface Gallery {
  readonly textsOfPicture: readonly (readonly number[])[];
  readonly nTexts: number;
}

/** Indices, the best first. */
export interface Rankings {
  /** Of texts, for each picture. */
  readonly imageToText: readonly (readonly number[])[];
  /** Of pictures, for each text. */
  readonly textToImage: readonly (readonly number[])[];
}

/** [pictures, texts]: the largest cosine of any query and the text. */
export type Similarities = readonly Float32Array[];

/**
 * The k best on each side by the contrastive score; all there are when k is larger.
 * Equal scores keep their order.
 */
export function shortlists(similarities: Similarities, nTexts: number, k: number): Rankings {
  const column = new Float32Array(similarities.length);
  return {
    imageToText: similarities.map((row) => bestOf(row, k)),
    textToImage: Array.from({ length: nTexts }, (_, text) => {
      for (const [picture, row] of similarities.entries()) column[picture] = row[text] ?? NaN;
      return bestOf(column, k);
    }),
  };
}

function bestOf(scores: Float32Array, k: number): number[] {
  // Numbers alone are sorted much faster than indices, of which few are wanted.
  const least = scores.slice().sort()[Math.max(0, scores.length - k)] ?? -Infinity;
  const wanted = Array.from(scores.keys()).filter((i) => (scores[i] ?? 0) >= least);
  return wanted.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b).slice(0, k);
}

/**
 * The pairs that either side's shortlist wants, each once, by picture: a picture's keys and values serve all its
 * texts, and a pair's score both directions.
 */
export function pairsByPicture({ imageToText, textToImage }: Rankings): readonly number[][] {
  const wanted = imageToText.map((texts) => new Set(texts));
  for (const [text, pictures] of textToImage.entries()) {
    for (const picture of pictures) wanted[picture]?.add(text);
  }
  return wanted.map((texts) => [...texts].sort((a, b) => a - b));
}

/** @param logit of a match, before any softmax, which would change its weight beside the cosine. */
export function fusedScore(logit: number, similarity: number): number {
  return logit + similarity;
}

/** Orders each shortlist anew by a score of its pairs. */
export function rerank(
  lists: Rankings,
  scoreOf: (picture: number, text: number) => number,
): Rankings {
  const ordered = (list: readonly number[], of: (item: number) => number): number[] => {
    const scores = new Map(list.map((item) => [item, of(item)]));
    return [...list].sort((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0));
  };
  return {
    imageToText: lists.imageToText.map((texts, picture) =>
      ordered(texts, (text) => scoreOf(picture, text)),
    ),
    textToImage: lists.textToImage.map((pictures, text) =>
      ordered(pictures, (picture) => scoreOf(picture, text)),
    ),
  };
}

/** From 0: where the right one stands, or the last place if the list does not have it. */
export interface Ranks {
  /** Of a picture's best text, by picture. */
  readonly ofTexts: readonly number[];
  /** Of a text's picture, by text. */
  readonly ofPictures: readonly number[];
}

export function ranksOf(rankings: Rankings, { textsOfPicture, nTexts }: Gallery): Ranks {
  const pictureOf = new Array<number>(nTexts).fill(-1);
  for (const [picture, texts] of textsOfPicture.entries()) {
    for (const text of texts) pictureOf[text] = picture;
  }
  const place = (at: number, nAll: number): number => (at === -1 ? nAll - 1 : at);
  return {
    ofTexts: rankings.imageToText.map((list, picture) => {
      const own = new Set(textsOfPicture[picture]);
      return place(
        list.findIndex((text) => own.has(text)),
        nTexts,
      );
    }),
    ofPictures: rankings.textToImage.map((list, text) =>
      place(list.indexOf(pictureOf[text] ?? -1), textsOfPicture.length),
    ),
  };
}

export const RETRIEVAL_METRICS = [
  "txt_r1", "txt_r5", "txt_r10", "txt_r_mean",
  "img_r1", "img_r5", "img_r10", "img_r_mean",
  "r_mean", "agg_metrics",
] as const; // prettier-ignore
export type RetrievalMetric = (typeof RETRIEVAL_METRICS)[number];
/** In percent, under LAVIS's names: `txt` finds texts by a picture, `img` pictures by a text. */
export type RetrievalFigures = Readonly<Record<RetrievalMetric, number>>;

export function recallFigures({ ofTexts, ofPictures }: Ranks): RetrievalFigures {
  const recall = (ranks: readonly number[], k: number): number =>
    (100 * ranks.filter((rank) => rank < k).length) / ranks.length;
  const [txt_r1, txt_r5, txt_r10] = [recall(ofTexts, 1), recall(ofTexts, 5), recall(ofTexts, 10)];
  const [img_r1, img_r5, img_r10] = [
    recall(ofPictures, 1),
    recall(ofPictures, 5),
    recall(ofPictures, 10),
  ];
  const txt_r_mean = (txt_r1 + txt_r5 + txt_r10) / 3;
  const img_r_mean = (img_r1 + img_r5 + img_r10) / 3;
  return {
    ...{ txt_r1, txt_r5, txt_r10, txt_r_mean, img_r1, img_r5, img_r10, img_r_mean },
    r_mean: (txt_r_mean + img_r_mean) / 2,
    agg_metrics: txt_r_mean,
  };
}

/** How often a shortlist has a right one at all, in percent: no order of it can find more. */
export function shortlistRecall(
  lists: Rankings,
  { textsOfPicture }: Gallery,
): { readonly txt: number; readonly img: number } {
  const foundTexts = lists.imageToText.map((list, picture) =>
    list.some((text) => textsOfPicture[picture]?.includes(text) === true) ? 100 : 0,
  );
  const foundPictures = lists.textToImage.map((list, text) =>
    list.some((picture) => textsOfPicture[picture]?.includes(text) === true) ? 100 : 0,
  );
  return { txt: meanOf(foundTexts), img: meanOf(foundPictures) };
}
