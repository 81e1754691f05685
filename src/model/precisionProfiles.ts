/**
 * Precisions by a name: what each part of a model gets in a profile. The figures behind the choices are
 * those of `npm run report:precision`.
 */

import { PART } from "./graphContract";

/**
 * - `exact`: what transformers computes, in float32.
 * - `balanced`: answers as in float32 but for a few in a thousand.
 * - `small`: as little memory and time for each token as still answers well.
 */
export type ProfileName = "exact" | "balanced" | "small";

/**
 * The image encoder computes with int8 activations, in blocks like those of its weights: blocks of 64 are
 * no slower than blocks of 128, lose a fifth less, and a large channel spoils half as many others.
 * The Q-Former is small, takes no time worth saving, and rounding it puts more error into what the language
 * model sees than rounding the whole encoder does.
 * The decoder reads all its weights for each token, so that bytes are time. With 4 bits, blocks of 64 lose
 * 7 % less than blocks of 128 for 6 % more bytes; blocks of 32 lose 16 % less for 18 % more.
 * Plans as `parsePrecisionPlan` reads them; a model may lack some of the parts.
 */
export const PROFILES: Readonly<Record<ProfileName, string>> = {
  exact: "f32",
  balanced: `int8:128,${PART.visionEncoder}=int8:64,${PART.qformer}=f32`,
  small: `int8:128,${PART.qformer}=int8:32,${PART.textEncoder}=int4:64,${PART.decoder}=int4:64`,
};

/** From the largest to the smallest. */
export const PROFILE_NAMES = ["exact", "balanced", "small"] as const satisfies ProfileName[];

/** Whether a text is the name of a profile. */
export function isProfileName(text: string): text is ProfileName {
  return Object.hasOwn(PROFILES, text);
}
