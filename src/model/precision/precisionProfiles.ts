/**
 * Precisions by a name: what each part of a model gets in a profile. The figures behind the choices are
 * those of `npm run report:precision`.
 */

import type { ProfileName } from "../ask/kinds";
import { PART } from "../graph/graphContract";

/**
 * The image encoder multiplies 257 positions at a time, so that arithmetic is time: w8a8 takes half the
 * time of blocks of int8 and errs a quarter more.
 * BLIP's reader of a picture multiplies as many.
 * The Q-Former is small; in w8a8 it takes a third less time than in float32 and a quarter of the memory.
 * The decoder reads all its weights for each token, so that bytes are time. With 4 bits, blocks of 128
 * lose a tenth more than blocks of 64, take 250 MB less memory and a sixth less time for the prompt.
 * Plans as `parsePrecisionPlan` reads them; a model may lack some of the parts.
 */
export const PROFILES: Readonly<Record<ProfileName, string>> = {
  exact: "f32",
  balanced: `int8:128,${PART.visionEncoder}=w8a8,${PART.imageReader}=w8a8,${PART.qformer}=f32`,
  small: `int8:128,${PART.visionEncoder}=w8a8,${PART.imageReader}=w8a8,${PART.qformer}=w8a8,${PART.textEncoder}=int4:128,${PART.decoder}=int4:128`,
};

/** Whether a text is the name of a profile. */
export function isProfileName(text: string): text is ProfileName {
  return Object.hasOwn(PROFILES, text);
}
