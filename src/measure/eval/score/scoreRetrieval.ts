/** Flickr30k and COCO retrieval from the pairs of each picture. */

import { bootstrap } from "../../metrics/bootstrap";
import {
  fusedScore,
  type Gallery,
  type Rankings,
  type Ranks,
  ranksOf,
  recallFigures,
  rerank,
  RETRIEVAL_METRICS,
  shortlistRecall,
} from "../../metrics/retrieval";
import type { CaptionedPicture } from "../data/captionFiles";
import type { PictureRow, ScoredPair } from "../data/retrievalFiles";
import type { EvalTask } from "../tasks";
import { byExpectedId } from "./checkIds";
import type { Scored } from "./scored";

/** Texts are numbered through all pictures. */
export function galleryOf(pictures: readonly CaptionedPicture[]): Gallery {
  let nTexts = 0;
  const textsOfPicture = pictures.map(({ captions }) => captions.map(() => nTexts++));
  return { textsOfPicture, nTexts };
}

export interface PairsToScore {
  readonly pictures: readonly CaptionedPicture[];
  readonly rows: readonly PictureRow[];
  /** Length of the shortlists that the pairs were made of. */
  readonly k: number;
}

/**
 * @throws AppError `document.unparsable`; retrieval needs every picture.
 */
export function scoreRetrieval(task: EvalTask, { pictures, rows, k }: PairsToScore): Scored {
  const gallery = galleryOf(pictures);
  const found = byExpectedId(
    pictures.map(({ id }) => id),
    rows,
    { item: "picture" },
  );
  const pairs = pictures.map(
    ({ id }) => new Map(found.get(id)?.pairs.map((pair) => [pair.text, pair])),
  );
  const scoreOf = (by: (pair: ScoredPair) => number) => (picture: number, text: number) => {
    const pair = pairs[picture]?.get(text);
    return pair === undefined ? -Infinity : by(pair);
  };
  const lists = shortlistsOf(pairs, gallery, k);
  const itcRanks = ranksOf(lists, gallery);
  const ranks = ranksOf(
    rerank(
      lists,
      scoreOf(({ itm, itc }) => fusedScore(itm, itc)),
    ),
    gallery,
  );
  const metrics = recallFigures(ranks);
  const itc = recallFigures(itcRanks);
  const recall = shortlistRecall(lists, gallery);
  return {
    task,
    n: pictures.length,
    of: pictures.length,
    figures: [
      ...RETRIEVAL_METRICS.map((name) => ({ name, value: metrics[name] })),
      ...(["txt_r1", "img_r1"] as const).map((name) => ({
        name: `${name}, ITC alone`,
        value: itc[name],
      })),
      { name: "shortlist, txt", value: recall.txt },
      { name: "shortlist, img", value: recall.img },
    ],
    intervals: () => intervalsOf(ranks, gallery),
    json: {
      task,
      n: pictures.length,
      texts: gallery.nTexts,
      k,
      metrics,
      itcOnly: itc,
      shortlistRecall: recall,
    },
    notes: [],
  };
}

function intervalsOf(ranks: Ranks, { textsOfPicture }: Gallery): ReturnType<Scored["intervals"]> {
  return bootstrap({ nClusters: textsOfPicture.length }, (chosen) =>
    recallFigures({
      ofTexts: chosen.map((i) => ranks.ofTexts[i] ?? 0),
      ofPictures: chosen.flatMap((i) =>
        (textsOfPicture[i] ?? []).map((text) => ranks.ofPictures[text] ?? 0),
      ),
    }),
  );
}

/** The k best by the cosine on each side: a picture's pairs hold its own list, and a text's its own. */
function shortlistsOf(
  pairs: readonly ReadonlyMap<number, ScoredPair>[],
  { nTexts }: Gallery,
  k: number,
): Rankings {
  const byText: { readonly item: number; readonly itc: number }[][] = Array.from(
    { length: nTexts },
    () => [],
  );
  for (const [picture, own] of pairs.entries()) {
    for (const { text, itc } of own.values()) byText[text]?.push({ item: picture, itc });
  }
  const best = (items: readonly { readonly item: number; readonly itc: number }[]): number[] =>
    [...items]
      .sort((a, b) => b.itc - a.itc || a.item - b.item)
      .slice(0, k)
      .map(({ item }) => item);
  return {
    imageToText: pairs.map((own) =>
      best([...own.values()].map(({ text, itc }) => ({ item: text, itc }))),
    ),
    textToImage: byText.map(best),
  };
}
