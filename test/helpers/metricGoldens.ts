/** What the benchmarks' own programs computed, as checks of ours; a mutant is bundled from here and must fail. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { CAPTION_METRICS, captionScores } from "../../src/measure/metrics/captionScores";
import { GQA_VARIANTS, isGqaMatch } from "../../src/measure/metrics/gqaAccuracy";
import type { ScoredCaption } from "../../src/measure/metrics/ngrams";
import {
  fusedScore,
  pairsByPicture,
  ranksOf,
  recallFigures,
  rerank,
  shortlistRecall,
  shortlists,
} from "../../src/measure/metrics/retrieval";
import { tokenizeCaptions, tokenizeLines } from "../../src/measure/metrics/tokenizer/ptbTokenizer";
import {
  VQA_VARIANTS,
  vqaAccuracy,
  type VqaAnnotation,
} from "../../src/measure/metrics/vqaAccuracy";
import {
  normaliseAnswer,
  processDigitArticle,
  processPunctuation,
} from "../../src/measure/metrics/vqaNormalise";

type Figures = Readonly<Record<string, number>>;
type ById<T> = Readonly<Record<string, T>>;

interface RecordedCaptions {
  readonly corpus: Figures;
  readonly perImage?: ById<Figures>;
}

interface CaptionFile extends RecordedCaptions {
  readonly tokens: ById<ScoredCaption>;
  readonly oneImage: RecordedCaptions;
  readonly perDomain: ById<Figures>;
  readonly degenerate: RecordedCaptions & { readonly tokens: ById<ScoredCaption> };
  readonly differentNumbersOfReferences: RecordedCaptions & { readonly references: Figures };
}

interface RetrievalExample {
  readonly k: number;
  readonly img2txt: readonly (readonly number[])[];
  readonly imageEmbeds: readonly (readonly number[][])[];
  readonly textEmbeds: readonly number[][];
  readonly itmLogits: readonly (readonly number[])[];
  readonly imageToText: readonly Figures[];
  readonly textToImage: readonly Figures[];
  readonly metrics: Figures;
  readonly metricsOfItcAlone: Figures;
}

interface RecordedAnnotation {
  readonly question_id: number;
  readonly image_id: number;
  readonly question_type: string;
  readonly answer_type: string;
  readonly answers: readonly { readonly answer: string }[];
}

interface RecordedResult {
  readonly question_id: number;
  readonly answer: string;
}

interface VqaSet {
  readonly annotations: readonly RecordedAnnotation[];
  readonly results: readonly RecordedResult[];
  readonly official?: object;
  readonly lavis?: object;
}

/** A file that another program wrote; the checks fail where it is not as they read it. */
export function recorded(name: string): unknown {
  return JSON.parse(readFileSync(path.resolve("test/fixtures/eval", `${name}.json`), "utf8"));
}

/** Real figures; see the tolerance of the recorded files. */
export function assertClose(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= 1e-9, `${what}: ${actual}, recorded ${expected}`);
}

function annotationsOf(list: readonly RecordedAnnotation[]): VqaAnnotation[] {
  return list.map((item) => ({
    questionId: String(item.question_id),
    imageId: String(item.image_id),
    questionType: item.question_type,
    answerType: item.answer_type,
    answers: item.answers.map(({ answer, ...rest }) => ({
      answer,
      identity: JSON.stringify(rest),
    })),
  }));
}

function checkCaptions(captions: ById<ScoredCaption>, expected: RecordedCaptions): void {
  const ids = Object.keys(captions);
  const scores = captionScores(Object.values(captions));
  for (const metric of CAPTION_METRICS) {
    assertClose(scores.corpus[metric], expected.corpus[metric]!, metric);
    for (const [i, id] of ids.entries()) {
      if (expected.perImage === undefined) continue;
      assertClose(scores.each[i]![metric], expected.perImage[id]![metric]!, `${metric} of ${id}`);
    }
  }
}

function unit(row: readonly number[]): number[] {
  const norm = Math.max(Math.hypot(...row), 1e-12);
  return row.map((value) => value / norm);
}

function similaritiesOf({ imageEmbeds, textEmbeds }: RetrievalExample): Float32Array[] {
  const texts = textEmbeds.map(unit);
  const cosine = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  return imageEmbeds.map((queries) => {
    const units = queries.map(unit);
    return Float32Array.from(texts, (text) => Math.max(...units.map((one) => cosine(one, text))));
  });
}

function checkRetrieval(name: string, example: RetrievalExample): void {
  const { k, img2txt, textEmbeds, itmLogits } = example;
  const similarities = similaritiesOf(example);
  const gallery = { textsOfPicture: img2txt, nTexts: textEmbeds.length };
  const lists = shortlists(similarities, gallery.nTexts, k);
  const score = (picture: number, text: number): number =>
    fusedScore(itmLogits[picture]![text]!, similarities[picture]![text]!);
  for (const [picture, expected] of example.imageToText.entries()) {
    const ours = lists.imageToText[picture]!.map((text) => [text, score(picture, text)] as const);
    assertScores(ours, expected, `${name}, picture ${picture}`);
  }
  for (const [text, expected] of example.textToImage.entries()) {
    const ours = lists.textToImage[text]!.map((item) => [item, score(item, text)] as const);
    assertScores(ours, expected, `${name}, text ${text}`);
  }
  const ranks = ranksOf(rerank(lists, score), gallery);
  assertFigures(recallFigures(ranks), example.metrics, name);
  const whole = ranksOf(shortlists(similarities, gallery.nTexts, gallery.nTexts), gallery);
  assertFigures(recallFigures(whole), example.metricsOfItcAlone, `${name}, ITC`);
  const pairs = pairsByPicture(lists);
  assert.ok(lists.imageToText.every((list, i) => list.every((text) => pairs[i]!.includes(text))));
  assert.ok(lists.textToImage.every((list, j) => list.every((i) => pairs[i]!.includes(j))));
  const ceiling = shortlistRecall(lists, gallery);
  const { txt_r1, img_r1 } = recallFigures(ranks);
  assert.ok(ceiling.txt >= txt_r1 && ceiling.img >= img_r1);
}

function assertFigures(ours: Figures, expected: Figures, what: string): void {
  assert.deepEqual(Object.keys(ours), Object.keys(expected));
  for (const [metric, figure] of Object.entries(expected)) {
    assertClose(ours[metric]!, figure, `${what}, ${metric}`);
  }
}

function assertScores(
  ours: readonly (readonly [item: number, score: number])[],
  expected: Figures,
  what: string,
): void {
  const byItem = new Map(ours);
  const items = Object.keys(expected).map(Number);
  assert.deepEqual(new Set(byItem.keys()), new Set(items), what);
  for (const item of items) {
    const [score, other] = [byItem.get(item)!, expected[item]!];
    assert.ok(Math.abs(score - other) <= 2e-6, `${what}: ${score}, recorded ${other}`);
  }
}

interface GqaPair {
  readonly prediction: string;
  readonly answer: string;
  readonly lavis: number;
  readonly plain: number;
  readonly plainLower: number;
}

const GQA_KEYS = { lavis: "lavis", exact: "plain", exactLower: "plainLower" } as const;

function checkNormalisation(): void {
  for (const row of recorded("vqa-normalise") as Readonly<Record<string, string>>[]) {
    const { text = "", punctuation, digitArticle, answer } = row;
    assert.equal(processPunctuation(text), punctuation, text);
    assert.equal(processDigitArticle(text), digitArticle, text);
    assert.equal(normaliseAnswer(text), answer, text);
  }
}

function checkAccuracies(): void {
  const expected = recorded("vqa-accuracy") as VqaSet &
    Record<"otherNumbersOfAnswers" | "answersWithoutId", VqaSet>;
  const { annotations } = recorded("vqa-annotations") as VqaSet;
  const whole = { ...expected, annotations, results: recorded("vqa-results") as RecordedResult[] };
  for (const set of [whole, expected.otherNumbersOfAnswers, expected.answersWithoutId]) {
    const given = new Map(set.results.map((item) => [String(item.question_id), item.answer]));
    for (const variant of VQA_VARIANTS) {
      if (set[variant] === undefined) continue;
      const ours = vqaAccuracy(annotationsOf(set.annotations), given, variant);
      assert.deepEqual(ours, set[variant], variant);
    }
  }
}

function checkGqa(): void {
  const { pairs, lavisAccuracy } = recorded("gqa") as {
    readonly pairs: readonly GqaPair[];
    readonly lavisAccuracy: number;
  };
  for (const pair of pairs) {
    for (const variant of GQA_VARIANTS) {
      const ours = isGqaMatch(pair.prediction, pair.answer, variant);
      assert.equal(Number(ours), pair[GQA_KEYS[variant]], `${variant} of ${pair.prediction}`);
    }
  }
  const right = pairs.filter(({ prediction, answer }) => isGqaMatch(prediction, answer, "lavis"));
  assertClose((100 * right.length) / pairs.length, lavisAccuracy, "LAVIS accuracy");
}

function checkAllCaptions(): void {
  const scores = recorded("captions-scores") as CaptionFile;
  const { tokens } = scores;
  checkCaptions(tokens, scores);
  checkCaptions({ 1001: tokens["1001"]! }, scores.oneImage);
  const { images } = recorded("captions-annotations") as {
    readonly images: readonly { id: number; domain: string }[];
  };
  for (const [domain, corpus] of Object.entries(scores.perDomain)) {
    const own = images.filter((image) => image.domain === domain);
    checkCaptions(Object.fromEntries(own.map(({ id }) => [id, tokens[id]!])), { corpus });
  }
  checkCaptions(scores.degenerate.tokens, scores.degenerate);
  const unequal = scores.differentNumbersOfReferences;
  const some = Object.entries(unequal.references).map(([id, n]) => {
    const { candidate, references } = tokens[id]!;
    return [id, { candidate, references: references.slice(0, n) }] as const;
  });
  checkCaptions(Object.fromEntries(some), unequal);
}

function checkTokens(): void {
  const lines = recorded("ptb-tokens") as readonly Record<"text" | "tokens" | "caption", string>[];
  const texts = lines.map(({ text }) => text);
  const tokens = tokenizeLines(texts).map((line) => line.join(" "));
  const { captions } = tokenizeCaptions(texts);
  for (const [i, line] of lines.entries()) {
    assert.equal(tokens[i], line.tokens, line.text);
    assert.equal(captions[i], line.caption, line.text);
  }
}

/** Of each side all captions together, as they are in the files. */
function checkWholeCaptions(): void {
  const { annotations } = recorded("captions-annotations") as {
    readonly annotations: readonly { readonly image_id: number; readonly caption: string }[];
  };
  const results = recorded("captions-results") as typeof annotations;
  const { tokens } = recorded("captions-scores") as CaptionFile;
  const candidates = tokenizeCaptions(results.map(({ caption }) => caption)).captions;
  for (const [i, { image_id }] of results.entries()) {
    assert.equal(candidates[i], tokens[image_id]!.candidate);
  }
  const references = tokenizeCaptions(annotations.map(({ caption }) => caption)).captions;
  for (const [image, { references: expected }] of Object.entries(tokens)) {
    const own = references.filter((_, i) => String(annotations[i]!.image_id) === image);
    assert.deepEqual(own, expected);
  }
}

export const GOLDENS = {
  "tokens of captions": checkTokens,
  "captions of files": checkWholeCaptions,
  "normalised answers": checkNormalisation,
  "VQA accuracies": checkAccuracies,
  "GQA matches": checkGqa,
  "caption scores": checkAllCaptions,
  "retrieval of shortlists": () => {
    const examples = recorded("retrieval") as ById<RetrievalExample>;
    for (const [name, example] of Object.entries(examples)) checkRetrieval(name, example);
  },
} as const;
