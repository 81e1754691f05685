/**
 * From a Hugging Face checkpoint to a model folder: plan, check, write beside the target, rename.
 * Weights stream through one tensor at a time; a failure at any point leaves nothing behind.
 */

import { statfs } from "node:fs/promises";
import path from "node:path";
import { formatBytes } from "../base/bytes";
import { AppError, throwIfAborted } from "../base/errors";
import type { Manifest } from "../model/manifest";
import { parsePrecisionPlan } from "../model/precision";
import { openCheckpoint } from "./checkpoint";
import { planConversion, type ConversionPlan } from "./conversionPlan";
import { writeManifest, writeSmallFiles } from "./modelFiles";
import type { ModelPlan } from "./modelPlan";
import { TensorReader } from "./safetensors";
import { hashSources } from "./sourceHashes";
import { expectFree, writeBeside } from "./targetFolder";
import type { DroppedTensor } from "./weightMap";

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
  try {
    const checkpoint = await openCheckpoint(options.checkpoint);
    const plan = planConversion({ checkpoint, precision }, reader);
    const progress = new Progress(options, plan);
    const sourceName = options.sourceName ?? path.basename(path.resolve(options.checkpoint));
    const manifest = await writeBeside(out, (folder) =>
      writeModel(folder, { plan, progress, sourceName }),
    );
    return { folder: out, manifest, dropped: plan.dropped };
  } finally {
    await reader.close();
  }
}

/** Counts bytes for the caller and stops the work when the caller gives up. */
class Progress {
  readonly signal: AbortSignal | undefined;
  readonly totalBytes: number;
  readonly #report: ((progress: ConvertProgress) => void) | undefined;
  #doneBytes = 0;

  constructor(options: ConvertOptions, { checkpoint, model }: ConversionPlan) {
    this.signal = options.signal;
    this.#report = options.onProgress;
    this.totalBytes =
      sum(checkpoint.weightFiles.map(({ bytes }) => bytes)) +
      sum(model.dataFiles.map(({ bytes }) => bytes));
  }

  readonly advance = (bytes: number): void => {
    throwIfAborted(this.signal);
    this.#doneBytes += bytes;
    this.#report?.({ doneBytes: this.#doneBytes, totalBytes: this.totalBytes });
  };
}

interface WriteJob {
  readonly plan: ConversionPlan;
  readonly progress: Progress;
  readonly sourceName: string;
}

async function writeModel(folder: string, job: WriteJob): Promise<Manifest> {
  const { plan, progress, sourceName } = job;
  await expectSpace(folder, plan.model);
  const files = await writeSmallFiles(folder, plan);
  for (const data of plan.model.dataFiles) {
    files.push(await data.write(folder, { signal: progress.signal, onBytes: progress.advance }));
  }
  const source = {
    name: sourceName,
    files: await hashSources(plan.checkpoint, progress.advance),
  };
  const manifest = await writeManifest(folder, plan, { source, files });
  // The last chance: after this the model appears under its name.
  throwIfAborted(progress.signal);
  return manifest;
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
