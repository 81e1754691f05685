/** Which models are timed: names alone, so that a list of them costs nothing. */

/** Models that can be timed. */
export const BENCH_MODELS = [
  "opt-2.7b",
  "flan-t5-xl",
  "blip-caption-base",
  "blip-caption-large",
  "blip-vqa-base",
] as const;
export type BenchModel = (typeof BENCH_MODELS)[number];
