/** The closed sets of words by which models, and the processes that work on them, are told apart. */

/**
 * `generation`: describes, answers and goes on about what was said; `captioning`: describes alone;
 * `answering`: answers single questions alone; `retrieval`: compares pictures with texts; `stage1`: BLIP-2
 * before it had a language model, describes and compares.
 */
export const MODEL_KINDS = [
  "generation",
  "captioning",
  "answering",
  "retrieval",
  "stage1",
] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

/** What a model can be taught: to find pictures, or to describe them. */
export const FIT_TASKS = ["retrieval", "captions"] as const;
export type FitTaskName = (typeof FIT_TASKS)[number];
/** Of pictures with texts: fewer say nothing about whether a model got better. */
export const MIN_PAIRS = 10;

/** From the largest to the smallest. */
export const PROFILE_NAMES = ["exact", "balanced", "small"] as const;
/**
 * A precision by its name; precisionProfiles.ts says what it means for each part.
 * - `exact`: what transformers computes, in float32.
 * - `balanced`: answers as in float32 but for a few in a thousand.
 * - `small`: as little memory and time for each token as still answers well.
 */
export type ProfileName = (typeof PROFILE_NAMES)[number];

/**
 * Processes beside the editor's; methods.ts says which does what. All but `audit` run the same program; `remote`
 * does what `answers` does.
 */
// prettier-ignore
export const PROCESS_KINDS = [
  "answers", "pictures", "models", "downloads", "search", "audit", "remote", "learning",
] as const;
export type ProcessKind = (typeof PROCESS_KINDS)[number];

/**
 * How the engine is. `off`: nothing runs yet, or it was ended for being idle; `unsupported`: this
 * installation has no runtime for the platform.
 */
export const ENGINE_KINDS = [
  "off",
  "starting",
  "loading",
  "ready",
  "busy",
  "failed",
  "unsupported",
] as const;
export type EngineKind = (typeof ENGINE_KINDS)[number];
