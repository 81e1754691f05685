/** The closed sets of words that models are told apart by. */

export const MODEL_KINDS = ["generation", "retrieval"] as const;
/** What a model can do: answer, or compare pictures with texts. */
export type ModelKind = (typeof MODEL_KINDS)[number];

/** From the largest to the smallest. */
export const PROFILE_NAMES = ["exact", "balanced", "small"] as const;
/**
 * A precision by its name; precisionProfiles.ts says what it means for each part.
 * - `exact`: what transformers computes, in float32.
 * - `balanced`: answers as in float32 but for a few in a thousand.
 * - `small`: as little memory and time for each token as still answers well.
 */
export type ProfileName = (typeof PROFILE_NAMES)[number];
