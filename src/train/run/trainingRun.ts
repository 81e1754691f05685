/** A run of many steps: schedule, log, validation, saving, going on after an interruption. */

import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { ratePerStep, type RateOptions } from "../optimise/schedule";
import { Parameters } from "../parameters";
import type { Objectives } from "../session";
import { openTrainer } from "../step/openTrainer";
import type { Trainer, TrainerOptions } from "../step/trainer";
import { latestCheckpoint, readState, saveBest, saveState, type RunState } from "./trainingState";
import { readLog, TrainingLog, type LogEntry } from "./trainingLog";
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
  validate?(): Promise<Figures>;
}

export interface RunOptions extends RateOptions {
  /** Where checkpoints and the log go. */
  readonly out: string;
  readonly steps: number;
  readonly trainer?: Pick<TrainerOptions, "adamW" | "maxNorm">;
  /** Steps between two checkpoints, and between two validations. */
  readonly saveEvery: number;
  readonly validateEvery: number;
  readonly factory: SessionFactory;
  readonly device: Device;
  /** Everything that decides the numbers besides the steps, to refuse going on with something else. */
  readonly settings: unknown;
  readonly signal?: AbortSignal;
  /** @default what comes out is the last step's */
  readonly best?: BestOptions;
  /** Called after each step. */
  readonly onStep?: (entry: LogEntry & { readonly steps: number; readonly leftMs: number }) => void;
}

/**
 * Keeps the parameters of the best validation beside the last ones, that before the first step included, and ends
 * early when nothing gets better. @see bestCheckpoint
 */
export interface BestOptions {
  readonly isBetter: (figures: Figures, than: Figures) => boolean;
  /** Validations without a better one after which a run ends. */
  readonly patience: number;
}

export type Figures = Readonly<Record<string, number>>;

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
  const { out, factory, device } = options;
  await mkdir(out, { recursive: true });
  const state = await stateOf(options);
  const trained = task.trained.filter((name) => parameters.has(name));
  await parameters.load(trained);
  const history = (await readLog(logOf(out))).filter(({ step }) => step <= state.step);
  const log = await TrainingLog.open(logOf(out), state.step);
  const run = new Run({ parameters, task, options, log, state, history });
  try {
    await run.begin();
    if (run.isOver()) return run.step;
    const trainer = await openTrainer(task.graph, {
      ...{ factory, device, parameters, trained, moments: state.moments },
      ...options.trainer,
    });
    try {
      while (!run.isOver()) await run.next(trainer);
    } finally {
      await trainer.release();
    }
    return run.step;
  } finally {
    await log.close();
  }
}

/** The log of a run. */
export function logOf(out: string): string {
  return path.join(out, "log.jsonl");
}

/** The best of all validations, the first of equals. */
export function bestOf(
  entries: readonly LogEntry[],
  isBetter: BestOptions["isBetter"],
): LogEntry | undefined {
  return entries.reduce<LogEntry | undefined>((best, entry) => {
    if (entry.figures === undefined) return best;
    return best?.figures === undefined || isBetter(entry.figures, best.figures) ? entry : best;
  }, undefined);
}

interface RunParts {
  readonly parameters: Parameters;
  readonly task: TrainingTask;
  readonly options: RunOptions;
  readonly log: TrainingLog;
  readonly state: RunState;
  readonly history: LogEntry[];
}

class Run {
  step: number;
  readonly #parts: RunParts;
  readonly #beganMs = performance.now();

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.step = parts.state.step;
  }

  /** All steps are taken, or the last ones did not help. */
  isOver(): boolean {
    const { options, history } = this.#parts;
    if (this.step >= options.steps) return true;
    if (options.best === undefined) return false;
    const best = bestOf(history, options.best.isBetter)?.step ?? 0;
    const since = history.filter(({ step, figures }) => step > best && figures !== undefined);
    return since.length >= options.best.patience;
  }

  /** What a run that keeps the best is compared with. */
  async begin(): Promise<void> {
    const { options, history, task } = this.#parts;
    if (options.best === undefined || history.length > 0) return;
    const figures = await task.validate?.();
    await this.#note({ step: 0, elapsedMs: 0, losses: {}, ...(figures && { figures }) });
  }

  async next(trainer: Trainer): Promise<void> {
    const { task, options } = this.#parts;
    const batches = await task.batches(this.step);
    const losses = await trainer.step(batches, ratePerStep(options, this.step));
    this.step++;
    const { steps, signal } = options;
    const isLast = this.step === steps;
    const isValidated = isLast || this.step % options.validateEvery === 0;
    // Parameters that lie on a device are brought here once, whoever needs them first.
    let state: RunState["moments"] | undefined;
    const learnt = async (): Promise<RunState["moments"]> => (state ??= await trainer.state());
    if (isValidated) await learnt();
    const figures = isValidated ? await task.validate?.() : undefined;
    const elapsedMs = performance.now() - this.#beganMs;
    const rounded = Math.round(elapsedMs);
    const entry = { step: this.step, elapsedMs: rounded, losses, ...(figures && { figures }) };
    await this.#note(entry);
    const leftMs = (elapsedMs / (this.step - this.#parts.state.step)) * (steps - this.step);
    options.onStep?.({ ...entry, steps, leftMs });
    const isStopped = signal?.aborted === true;
    const isDue =
      this.step % options.saveEvery === 0 || (isValidated && options.best !== undefined);
    if (isStopped || isDue || this.isOver()) await this.#save(await learnt());
    if (isStopped && !this.isOver()) throw cancelled(options.out, this.step);
  }

  /** The parameters of the best are written before the state that knows of them. */
  async #note(entry: LogEntry): Promise<void> {
    const { history, log, options, parameters } = this.#parts;
    history.push(entry);
    await log.add(entry);
    const { best, out } = options;
    if (best === undefined || entry.figures === undefined) return;
    if (bestOf(history, best.isBetter) === entry) await saveBest(out, parameters);
  }

  async #save(moments: RunState["moments"]): Promise<void> {
    const { options, parameters, state } = this.#parts;
    await saveState(options.out, parameters, {
      ...{ step: this.step, fingerprint: state.fingerprint },
      moments,
    });
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
