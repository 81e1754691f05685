/**
 * The whole way from captions to figures, on 1,000 captions that coco-caption publishes with its figures
 * (`captions_val2014_fakecap_results.json` and its notebook); the data is COCO's and not part of this program.
 */

import path from "node:path";
import { bleuStatistics } from "../../metrics/bleu";
import { captionScores } from "../../metrics/captionScores";
import { tokenizeCaptions } from "../../metrics/tokenizer/ptbTokenizer";
import { readCaptionResults, readCaptions } from "../data/captionFiles";
import { byExpectedId } from "../score/checkIds";

export const SELF_TEST_FILES = {
  annotations: "captions_val2014.json",
  results: "captions_val2014_fakecap_results.json",
} as const;

/** As the notebook prints them. */
const PUBLISHED: Readonly<Record<string, number>> = {
  Bleu_1: 0.579,
  Bleu_2: 0.404,
  Bleu_3: 0.279,
  Bleu_4: 0.191,
  ROUGE_L: 0.396,
  CIDEr: 0.6,
  "words of captions": 9893,
  "words of references": 9855,
  "words found": 5732,
  "pairs found": 2510,
  "threes found": 1043,
  "fours found": 423,
};

export interface SelfTestRow {
  readonly name: string;
  readonly published: number;
  readonly ours: number;
  readonly isEqual: boolean;
}

/** @throws AppError `document.*` when the files are not in the folder. */
export async function selfTest(folder: string): Promise<readonly SelfTestRow[]> {
  const pictures = await readCaptions(path.join(folder, SELF_TEST_FILES.annotations));
  const results = await readCaptionResults([path.join(folder, SELF_TEST_FILES.results)]);
  const found = byExpectedId(
    pictures.map(({ id }) => id),
    results,
    { item: "picture", allowMissing: true },
  );
  const scored = pictures.filter(({ id }) => found.has(id));
  const candidates = tokenizeCaptions(scored.map(({ id }) => found.get(id)?.text ?? "")).captions;
  const references = tokenizeCaptions(scored.flatMap(({ captions }) => captions)).captions;
  let at = 0;
  const captions = scored.map(({ captions: own }, i) => {
    at += own.length;
    return { candidate: candidates[i] ?? "", references: references.slice(at - own.length, at) };
  });
  const statistics = captions.map(bleuStatistics);
  const sum = (of: (one: (typeof statistics)[number]) => number): number =>
    statistics.reduce((total, one) => total + of(one), 0);
  const counts = ["words found", "pairs found", "threes found", "fours found"];
  const ours: Readonly<Record<string, number>> = {
    ...captionScores(captions).corpus,
    "words of captions": sum(({ length }) => length),
    "words of references": sum(({ referenceLength }) => referenceLength),
    ...Object.fromEntries(counts.map((name, n) => [name, sum(({ correct }) => correct[n] ?? 0)])),
  };
  return Object.entries(PUBLISHED).map(([name, published]) => {
    const value = ours[name] ?? NaN;
    const isCount = Number.isInteger(published);
    const isEqual = isCount ? value === published : value.toFixed(3) === published.toFixed(3);
    return { name, published, ours: value, isEqual };
  });
}
