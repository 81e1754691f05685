/**
 * Fine-tunes a converted model on pairs of picture and text, on the CPU: features once, the Q-Former for a few epochs,
 * and a new model if the held-out pictures say that it is better. Interrupted or killed, the same call goes on.
 */

import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm, copyFile } from "node:fs/promises";
import path from "node:path";
import { defined } from "../../base/assert";
import type { Logger } from "../../base/logger";
import { openModelFolder, type ModelFolder } from "../../engine/session/modelFolder";
import type { SessionFactory } from "../../engine/session/session";
import type { FreeBytes } from "../../engine/session/stagedSession";
import { MANIFEST_FILE } from "../../model/folder/manifest";
import type { Pair, Split } from "../data/pairs";
import { writeSafetensors, type StoredTensor } from "../output/safetensorsFile";
import { HEADS_FILE, isHead, Parameters, TEMPERATURE } from "../parameters";
import {
  bestOf,
  logOf,
  openRun,
  runTraining,
  type Figures,
  type RunOptions,
} from "../run/trainingRun";
import { readLog } from "../run/trainingLog";
import { bestCheckpoint, MODEL_FILE } from "../run/trainingState";
import { stepsPerEpoch } from "./batches";
import { captionTask, expectWriting } from "./captionTask";
import { examplesOf, type Example } from "./examples";
import type { FitTaskName } from "../../model/ask/kinds";
import { planLearning, readLearning } from "./modelTensors";
import { convertedEncoder, PictureFeatures, type Unusable } from "./pictureFeatures";
import { expectComparing, retrievalTask } from "./retrievalTask";
import { saidCaptions, type SaidCaption } from "./saidCaptions";
import { writeSharedModel } from "./sharedModel";
import type { FitTask, FitTaskOptions } from "./task";

export interface FitOptions {
  /** Folder of the converted model. */
  readonly model: string;
  readonly pairs: readonly Pair[];
  /** Folder from which pictures are told apart, so that a copy elsewhere is split in the same way. */
  readonly base: string;
  readonly task: FitTaskName;
  /** Folder of the new model; must not exist. */
  readonly out: string;
  /** Folder of the work, which is deleted when it is done. */
  readonly work: string;
  readonly epochs: number;
  /** Texts in a step. */
  readonly batch: number;
  readonly rate: number;
  readonly factory: SessionFactory;
  readonly logger: Logger;
  readonly freeBytes?: FreeBytes | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: FitProgress) => void;
  /** CIDEr of what a model says; reported for captions, and no part of the decision. */
  readonly rateCaptions?: (said: readonly SaidCaption[]) => number;
}

export type FitProgress =
  | { readonly stage: "features"; readonly done: number; readonly of: number }
  | {
      readonly stage: "steps";
      readonly done: number;
      readonly of: number;
      readonly leftMs: number;
      readonly losses: Figures;
    };

export interface FitResult {
  /** Nothing when the model did not get better. */
  readonly model: string | undefined;
  readonly pairs: { readonly train: number; readonly heldOut: number };
  /** Pictures that teach nothing. */
  readonly unusable: ReadonlyMap<string, Unusable>;
  readonly steps: number;
  /** Of the held-out pairs. */
  readonly before: Figures;
  readonly after: Figures;
}

/** A name for the folder of the work: the same for what would give the same model. */
export async function workNameOf(
  options: Pick<FitOptions, "model" | "pairs" | "task" | "epochs" | "batch" | "rate">,
): Promise<string> {
  const { identity } = await openModelFolder(options.model);
  const { pairs, task, epochs, batch, rate } = options;
  const text = JSON.stringify([identity, pairs, task, epochs, batch, rate]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** What a model that learnt is called, unless a model has that name. */
export function learntName(model: string): string {
  return `${model.replace(/-learnt(-\d+)?$/, "")}-learnt`;
}

const SEED = 1;
/** Of the steps (LAVIS: 1,000 of its fine-tuning on COCO). */
const WARMUP_SHARE = 0.1;
/** Epochs without a better model after which it is given up. */
const PATIENCE = 3;

/**
 * @throws AppError `document.missing` for too few pairs, `model.*`, `convert.failed` for the disk, `request.cancelled` within a
 * step; what was done is kept then.
 */
export async function fit(options: FitOptions): Promise<FitResult> {
  const model = await openModelFolder(options.model);
  expectTask(model, options.task);
  const { pairs, base } = options;
  const start = path.join(options.work, "start");
  await writeStart(model, start);
  const features = await featuresOf(
    pairs.map(({ image }) => image),
    options,
  );
  const examples = examplesOf(pairs, {
    base,
    keyOf: (image) => features.keyOf(image),
  });
  const batch = Math.min(options.batch, examples.train.length);
  const taskOf = (parameters: Parameters): Promise<FitTask> =>
    TASKS[options.task].make({
      ...{ model, work: options.work, parameters, examples, features, batch, seed: SEED },
      factory: options.factory,
    });
  const run = path.join(options.work, "run");
  const parameters = await openRun(run, start);
  const task = await taskOf(parameters);
  const perEpoch = stepsPerEpoch(examples.train.length, batch);
  const steps = await runTraining(parameters, task, {
    ...scheduleOf(options, perEpoch),
    ...{ out: run, best: { isBetter: task.isBetter, patience: PATIENCE } },
    settings: [model.identity, examples, options.task, options.epochs, batch, options.rate],
  });
  const entries = await readLog(logOf(run));
  const before = defined(entries[0]?.figures, "The figures before the first step");
  const after = defined(bestOf(entries, task.isBetter)?.figures, "The best figures");
  const found = { examples, features, steps, before, after, task, taskOf };
  const isWorthIt = task.isBetter(after, before);
  const rated = isWorthIt
    ? await withRating(options.model, before, { ...options, examples })
    : before;
  const kept = isWorthIt ? await writeBest(model, options, found) : undefined;
  const result = resultOf(options, { ...found, before: rated }, kept);
  await rm(options.work, { recursive: true, force: true });
  return result;
}

function scheduleOf(options: FitOptions, perEpoch: number): Omit<RunOptions, "out" | "settings"> {
  const { rate, epochs, factory, signal, onProgress } = options;
  const steps = epochs * perEpoch;
  return {
    ...{ steps, rate, factory, device: "cpu", warmupSteps: Math.round(WARMUP_SHARE * steps) },
    ...{ saveEvery: perEpoch, validateEvery: perEpoch },
    trainer: { maxNorm: 1, adamW: { beta2: 0.999, floors: { temp: 0.01 } } },
    ...(signal && { signal }),
    onStep: ({ step, leftMs, losses }) => {
      onProgress?.({ stage: "steps", done: step, of: steps, leftMs, losses });
    },
  };
}

interface TaskKind {
  /** @throws AppError `model.unsupported` for a model that cannot learn it. */
  readonly expect: (model: ModelFolder) => void;
  readonly make: (options: FitTaskOptions) => Promise<FitTask>;
}

const TASKS: Readonly<Record<FitTaskName, TaskKind>> = {
  retrieval: { expect: expectComparing, make: retrievalTask },
  captions: { expect: expectWriting, make: captionTask },
};

/** @throws AppError `model.unsupported` for a model that cannot learn it. */
export function expectTask(model: ModelFolder, task: FitTaskName): void {
  TASKS[task].expect(model);
}

async function featuresOf(
  images: readonly string[],
  { model, work, factory, logger, freeBytes, signal, onProgress }: FitOptions,
): Promise<PictureFeatures> {
  const files = new Set(images);
  return await PictureFeatures.compute(files, {
    folder: path.join(work, "features"),
    open: () => convertedEncoder(model, { factory, logger, freeBytes }),
    signal,
    onProgress: (done) => onProgress?.({ stage: "features", done, of: files.size }),
  });
}

interface Found {
  readonly examples: Split<Example>;
  readonly features: PictureFeatures;
  readonly steps: number;
  readonly before: Figures;
  readonly after: Figures;
  readonly task: FitTask;
  readonly taskOf: (parameters: Parameters) => Promise<FitTask>;
}

function resultOf(options: FitOptions, found: Found, kept: Figures | undefined): FitResult {
  const { examples, features, steps, before, after } = found;
  return {
    model: kept === undefined ? undefined : options.out,
    pairs: { train: examples.train.length, heldOut: examples.heldOut.length },
    unusable: features.unusable,
    ...{ steps, before, after: kept ?? after },
  };
}

/**
 * What is written is what is judged: a model whose Q-Former is rounded may lose in it what it learnt.
 * @returns the figures of the model that was written; nothing when it was none.
 */
async function writeBest(
  model: ModelFolder,
  options: FitOptions,
  { before, task, taskOf, steps, examples }: Found,
): Promise<Figures | undefined> {
  const run = path.join(options.work, "run");
  const best = await Parameters.open(defined(await bestCheckpoint(run), "The best model"));
  await best.load(best.names());
  const tensors = new Map(
    best.names().map((name) => [name, { shape: best.shape(name), values: best.values(name) }]),
  );
  let figures: Figures | undefined;
  const isKept = await writeSharedModel(model, {
    ...{ out: options.out, tensors, signal: options.signal },
    record: {
      ...{ from: model.name, task: options.task, steps, batch: options.batch, rate: options.rate },
      ...{ train: examples.train.length, heldOut: examples.heldOut.length, before },
    },
    keep: async (folder) => {
      const written = path.join(options.work, "written");
      await writeStart(await openModelFolder(folder), written);
      figures = await (await taskOf(await Parameters.open(written))).validate();
      if (!task.isBetter(figures, before)) return false;
      figures = await withRating(folder, figures, { ...options, examples });
      return true;
    },
  });
  return isKept ? figures : undefined;
}

/** Adds what is said of the held-out pictures, where captions are learnt and somebody rates them. */
async function withRating(
  folder: string,
  figures: Figures,
  { examples, task, rateCaptions, ...at }: FitOptions & Pick<Found, "examples">,
): Promise<Figures> {
  if (task !== "captions" || rateCaptions === undefined) return figures;
  return { ...figures, CIDEr: rateCaptions(await saidCaptions(folder, examples.heldOut, at)) };
}

/** What learns of a model, in the layout of a checkpoint, for whoever trains one. */
async function writeStart(model: ModelFolder, folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length > 0) return;
  const next = `${folder}.next`;
  await rm(next, { recursive: true, force: true });
  await mkdir(next, { recursive: true });
  for (const { path: name } of model.manifest.files) {
    if (!name.endsWith(".json") || name === MANIFEST_FILE) continue;
    await copyFile(path.join(model.folder, name), path.join(next, name));
  }
  const tensors = await readLearning(model, planLearning(model));
  // Hugging Face's layout has no place for it.
  if (!tensors.has("temp")) tensors.set("temp", TEMPERATURE);
  const some = (isWanted: (name: string) => boolean): Map<string, StoredTensor> =>
    new Map([...tensors].filter(([name]) => isWanted(name)));
  await writeSafetensors(
    path.join(next, MODEL_FILE),
    some((name) => !isHead(name)),
  );
  await writeSafetensors(path.join(next, HEADS_FILE), some(isHead));
  await rename(next, folder);
}
