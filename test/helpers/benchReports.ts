/** Made-up reports of a bench. */

import type { BenchFigures } from "../../src/measure/bench/benchFigures";
import type { BenchReport, OurReport, ReferenceReport } from "../../src/measure/bench/benchReport";

/** Figures that grow with the scale. */
export const figures = (scale: number): BenchFigures => ({
  load: 100 * scale,
  preprocess: 0,
  vision: 20 * scale,
  qformer: 3 * scale,
  prefill: 40 * scale,
  token: 5 * scale,
  firstToken: 63 * scale,
  answer: 108 * scale,
  followUp: 60 * scale,
  beams: 2000 * scale,
  peakBytes: 1e9 * scale,
});

export const LIMITS = {
  ...{ vision: 1, qformer: 2, prefill: 3, token: 4, firstToken: 5, answer: 6, followUp: 7 },
};

export const ours = (precision: string, scale: number): OurReport => ({
  ...{ precision, figures: figures(scale), limits: LIMITS },
});

export const theirs = (dtype: ReferenceReport["dtype"], scale: number): ReferenceReport => ({
  ...{ dtype, device: "cpu", figures: figures(scale) },
});

/** One precision beside bf16, but for what a test says. */
export const reportWith = (changes: Partial<BenchReport> = {}): BenchReport => ({
  model: "opt-2.7b",
  date: "2026-11-28",
  runs: 3,
  device: "cpu",
  machine: {
    ...{ processor: "AMD EPYC", nCores: 2, simd: ["avx2", "avx512_vnni"] },
    ...{ memoryBytes: 25e9, adapters: [] },
  },
  versions: { sightline: "1.0.0", torch: "2.13.0", transformers: "5.18.0" },
  ours: [ours("small", 1)],
  transformers: [theirs("bf16", 4)],
  ...changes,
});
