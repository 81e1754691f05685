/** What a bench found, as medians over its runs; the form that is saved, drawn and read again. */

import { invariant } from "../../base/assert";
import { type BenchFigures, OPTIONAL_FIGURES } from "./benchFigures";
import type { BenchLimits, MachineSpeed } from "./benchLimits";
import type { Device } from "../../model/ask/device";

/** Number formats that transformers can be timed in. */
export const DTYPES = ["bf16", "f16", "f32"] as const;
export type ReferenceDtype = (typeof DTYPES)[number];

/** Where the figures come from. */
export interface BenchMachine {
  /** The processor's name. */
  readonly processor: string;
  /** Cores that a process may use; a container's quota can be a fraction. */
  readonly nCores: number;
  /** Instruction sets that matter for matrix products; empty where they cannot be read. */
  readonly simd: readonly string[];
  readonly memoryBytes: number;
  /** Graphics adapters by name, where NVIDIA's tool tells them. */
  readonly adapters: readonly string[];
}

/** Versions of what was timed. */
export interface BenchVersions {
  readonly sightline: string;
  readonly onnxRuntime?: string;
  readonly torch?: string;
  readonly transformers?: string;
}

/** A conversion beside a copy of the same checkpoint. */
export interface BenchConversion {
  /** Milliseconds. */
  readonly convert: number;
  /** Milliseconds in which the files of the checkpoint are read and as many bytes are written. */
  readonly copy: number;
  readonly checkpointBytes: number;
  readonly modelBytes: number;
  /** Largest resident memory of the process that converted. */
  readonly peakBytes: number;
}

/** One kind of operator in one part of the model. */
export interface ProfileRow {
  readonly part: string;
  /** As ONNX names it, or what is no operator. */
  readonly operator: string;
  /** Of one answer. */
  readonly milliseconds: number;
}

/** Our program in one precision. */
export interface OurReport {
  /** As `convert --precision` takes it. */
  readonly precision: string;
  readonly figures: BenchFigures;
  /** What the machine allows; on the CPU only. */
  readonly limits?: BenchLimits;
  /** When this bench converted the model. */
  readonly conversion?: BenchConversion;
  /** When it was asked for. */
  readonly profile?: readonly ProfileRow[];
}

/** transformers in one number format. */
export interface ReferenceReport {
  readonly dtype: ReferenceDtype;
  /** Such as `cpu` or `cuda`, as torch names it. */
  readonly device: string;
  readonly figures: BenchFigures;
}

/** What `sightline bench --json` prints: milliseconds and bytes, medians over the runs. */
export interface BenchReport {
  readonly model: string;
  /** Day of the bench, such as `2026-01-31`. */
  readonly date: string;
  readonly runs: number;
  /** Where ours computed. */
  readonly device: Device;
  readonly machine: BenchMachine;
  readonly versions: BenchVersions;
  /** Of the processor, when ours computed there; absent in reports of before. */
  readonly speed?: MachineSpeed;
  /** In the order in which they were asked for; at least one. */
  readonly ours: readonly OurReport[];
  /** Empty when nothing was timed beside it. */
  readonly transformers: readonly ReferenceReport[];
}

/** The median of each figure. @throws AppError `internal` without a run. */
export function medians(runs: readonly BenchFigures[]): BenchFigures {
  invariant(runs.length > 0, "A median needs a run.");
  const of = (name: keyof BenchFigures): number =>
    median(runs.flatMap((run) => (run[name] === undefined ? [] : [run[name]])));
  const known = OPTIONAL_FIGURES.filter((name) => runs.every((run) => run[name] !== undefined));
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
    ...Object.fromEntries(known.map((name) => [name, of(name)])),
  };
}

/** The smallest figure of transformers in any number format; undefined when none was timed. */
export function bestReference(
  { transformers }: Pick<BenchReport, "transformers">,
  name: keyof BenchFigures,
): number | undefined {
  const known = transformers.flatMap(({ figures }) => figures[name] ?? []);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** The middle value, or the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}
