/**
 * Which of the models that can be had is the one for this machine, and which do not fit it; pure. The one
 * rule for the editor's list and the command line's.
 */

import { defaultProfile } from "./defaultProfile";

/** What a model was made for. */
export const MODEL_USES = ["altTexts", "descriptions", "questions", "comparison"] as const;
export type ModelUse = (typeof MODEL_USES)[number];

/** In bytes. */
export interface ModelCost {
  readonly diskBytes: number;
  readonly memoryBytes: number;
}

/** A model that can be had. */
export interface Candidate {
  readonly use: ModelUse;
  readonly costs: Readonly<Record<"balanced" | "small", ModelCost>>;
  /** That the disk must hold at a time while it is got, beside the model; in bytes. */
  readonly arrivingBytes: number;
  /** One that was made from it is there already. */
  readonly isThere: boolean;
}

/** In bytes. */
export interface Machine {
  /** Of the memory, all in all. */
  readonly memoryBytes: number;
  /** On the disk of the models. */
  readonly freeBytes: number;
}

export type Advice =
  /** `profile`: the one that it would be used in. */
  | { readonly fit: "recommended" | "fits"; readonly profile: "balanced" | "small" }
  /** Even in its smallest form; both in bytes. */
  | { readonly fit: "memory" | "disk"; readonly neededBytes: number; readonly hasBytes: number };

/**
 * No weight file of a published checkpoint is larger, and the disk needs room for one of them at a time;
 * what it needs exactly is known, and looked at, when the download begins.
 */
export const LARGEST_FILE_BYTES = 10e9;

/** What a disk must hold at a time while a model is got: it, and one file of the download. */
export function peakDiskBytes(
  missingDownload: number,
  { diskBytes }: Pick<ModelCost, "diskBytes">,
): number {
  return Math.min(missingDownload, LARGEST_FILE_BYTES) + diskBytes;
}

/** The system and the editor need the rest of the memory. */
const USABLE_SHARE = 0.8;
/** Left free, so that the disk can still be worked with. */
const RESERVE_BYTES = 100e6;

/** Whether a model fits, and how. */
export function fitOf(candidate: Candidate, machine: Machine): Advice {
  const { balanced, small } = candidate.costs;
  const { memoryBytes, freeBytes } = machine;
  if (small.memoryBytes > USABLE_SHARE * memoryBytes) {
    return { fit: "memory", neededBytes: small.memoryBytes, hasBytes: memoryBytes };
  }
  const diskNeed = (cost: ModelCost): number =>
    candidate.arrivingBytes + cost.diskBytes + RESERVE_BYTES;
  if (!candidate.isThere && diskNeed(small) > freeBytes) {
    return { fit: "disk", neededBytes: diskNeed(small), hasBytes: freeBytes };
  }
  const usual = defaultProfile(balanced.memoryBytes, memoryBytes);
  const isRoomy = candidate.isThere || diskNeed(balanced) <= freeBytes;
  return { fit: "fits", profile: isRoomy ? usual : "small" };
}

/**
 * The models with what is to be said of each: the one for alternative texts first, then those that fit,
 * then the others; otherwise in their order.
 */
export function advise<T>(
  models: readonly T[],
  candidateOf: (model: T) => Candidate,
  machine: Machine,
): readonly { readonly model: T; readonly advice: Advice }[] {
  const known = models.map((model) => {
    const candidate = candidateOf(model);
    return { model, candidate, advice: fitOf(candidate, machine) };
  });
  const forTexts = known.filter(({ candidate }) => candidate.use === "altTexts");
  // Whoever has one needs no other.
  const isServed = forTexts.some(({ candidate }) => candidate.isThere);
  const best = isServed
    ? undefined
    : forTexts
        .filter(({ advice }) => advice.fit === "fits")
        .sort((a, b) => memoryOf(a.candidate) - memoryOf(b.candidate))[0];
  return known
    .map((row) => ({
      model: row.model,
      advice:
        row === best && row.advice.fit === "fits"
          ? ({ ...row.advice, fit: "recommended" } as const)
          : row.advice,
    }))
    .sort((a, b) => rankOf(a.advice) - rankOf(b.advice));
}

/** The smallest is the fastest, and for a sentence about a picture as good as the larger ones. */
function memoryOf({ costs }: Candidate): number {
  return costs.balanced.memoryBytes;
}

function rankOf({ fit }: Advice): number {
  return fit === "recommended" ? 0 : fit === "fits" ? 1 : 2;
}
