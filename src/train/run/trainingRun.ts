/** A run of many steps: schedule, log, validation, saving, going on after an interruption. */

import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { ratePerStep, type RateOptions } from "../optimise/schedule";
import { Parameters } from "../parameters";
import { TrainingSession, type Objectives } from "../session";
import { Trainer, type TrainerOptions } from "../trainer";
import { latestCheckpoint, readState, saveState, type RunState } from "./trainingState";
import { TrainingLog, type LogEntry } from "./trainingLog";
import type { Device } from "../../model/ask/device";
import type { SessionFactory, TensorMap } from "../../engine/session/session";

/** What is learnt, and from what. */
export interface TrainingTask {
  readonly graph: Objectives;
  /** Names of the tensors that change. */
  readonly trained: readonly string[];
  /**
   * What a step learns from, one entry for each micro-batch. Depends on the number of the step alone, so that a
   * run that goes on sees what it would have seen.
   */
  batches(step: number): Promise<readonly TensorMap[]>;
  /** Figures of what is kept out of training, by their names. */
  validate?(): Promise<Readonly<Record<string, number>>>;
}

export interface RunOptions extends RateOptions {
  /** Where checkpoints and the log go. */
  readonly out: string;
  readonly steps: number;
  readonly trainer?: Omit<TrainerOptions, "moments">;
  /** Steps between two checkpoints, and between two validations. */
  readonly saveEvery: number;
  readonly validateEvery: number;
  readonly factory: SessionFactory;
  readonly device: Device;
  /** Everything that decides the numbers besides the steps, to refuse going on with something else. */
  readonly settings: unknown;
  readonly signal?: AbortSignal;
  /** Called after each step. */
  readonly onStep?: (entry: LogEntry & { readonly steps: number; readonly leftMs: number }) => void;
}

/**
 * The parameters that a run in `out` has come to, or those of its start.
 * @throws AppError as `openCheckpoint`.
 */
export async function openRun(out: string, start: string): Promise<Parameters> {
  return Parameters.open((await latestCheckpoint(out)) ?? start);
}

/**
 * Trains up to `steps`, from where a run in `out` stopped. Cancelled, it ends after the step it is in and keeps
 * the state.
 * @returns the steps that were taken in all.
 * @throws AppError `request.cancelled`, `option.invalid` when `out` has a run with other settings.
 */
export async function runTraining(
  parameters: Parameters,
  task: TrainingTask,
  options: RunOptions,
): Promise<number> {
  const { out, steps, factory, device, signal } = options;
  await mkdir(out, { recursive: true });
  await parameters.load(parameters.names());
  const state = await stateOf(options);
  const trained = task.trained.filter((name) => parameters.has(name));
  const session = await TrainingSession.open(task.graph, { factory, device, parameters, trained });
  const log = await TrainingLog.open(path.join(out, "log.jsonl"), state.step);
  const trainer = new Trainer(parameters, trained, { ...options.trainer, moments: state.moments });
  const save = (step: number): Promise<void> =>
    saveState(out, parameters, {
      ...{ step, fingerprint: state.fingerprint },
      moments: trainer.optimizer.state,
    });
  try {
    const begin = performance.now();
    let savedAt = state.step;
    for (let step = state.step; step < steps; step++) {
      const losses = await trainer.step(
        session,
        await task.batches(step),
        ratePerStep(options, step),
      );
      const done = step + 1;
      const isLast = done === steps;
      const isValidated = isLast || done % options.validateEvery === 0;
      const figures = isValidated ? await task.validate?.() : undefined;
      const elapsedMs = performance.now() - begin;
      const entry = {
        step: done,
        elapsedMs: Math.round(elapsedMs),
        losses,
        ...(figures && { figures }),
      };
      await log.add(entry);
      const leftMs = (elapsedMs / (done - state.step)) * (steps - done);
      options.onStep?.({ ...entry, steps, leftMs });
      const isStopped = signal?.aborted === true;
      if (isLast || isStopped || done % options.saveEvery === 0) {
        await save(done);
        savedAt = done;
      }
      if (isStopped && !isLast) throw cancelled(out, savedAt);
    }
    return steps;
  } finally {
    await log.close();
    await session.release();
  }
}

async function stateOf({ out, settings }: RunOptions): Promise<RunState> {
  const fingerprint = createHash("sha256").update(JSON.stringify(settings)).digest("hex");
  const latest = await latestCheckpoint(out);
  if (latest === undefined) return { step: 0, fingerprint, moments: new Map() };
  const state = await readState(latest);
  if (state.fingerprint === fingerprint) return state;
  throw new AppError(
    "option.invalid",
    `${out} has a run with other settings. Give another folder, or delete it to begin anew.`,
    { detail: { file: out } },
  );
}

function cancelled(out: string, step: number): AppError {
  return new AppError(
    "request.cancelled",
    `Training was stopped after step ${step}. The same command goes on from there (${out}).`,
  );
}
