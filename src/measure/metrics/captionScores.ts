/** The metrics of tokenized captions that need no other program, under coco-caption's names. */

import { bleuOf, bleuStatistics } from "./bleu";
import { ciderScores } from "./cider";
import type { ScoredCaption } from "./ngrams";
import { meanOf } from "./pythonText";
import { rougeL } from "./rouge";

export const CAPTION_METRICS = [
  "Bleu_1",
  "Bleu_2",
  "Bleu_3",
  "Bleu_4",
  "ROUGE_L",
  "CIDEr",
] as const;
export type CaptionMetric = (typeof CAPTION_METRICS)[number];
/** From 0 to 1; CIDEr to 10. */
export type CaptionFigures = Readonly<Record<CaptionMetric, number>>;

export interface CaptionScores {
  readonly corpus: CaptionFigures;
  /** In the order of the captions. */
  readonly each: readonly CaptionFigures[];
  /** The corpus' figures of a choice of captions, with document frequencies as they are; for intervals. */
  readonly resampled: (chosen: readonly number[]) => CaptionFigures;
}

/** @param captions one for each picture that is scored. */
export function captionScores(captions: readonly ScoredCaption[]): CaptionScores {
  const statistics = captions.map(bleuStatistics);
  const rouge = captions.map(rougeL);
  const cider = ciderScores(captions);
  const resampled = (chosen: readonly number[]): CaptionFigures =>
    figures(
      bleuOf(chosen.flatMap((i) => statistics[i] ?? [])),
      meanOf(chosen.map((i) => rouge[i] ?? 0)),
      meanOf(chosen.map((i) => cider[i] ?? 0)),
    );
  return {
    corpus: resampled(captions.map((_, i) => i)),
    each: statistics.map((one, i) => figures(bleuOf([one]), rouge[i] ?? 0, cider[i] ?? 0)),
    resampled,
  };
}

function figures(bleu: readonly number[], rouge: number, cider: number): CaptionFigures {
  const [one = 0, two = 0, three = 0, four = 0] = bleu;
  return { Bleu_1: one, Bleu_2: two, Bleu_3: three, Bleu_4: four, ROUGE_L: rouge, CIDEr: cider };
}
