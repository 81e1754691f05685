/**
 * From a Hugging Face checkpoint to a model folder: plan, check, write beside the target, rename.
 * Weights stream through one tensor at a time; a failure at any point leaves nothing behind.
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, mkdir, open, readdir, rename, rm, rmdir, statfs } from "node:fs/promises";
import path from "node:path";
import { formatBytes } from "../base/bytes";
import { AppError, throwIfAborted } from "../base/errors";
import { GRAPH_CONTRACT_VERSION } from "../model/graphContract";
import {
  formatManifest,
  MANIFEST_FILE,
  MANIFEST_FORMAT_VERSION,
  type Manifest,
  type ManifestFile,
} from "../model/manifest";
import { parsePrecisionPlan } from "../model/precision";
import { openCheckpoint, type Checkpoint } from "./checkpoint";
import { corruptFile } from "./checkpointText";
import { planConversion, smallFiles, type ConversionPlan } from "./conversionPlan";
import type { ModelPlan } from "./modelPlan";
import { isRunning } from "./runningProcess";
import { TensorReader } from "./safetensors";
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

/** @throws AppError `convert.failed` when something is already at the target. */
async function expectFree(out: string): Promise<void> {
  const present = await lstat(out).catch(() => undefined);
  if (present !== undefined) {
    throw new AppError(
      "convert.failed",
      `${out} already exists. Delete it or choose another folder for the model.`,
      { detail: { file: out } },
    );
  }
}

/** Fills a temporary sibling and renames it at the end; on any failure the sibling is deleted. */
async function writeBeside<T>(out: string, fill: (folder: string) => Promise<T>): Promise<T> {
  const partial = `${out}.partial-${process.pid}`;
  let firstCreated: string | undefined;
  try {
    firstCreated = await mkdir(path.dirname(out), { recursive: true });
    await removeLeftovers(out);
    await claim(partial, out);
    try {
      const result = await fill(partial);
      await rename(partial, out);
      return result;
    } catch (thrown) {
      await rm(partial, { recursive: true, force: true }).catch(() => undefined);
      throw thrown;
    }
  } catch (thrown) {
    await removeParents(out, firstCreated);
    throw explainWriteFailure(thrown, out);
  }
}

/** @throws AppError `convert.failed` when this process already converts to the target. */
async function claim(partial: string, out: string): Promise<void> {
  try {
    await mkdir(partial);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    throw new AppError(
      "convert.failed",
      `Another conversion to ${out} is under way. Wait for its end or choose another folder.`,
      { cause, detail: { file: out } },
    );
  }
}

/** Deletes the parents that were made for the target, as far as nobody else uses them. */
async function removeParents(out: string, firstCreated: string | undefined): Promise<void> {
  if (firstCreated === undefined) return;
  for (let folder = path.dirname(out); folder.startsWith(firstCreated);) {
    try {
      await rmdir(folder);
    } catch {
      return;
    }
    folder = path.dirname(folder);
  }
}

/** Deletes what a process that was killed while it converted to the same target left behind. */
async function removeLeftovers(out: string): Promise<void> {
  const parent = path.dirname(out);
  const prefix = `${path.basename(out)}.partial-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const leftover = path.join(parent, name);
    const pid = Number(name.slice(prefix.length));
    const isDead = pid === process.pid ? await isOlderThanProcess(leftover) : !isRunning(pid);
    if (Number.isInteger(pid) && isDead) await rm(leftover, { recursive: true, force: true });
  }
}

/** In a container every process may get the same id, which then says nothing about the writer. */
async function isOlderThanProcess(folder: string): Promise<boolean> {
  const { mtimeMs } = await lstat(folder);
  return mtimeMs < Date.now() - process.uptime() * 1000;
}

function explainWriteFailure(thrown: unknown, out: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === undefined) return AppError.from(thrown);
  const why: Record<string, string> = {
    ENOSPC: "the disk is full. Free some space and convert again",
    EDQUOT: "the disk quota is used up. Free some space and convert again",
    EACCES: "there is no permission to write there. Choose another folder",
    EPERM: "there is no permission to write there. Choose another folder",
    EROFS: "the disk is read-only. Choose another folder",
    ENOTDIR: "part of the path is a file. Choose another folder",
    EEXIST: "a file of that name is in the way. Choose another folder",
    ENOTEMPTY: "something else was put there meanwhile. Choose another folder",
    EFBIG: "files of that size are not allowed there. Choose another disk or raise the limit",
  };
  return new AppError(
    "convert.failed",
    `The model could not be written to ${out}: ${why[code] ?? code}. Nothing was kept.`,
    { cause: thrown, detail: { file: out } },
  );
}

interface WriteJob {
  readonly plan: ConversionPlan;
  readonly progress: Progress;
  readonly sourceName: string;
}

async function writeModel(folder: string, job: WriteJob): Promise<Manifest> {
  const { plan, progress } = job;
  const { checkpoint, model } = plan;
  await expectSpace(folder, model);
  const files: ManifestFile[] = [];
  for (const [name, bytes] of await smallFiles(checkpoint)) {
    files.push(await writeFile(folder, name, bytes));
  }
  for (const part of model.parts) {
    files.push(await writeFile(folder, part.graphFile, part.graph.encode()));
  }
  for (const data of model.dataFiles) {
    files.push(await data.write(folder, { signal: progress.signal, onBytes: progress.advance }));
  }
  const manifest: Manifest = {
    formatVersion: MANIFEST_FORMAT_VERSION,
    graphContractVersion: GRAPH_CONTRACT_VERSION,
    source: {
      name: job.sourceName,
      files: await hashSource(checkpoint, progress),
    },
    parts: model.parts.map(({ name, graphFile, data, precision }) => ({
      name,
      graph: graphFile,
      data: data?.fileName,
      precision,
    })),
    files,
  };
  await writeFile(folder, MANIFEST_FILE, utf8(formatManifest(manifest)));
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

async function writeFile(folder: string, name: string, bytes: Uint8Array): Promise<ManifestFile> {
  const file = await open(path.join(folder, name), "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { path: name, bytes: bytes.length, sha256 };
}

/** sha256 of each weight file, comparable with what the hub publishes. */
async function hashSource(checkpoint: Checkpoint, progress: Progress): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const { path: file, bytes } of checkpoint.weightFiles) {
    const hash = createHash("sha256");
    let hashed = 0;
    for await (const chunk of readSource(file)) {
      hash.update(chunk);
      hashed += chunk.length;
      progress.advance(chunk.length);
    }
    if (hashed !== bytes) throw corruptFile({ file }, "it changed while it was converted");
    files.push({ path: path.basename(file), bytes, sha256: hash.digest("hex") });
  }
  return files;
}

/** @throws AppError `checkpoint.corrupt`: a failed read is no failed write. */
async function* readSource(file: string): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(file, { highWaterMark: 4 << 20 }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw corruptFile({ file }, "its bytes could not be read", cause);
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, n) => total + n, 0);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
