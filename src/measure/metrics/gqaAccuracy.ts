/** GQA: the answer is right when it is the one answer. Three ways to compare. */

import { processDigitArticle, processPunctuation } from "./vqaNormalise";

/**
 * `lavis`: both sides normalised, as for the figures of the BLIP-2 paper; `exact`: as they are, which GQA's own
 * program does; `exactLower`: without case and outer blanks.
 */
export const GQA_VARIANTS = ["lavis", "exact", "exactLower"] as const;
export type GqaVariant = (typeof GQA_VARIANTS)[number];

const FORMS: Readonly<Record<GqaVariant, (text: string) => string>> = {
  lavis: (text) => processDigitArticle(processPunctuation(text)),
  exact: (text) => text,
  exactLower: (text) => text.trim().toLowerCase(),
};

export function isGqaMatch(prediction: string, answer: string, variant: GqaVariant): boolean {
  const form = FORMS[variant];
  return form(prediction) === form(answer);
}
