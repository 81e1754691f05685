/** The figures of a bench as medians, as a table for people and as one object for programs. */

import { formatBytes } from "../base/bytes";
import type { BenchLimits } from "./benchLimits";
import { BEAMS, NEW_TOKENS, PROMPT_TOKENS, type BenchFigures } from "./benchFigures";
import { formatTable } from "./text";

/** What was measured, run by run. */
export interface BenchRuns {
  readonly model: string;
  readonly precision: string;
  readonly ours: readonly BenchFigures[];
  /** Empty when nothing was timed beside it. */
  readonly transformers: readonly BenchFigures[];
  /** What the machine allows, from its best speed in any run. */
  readonly limits: BenchLimits;
}

/** What `sightline bench --json` prints: milliseconds and bytes, medians over the runs. */
export interface BenchReport {
  readonly model: string;
  readonly precision: string;
  readonly runs: number;
  readonly limits: BenchLimits;
  readonly ours: BenchFigures;
  readonly transformers?: BenchFigures;
}

/** @throws AppError `internal` without a run. */
export function reportOf(runs: BenchRuns): BenchReport {
  const { model, precision, limits, ours, transformers } = runs;
  return {
    ...{ model, precision, limits },
    runs: ours.length,
    ours: medians(ours),
    ...(transformers.length === 0 ? {} : { transformers: medians(transformers) }),
  };
}

/** The report as a table; a column for transformers only when it was timed. */
export function benchTable(report: BenchReport): string {
  const { limits, ours, transformers } = report;
  const others = transformers === undefined ? [] : ["transformers", "ratio"];
  const rows = ROWS.map(([name, label]) => {
    const theirs = transformers?.[name];
    const limit = name in limits ? limits[name as keyof BenchLimits] : undefined;
    return [
      label,
      limit === undefined ? "" : shown(name, limit),
      shown(name, ours[name]),
      ...(theirs === undefined ? [] : [shown(name, theirs), ratio(ours[name], theirs)]),
    ];
  });
  return formatTable([["stage", "limit", "sightline", ...others], ...rows], [1, 2, 3, 4]);
}

const ROWS: readonly (readonly [keyof BenchFigures, string])[] = [
  ["load", "load"],
  ["preprocess", "preprocess"],
  ["vision", "vision"],
  ["qformer", "Q-Former"],
  ["prefill", `prefill, ${PROMPT_TOKENS} tokens`],
  ["token", "each token"],
  ["firstToken", "first token"],
  ["answer", `answer, ${NEW_TOKENS} tokens`],
  ["followUp", "follow-up question"],
  ["beams", `answer, ${BEAMS} beams`],
  ["peakBytes", "peak memory"],
];

function medians(runs: readonly BenchFigures[]): BenchFigures {
  const of = (name: keyof BenchFigures): number => median(runs.map((run) => run[name]));
  return {
    load: of("load"),
    preprocess: of("preprocess"),
    vision: of("vision"),
    qformer: of("qformer"),
    prefill: of("prefill"),
    token: of("token"),
    firstToken: of("firstToken"),
    answer: of("answer"),
    followUp: of("followUp"),
    beams: of("beams"),
    peakBytes: of("peakBytes"),
  };
}

/** The middle value, or the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

function shown(name: keyof BenchFigures, value: number): string {
  if (name === "peakBytes") return formatBytes(value);
  return value < 1000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(2)} s`;
}

function ratio(ours: number, theirs: number): string {
  return theirs === 0 ? "" : (ours / theirs).toFixed(2);
}
