/**
 * From a Hugging Face checkpoint to a model folder: plan, check, write beside the target, rename.
 * Weights stream through one tensor at a time; a failure at any point leaves nothing behind.
 */

import { statfs } from "node:fs/promises";
import path from "node:path";
import { formatBytes } from "../base/bytes";
import { AppError, throwIfAborted } from "../base/errors";
import type { Manifest, ManifestFile } from "../model/folder/manifest";
import { parsePrecisionPlan } from "../model/precision/precision";
import { openCheckpoint } from "./checkpoint/checkpoint";
import { type ConvertWorkers, InThreadWorkers, type StartWorkers } from "./weights/convertWorkers";
import { planConversion, type ConversionPlan } from "./plan/conversionPlan";
import { writeDataFile } from "./output/dataFileWriter";
import { writeManifest, writeSmallFiles } from "./output/modelFiles";
import type { ModelPlan } from "./plan/modelPlan";
import { TensorReader } from "./checkpoint/tensorReader";
import { hashSources } from "./output/sourceHashes";
import { expectFree, writeBeside } from "./output/targetFolder";
import type { DroppedTensor } from "./checkpoint/weightMap";

export interface ConvertOptions {
  /** Folder of the checkpoint in the Hugging Face layout. */
  readonly checkpoint: string;
  /** Folder of the model; must not exist yet. */
  readonly out: string;
  /** As `parsePrecisionPlan` reads it. @default "f32" */
  readonly precision?: string;
  /** What the manifest calls the checkpoint. @default its folder's own name */
  readonly sourceName?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ConvertProgress) => void;
  /** Who does the arithmetic. @default the caller's thread */
  readonly startWorkers?: StartWorkers | undefined;
}

const DEFAULT_PRECISION = "f32";

/** Bytes of the checkpoint that were hashed plus bytes of the model that were written. */
export interface ConvertProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface ConvertResult {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Tensors of the checkpoint that no graph needs, and why. */
  readonly dropped: readonly DroppedTensor[];
}

/**
 * Converts a checkpoint.
 * @throws AppError `checkpoint.*` when the checkpoint is not what it should be, `option.invalid` for a
 * precision, `convert.failed` when the model cannot be written, `request.cancelled`.
 */
export async function convertModel(options: ConvertOptions): Promise<ConvertResult> {
  const precision = options.precision ?? DEFAULT_PRECISION;
  // A wrong precision is the caller's mistake, whatever else is wrong.
  parsePrecisionPlan(precision);
  const out = path.resolve(options.out);
  throwIfAborted(options.signal);
  await expectFree(out);
  const reader = new TensorReader();
  const workers = options.startWorkers?.() ?? new InThreadWorkers();
  try {
    const checkpoint = await openCheckpoint(options.checkpoint);
    const plan = planConversion({ checkpoint, precision }, reader);
    const progress = new Progress(options, plan);
    const sourceName = options.sourceName ?? path.basename(path.resolve(options.checkpoint));
    const manifest = await writeBeside(out, (folder) =>
      writeModel(folder, { plan, progress, sourceName, workers }),
    );
    return { folder: out, manifest, dropped: plan.dropped };
  } finally {
    await workers.close();
    await reader.close();
  }
}

/** Counts bytes for the caller and stops the work when the caller gives up. */
class Progress {
  readonly signal: AbortSignal | undefined;
  readonly totalBytes: number;
  readonly #report: ((progress: ConvertProgress) => void) | undefined;
  #doneBytes = 0;
  #failure: { readonly reason: unknown } | undefined;

  constructor(options: ConvertOptions, { checkpoint, model }: ConversionPlan) {
    this.signal = options.signal;
    this.#report = options.onProgress;
    this.totalBytes =
      sum(checkpoint.weightFiles.map(({ bytes }) => bytes)) +
      sum(model.dataFiles.map(({ bytes }) => bytes));
  }

  readonly advance = (bytes: number): void => {
    if (this.#failure !== undefined) throw this.#failure.reason;
    throwIfAborted(this.signal);
    this.#doneBytes += bytes;
    this.#report?.({ doneBytes: this.#doneBytes, totalBytes: this.totalBytes });
  };

  /**
   * Waits for two parts of the work that go on at the same time. When one of them fails, the other ends
   * at its next step, so that nothing is at work any more when this throws.
   */
  async both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
    const stop = (reason: unknown): void => {
      this.#failure ??= { reason };
    };
    first.catch(stop);
    second.catch(stop);
    await Promise.allSettled([first, second]);
    if (this.#failure !== undefined) throw this.#failure.reason;
    return [await first, await second];
  }
}

interface WriteJob {
  readonly plan: ConversionPlan;
  readonly progress: Progress;
  readonly sourceName: string;
  readonly workers: ConvertWorkers;
}

async function writeModel(folder: string, job: WriteJob): Promise<Manifest> {
  const { plan, progress, sourceName, workers } = job;
  await expectSpace(folder, plan.model);
  const files = await writeSmallFiles(folder, plan);
  const [data, sources] = await progress.both(
    writeData(folder, job),
    hashSources(plan.checkpoint, progress.advance, workers),
  );
  const source = { name: sourceName, files: sources };
  const manifest = await writeManifest(folder, plan, { source, files: [...files, ...data] });
  // The last chance: after this the model appears under its name.
  throwIfAborted(progress.signal);
  return manifest;
}

async function writeData(
  folder: string,
  { plan, progress, workers }: WriteJob,
): Promise<ManifestFile[]> {
  const { signal, advance: onBytes } = progress;
  const files: ManifestFile[] = [];
  for (const data of plan.model.dataFiles) {
    files.push(await writeDataFile(data, folder, { signal, onBytes, workers }));
  }
  return files;
}

/** @throws AppError `convert.failed` saying how much is needed and how much is free. */
async function expectSpace(folder: string, plan: ModelPlan): Promise<void> {
  const needed = sum(plan.dataFiles.map(({ bytes }) => bytes));
  const disk = await statfs(folder);
  const free = disk.bavail * disk.bsize;
  if (free < needed) {
    throw new AppError(
      "convert.failed",
      `The model needs ${formatBytes(needed)} on the disk of ${path.dirname(folder)}, and ${formatBytes(free)} are free. Free some space or choose another folder.`,
      { detail: { neededBytes: needed, freeBytes: free } },
    );
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, n) => total + n, 0);
