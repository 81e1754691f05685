/** Times our models and transformers in turn, so that a machine's moods meet all of them. */

import { throwIfAborted } from "../../base/errors";
import { NATIVE_MEMORY_ENV } from "../../base/nativeMemory";
import { optional } from "../../base/optional";
import { benchConfig, benchTensors } from "./benchCheckpoint";
import type { BenchModel } from "./benchModels";
import { BEAMS, type BenchFigures, NEW_TOKENS, PROMPT_TOKENS } from "./benchFigures";
import { type BenchLimits, limitsOf, type MachineSpeed, workOf } from "./benchLimits";
import { describeThisMachine, ourVersions } from "./benchMachine";
import type { BenchMeasurement } from "./benchMeasure";
import {
  parseMeasurement,
  parseProfile,
  parseReference,
  type ReferenceMeasurement,
  runProgram,
} from "./benchProcess";
import {
  type BenchConversion,
  type BenchReport,
  medians,
  type OurReport,
  type ProfileRow,
  type ReferenceDtype,
  type ReferenceReport,
} from "./benchReport";
import type { ModelFolder } from "../../engine/session/modelFolder";
import type { Device } from "../../model/ask/device";

/** A model that is ready to be timed. */
export interface TimedModel {
  readonly precision: string;
  readonly model: ModelFolder;
  readonly conversion?: BenchConversion;
  /** Hold the image encoder in memory. @default false */
  readonly isWhole?: boolean;
}

/** What transformers is timed with. */
export interface Reference {
  /** A Python with torch and transformers. */
  readonly python: string;
  readonly script: string;
  readonly dtypes: readonly ReferenceDtype[];
  readonly configFile: string;
}

export interface TurnsOptions {
  readonly model: BenchModel;
  readonly device: Device;
  readonly nRuns: number;
  readonly models: readonly TimedModel[];
  readonly reference?: Reference;
  /** Our own version. */
  readonly version: string;
  readonly signal: AbortSignal;
  /** Also find out which operators take the time of an answer. @default false */
  readonly hasProfile?: boolean;
  /** Called with 1 before the first run. */
  readonly onRun: (run: number) => void;
}

/**
 * Each run is a process for each precision and for each number format of transformers, one after the other.
 * @throws AppError `engine.exited` when a process fails, `request.cancelled`.
 */
export async function timeInTurn(options: TurnsOptions): Promise<BenchReport> {
  const { model, device, nRuns, models, reference, signal } = options;
  const ours = models.map((): BenchMeasurement[] => []);
  const theirs = (reference?.dtypes ?? []).map((): ReferenceMeasurement[] => []);
  for (let run = 1; run <= nRuns; run++) {
    options.onRun(run);
    for (const [i, timed] of models.entries()) {
      throwIfAborted(signal);
      ours[i]?.push(await timeOurs(timed, device, signal));
    }
    for (const [i, dtype] of (reference?.dtypes ?? []).entries()) {
      throwIfAborted(signal);
      if (reference !== undefined) {
        theirs[i]?.push(await timeTransformers(reference, { dtype, device, signal }));
      }
    }
  }
  const profiles: (readonly ProfileRow[])[] = [];
  for (const timed of options.hasProfile === true ? models : []) {
    throwIfAborted(signal);
    profiles.push(parseProfile(await runOurs(timed, device, { signal, more: ["--profile"] })));
  }
  const machine = bestSpeed(ours.flat());
  return {
    model,
    device,
    date: new Date().toISOString().slice(0, 10),
    runs: nRuns,
    machine: await describeThisMachine(),
    ...(machine === undefined ? {} : { speed: machine }),
    versions: { ...(await ourVersions(options.version)), ...theirs[0]?.[0]?.versions },
    ours: models.map((timed, i) => ({
      ...ourReport(timed, ours[i] ?? [], limitsFor(model, timed, machine)),
      ...optional({ profile: profiles[i] }),
    })),
    transformers: (reference?.dtypes ?? []).map((dtype, i) =>
      referenceReport(dtype, theirs[i] ?? []),
    ),
  };
}

async function timeOurs(
  timed: TimedModel,
  device: Device,
  signal: AbortSignal,
): Promise<BenchMeasurement> {
  return parseMeasurement(await runOurs(timed, device, { signal, more: [] }));
}

/** Runs our own program on a model. @returns the last line that it printed. */
function runOurs(
  { model, isWhole = false }: TimedModel,
  device: Device,
  { signal, more }: { readonly signal: AbortSignal; readonly more: readonly string[] },
): Promise<string> {
  const how = [...(isWhole ? ["--whole"] : []), ...more];
  const args = ["bench", "--measure", model.folder, "--device", device, "--json", ...how];
  // As the editor starts the engine.
  const run = { signal, env: NATIVE_MEMORY_ENV };
  return runProgram(process.execPath, [process.argv[1] ?? "", ...args], run);
}

async function timeTransformers(
  { python, script, configFile }: Reference,
  at: { readonly dtype: ReferenceDtype; readonly device: Device; readonly signal: AbortSignal },
): Promise<ReferenceMeasurement> {
  const sizes = [PROMPT_TOKENS, NEW_TOKENS, BEAMS].map(String);
  // Python calls every adapter by its own maker's name, so that the script chooses among them.
  const place = at.device === "cpu" ? "cpu" : "adapter";
  return parseReference(
    await runProgram(python, [script, configFile, ...sizes, at.dtype, place], {
      signal: at.signal,
    }),
  );
}

/** The best speeds of the processor in any run; undefined when nothing ran there. */
function bestSpeed(measured: readonly BenchMeasurement[]): MachineSpeed | undefined {
  const speeds = measured.flatMap(({ machine }) => machine ?? []);
  if (speeds.length === 0) return undefined;
  const best = (name: keyof MachineSpeed): number => Math.max(...speeds.map((of) => of[name]));
  return {
    int8PerSecond: best("int8PerSecond"),
    unsignedPerSecond: best("unsignedPerSecond"),
    bytesPerSecond: best("bytesPerSecond"),
  };
}

function limitsFor(
  name: BenchModel,
  { model }: TimedModel,
  machine: MachineSpeed | undefined,
): BenchLimits | undefined {
  const { config, manifest } = model;
  // The work of BLIP's text models, which read the picture in each layer, is not counted.
  if (machine === undefined || config.family === "blip") return undefined;
  return limitsOf(workOf({ tensors: benchTensors(benchConfig(name)), config, manifest }), machine);
}

function ourReport(
  { precision, conversion }: TimedModel,
  measured: readonly BenchMeasurement[],
  limits: BenchLimits | undefined,
): OurReport {
  return {
    precision,
    figures: medians(figuresOf(measured)),
    ...optional({ limits, conversion }),
  };
}

function referenceReport(
  dtype: ReferenceDtype,
  measured: readonly ReferenceMeasurement[],
): ReferenceReport {
  return { dtype, device: measured[0]?.device ?? "", figures: medians(figuresOf(measured)) };
}

const figuresOf = (
  measured: readonly { readonly figures: BenchFigures }[],
): readonly BenchFigures[] => measured.map(({ figures }) => figures);
