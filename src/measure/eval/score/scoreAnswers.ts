/** VQAv2 and OK-VQA in both variants, and GQA in three. */

import { bootstrap } from "../../metrics/bootstrap";
import { GQA_VARIANTS, isGqaMatch } from "../../metrics/gqaAccuracy";
import { meanOf } from "../../metrics/pythonText";
import {
  VQA_VARIANTS,
  vqaAccuracy,
  type VqaAnnotation,
  vqaShares,
  type VqaVariant,
} from "../../metrics/vqaAccuracy";
import type { EvalId } from "../data/evalJson";
import type { GqaQuestion } from "../data/gqaFiles";
import type { Prediction } from "../data/vqaFiles";
import type { EvalTask } from "../tasks";
import { byExpectedId } from "./checkIds";
import type { Scored } from "./scored";

/** @typeParam T What one item of the benchmark's file is. */
export interface AnswersToScore<T> {
  readonly items: readonly T[];
  readonly predictions: readonly Prediction[];
  readonly allowMissing?: boolean;
  /** The same predictions in dictionary forms, by a program that somebody named. */
  readonly lemmatized?: readonly Prediction[];
}

/** @throws AppError `document.unparsable`. */
export function scoreVqa(
  task: EvalTask,
  {
    items: annotations,
    predictions,
    allowMissing = false,
    lemmatized,
  }: AnswersToScore<VqaAnnotation>,
): Scored {
  const ids = annotations.map(({ questionId }) => questionId);
  const check = { item: "question", allowMissing };
  const texts = textsOf(byExpectedId(ids, predictions, check));
  const scored = annotations.filter(({ questionId }) => texts.has(questionId));
  const variantsOf = (given: ReadonlyMap<EvalId, string>): Record<VqaVariant, object> => ({
    official: vqaAccuracy(scored, given, "official"),
    lavis: vqaAccuracy(scored, given, "lavis"),
  });
  const sets: readonly (readonly [suffix: string, given: ReadonlyMap<EvalId, string>])[] = [
    ...(lemmatized === undefined
      ? []
      : [[", lemmatized", textsOf(byExpectedId(ids, lemmatized, check))] as const]),
    ["", texts],
  ];
  // What the paper's tables show comes first: LAVIS's figure, of dictionary forms where there are any.
  const shares = sets.flatMap(([suffix, given]) =>
    [...VQA_VARIANTS].reverse().map((variant) => ({
      name: `accuracy (${variant}${suffix})`,
      each: vqaShares(scored, given, variant),
      value: vqaAccuracy(scored, given, variant).overall,
    })),
  );
  return {
    task,
    n: scored.length,
    of: annotations.length,
    figures: shares.map(({ name, value }) => ({ name, value })),
    intervals: () =>
      clusteredIntervals(
        scored.map(({ imageId }) => imageId),
        shares,
      ),
    json: {
      task,
      n: scored.length,
      variants: variantsOf(texts),
      ...(lemmatized === undefined
        ? {}
        : { lemmatized: variantsOf(textsOf(byExpectedId(ids, lemmatized, check))) }),
    },
    notes: [],
  };
}

/** @throws AppError `document.unparsable`. */
export function scoreGqa({
  items: questions,
  predictions,
  allowMissing = false,
}: AnswersToScore<GqaQuestion>): Scored {
  const ids = questions.map(({ id }) => id);
  const texts = textsOf(byExpectedId(ids, predictions, { item: "question", allowMissing }));
  const scored = questions.filter(({ id }) => texts.has(id));
  const shares = GQA_VARIANTS.map((variant) => {
    const each = scored.map(({ id, answer }) =>
      Number(isGqaMatch(texts.get(id) ?? "", answer, variant)),
    );
    return { variant, name: `accuracy (${variant})`, each, value: meanOf(each) * 100 };
  });
  return {
    task: "gqa",
    n: scored.length,
    of: questions.length,
    figures: shares.map(({ name, value }) => ({ name, value })),
    intervals: () =>
      clusteredIntervals(
        scored.map(({ imageId }) => imageId),
        shares,
      ),
    json: {
      task: "gqa",
      n: scored.length,
      variants: Object.fromEntries(
        shares.map(({ variant, value, each }) => [
          variant,
          {
            overall: value,
            perQuestion: Object.fromEntries(scored.map(({ id }, i) => [id, each[i]])),
          },
        ]),
      ),
    },
    notes: [],
  };
}

function textsOf(rows: ReadonlyMap<EvalId, Prediction>): ReadonlyMap<EvalId, string> {
  return new Map([...rows].map(([id, { text }]) => [id, text]));
}

interface Shares {
  readonly name: string;
  /** From 0 to 1. */
  readonly each: readonly number[];
}

/** Questions about one picture are drawn together. */
function clusteredIntervals(
  pictures: readonly EvalId[],
  shares: readonly Shares[],
): ReturnType<Scored["intervals"]> {
  const clusterOf = new Map<EvalId, number>();
  for (const picture of pictures) {
    if (!clusterOf.has(picture)) clusterOf.set(picture, clusterOf.size);
  }
  const nClusters = clusterOf.size;
  const counts = new Float64Array(nClusters);
  const sums = shares.map(() => new Float64Array(nClusters));
  for (const [i, picture] of pictures.entries()) {
    const cluster = clusterOf.get(picture) ?? 0;
    counts[cluster] = (counts[cluster] ?? 0) + 1;
    for (const [j, sum] of sums.entries()) {
      sum[cluster] = (sum[cluster] ?? 0) + (shares[j]?.each[i] ?? 0);
    }
  }
  const total = (values: Float64Array, chosen: readonly number[]): number =>
    chosen.reduce((sum, cluster) => sum + (values[cluster] ?? 0), 0);
  return bootstrap({ nClusters }, (chosen) => {
    const n = total(counts, chosen);
    return Object.fromEntries(
      shares.map(({ name }, j) => [name, (100 * total(sums[j] ?? counts, chosen)) / n]),
    );
  });
}
