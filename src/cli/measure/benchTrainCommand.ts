/** `bench --train`: what a step of BLIP-2's first stage costs at full size, and torch's beside it. */

import { formatBytes } from "../../base/bytes";
import { AppError, throwIfAborted } from "../../base/errors";
import { describeThisMachine, ourVersions } from "../../measure/bench/benchMachine";
import { parseTraining, runProgram } from "../../measure/bench/benchProcess";
import {
  measureTraining,
  middleOf,
  TIMED_STEPS,
  TRAIN_TEXT_LENGTH,
  WARM_STEPS,
  type TrainingMeasurement,
} from "../../measure/bench/benchTraining";
import { pythonScript } from "./benchCommand";
import { describeMachine, describeVersions } from "./benchTable";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import { formatTable } from "../terminal/text";

export interface BenchTrainFlags {
  readonly batch: number;
  readonly runs: number;
  readonly python?: string;
  /** In the process that a run starts. */
  readonly measure?: string;
}

const MOST_BATCH = 64;

/**
 * Each run is a process of its own, ours and torch's in turn.
 * @throws AppError `option.invalid`, `engine.exited` when a run fails, `request.cancelled`.
 */
export async function benchTrain(context: CliContext, flags: BenchTrainFlags): Promise<number> {
  const { printer, signal, host } = context;
  const { batch, runs, python } = flags;
  expectCount("--batch", batch, { least: 2, most: MOST_BATCH });
  expectCount("--runs", runs, { least: 1, most: 99 });
  if (flags.measure !== undefined) {
    printer.json(await measureTraining({ batch, signal }));
    return EXIT.ok;
  }
  const script = python && (await pythonScript(context, "benchTorchTraining.py"));
  const ours: TrainingMeasurement[] = [];
  const torch: TrainingMeasurement[] = [];
  const sizes = [batch, TRAIN_TEXT_LENGTH, WARM_STEPS, TIMED_STEPS].map(String);
  for (let run = 1; run <= runs; run++) {
    throwIfAborted(signal);
    printer.note(`Run ${run} of ${runs}.`);
    const args = [process.argv[1] ?? "", "bench", "--train", "--batch", String(batch)];
    const own = [...args, "--measure", "here", "--json"];
    ours.push(parseTraining(await runProgram(process.execPath, own, { signal })));
    if (python === undefined || script === undefined) continue;
    torch.push(parseTraining(await runProgram(python, [script, ...sizes], { signal })));
  }
  const machine = await describeThisMachine();
  const versions = await ourVersions(host.version);
  const report = { batch, textLength: TRAIN_TEXT_LENGTH, runs, machine, versions };
  const described = `${describeMachine(machine)}.\n${describeVersions(versions)}.\n`;
  const figures = { sightline: medianOf(ours), ...(torch[0] && { torch: medianOf(torch) }) };
  if (printer.isJson) printer.json({ ...report, ...figures });
  else printer.text(`${tableOf(figures)}${noteOf(batch)}${described}`);
  return EXIT.ok;
}

function expectCount(
  flag: string,
  value: number,
  { least, most }: { readonly least: number; readonly most: number },
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new AppError("option.invalid", `${flag} must be a whole number from ${least} to ${most}.`);
}

interface Median {
  readonly stepMs: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
}

/** Over the steps of all runs, and over the runs. */
function medianOf(runs: readonly TrainingMeasurement[]): Median {
  return {
    stepMs: middleOf(runs.flatMap(({ stepMs }) => stepMs)),
    cpuMs: middleOf(runs.flatMap(({ cpuMs }) => cpuMs)),
    peakBytes: middleOf(runs.map(({ peakBytes }) => peakBytes)),
  };
}

function tableOf({ sightline, torch }: { sightline: Median; torch?: Median }): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  const row = (name: string, { stepMs, cpuMs, peakBytes }: Median): string[] => [
    ...[name, seconds(stepMs), seconds(cpuMs), formatBytes(peakBytes)],
  ];
  const head = ["STAGE 1", "STEP", "PROCESSOR TIME", "PEAK MEMORY"];
  const rows = [row("Sightline", sightline), ...(torch ? [row("torch", torch)] : [])];
  return formatTable([head, ...rows], [1, 2, 3]);
}

function noteOf(batch: number): string {
  return (
    `${batch} pictures with texts of ${TRAIN_TEXT_LENGTH} tokens, the Q-Former of ViT-g, float32, three objectives, AdamW. ` +
    `Medians of ${TIMED_STEPS} steps in each run, after ${WARM_STEPS} that are not counted.\n`
  );
}
