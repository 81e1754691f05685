/**
 * VQA accuracy: an answer is right as far as three of the other annotators gave it (Antol et al. 2015).
 * Two programs compute it, and differ in what they normalise: the authors' own, and LAVIS's, which made the
 * figures of the BLIP-2 paper.
 */

import { meanOf, roundToCents } from "./pythonText";
import { normaliseAnswer, processPunctuation, trimAnswer } from "./vqaNormalise";

export const VQA_VARIANTS = ["official", "lavis"] as const;
export type VqaVariant = (typeof VQA_VARIANTS)[number];

export interface VqaAnnotation {
  readonly questionId: string;
  readonly imageId: string;
  readonly questionType: string;
  readonly answerType: string;
  readonly answers: readonly VqaAnswer[];
}

export interface VqaAnswer {
  readonly answer: string;
  /** Its other fields as text: two answers that are equal in everything are one and the same to the programs. */
  readonly identity: string;
}

/** In percent, of two decimals. */
export interface VqaAccuracy {
  readonly overall: number;
  readonly perAnswerType: Readonly<Record<string, number>>;
  readonly perQuestionType: Readonly<Record<string, number>>;
  readonly perQuestion: Readonly<Record<string, number>>;
}

/** Shares from 0 to 1, in the order of the annotations, as the totals are made of. */
export function vqaShares(
  annotations: readonly VqaAnnotation[],
  predictions: ReadonlyMap<string, string>,
  variant: VqaVariant,
): number[] {
  return annotations.map(({ questionId, answers }) =>
    VARIANTS[variant](answers, predictions.get(questionId) ?? ""),
  );
}

/** @param predictions by the id of the question. */
export function vqaAccuracy(
  annotations: readonly VqaAnnotation[],
  predictions: ReadonlyMap<string, string>,
  variant: VqaVariant,
): VqaAccuracy {
  const shares = vqaShares(annotations, predictions, variant);
  const byKey = (keyOf: (annotation: VqaAnnotation) => string): Record<string, number> => {
    const groups = new Map<string, number[]>();
    for (const [i, annotation] of annotations.entries()) {
      const key = keyOf(annotation);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [shares[i] ?? 0]);
      else group.push(shares[i] ?? 0);
    }
    return Object.fromEntries([...groups].map(([key, group]) => [key, percent(group)]));
  };
  return {
    overall: percent(shares),
    perAnswerType: byKey(({ answerType }) => answerType),
    perQuestionType: byKey(({ questionType }) => questionType),
    perQuestion: byKey(({ questionId }) => questionId),
  };
}

const VARIANTS: Readonly<
  Record<VqaVariant, (answers: readonly VqaAnswer[], prediction: string) => number>
> = {
  // Since 2021: all or nothing, and only where the annotators do not agree.
  official: (answers, prediction) => {
    const trimmed = answers.map((given) => ({ ...given, answer: trimAnswer(given.answer) }));
    if (!isDisputed(trimmed)) return leaveOneOut(trimmed, trimAnswer(prediction));
    const normalised = trimmed.map((given) => ({
      ...given,
      answer: normaliseAnswer(given.answer),
    }));
    return leaveOneOut(normalised, normaliseAnswer(prediction));
  },
  // The prediction always; annotators' answers only their punctuation, where they do not agree.
  lavis: (answers, prediction) => {
    const compared = isDisputed(answers)
      ? answers.map((given) => ({ ...given, answer: processPunctuation(given.answer) }))
      : answers;
    return leaveOneOut(compared, normaliseAnswer(prediction));
  },
};

function isDisputed(answers: readonly VqaAnswer[]): boolean {
  return new Set(answers.map(({ answer }) => answer)).size > 1;
}

/** The mean over annotators of what the others say of the prediction. */
function leaveOneOut(answers: readonly VqaAnswer[], prediction: string): number {
  const isSame = (a: VqaAnswer, b: VqaAnswer): boolean =>
    a.answer === b.answer && a.identity === b.identity;
  return meanOf(
    answers.map((left) => {
      const agreeing = answers.filter(
        (other) => !isSame(other, left) && other.answer === prediction,
      );
      return Math.min(1, agreeing.length / 3);
    }),
  );
}

function percent(shares: readonly number[]): number {
  return roundToCents((100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length);
}
