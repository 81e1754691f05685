/**
 * A conversion that takes the weight files of a checkpoint one by one, in any order, and needs none of
 * them twice; it can be left and gone on with by another run of the program. What a file was needed for
 * is on the disk, and the journal says so, before `take` returns.
 */

import { createHash } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { AppError, throwIfAborted } from "../base/errors";
import type { ManifestFile } from "../model/folder/manifest";
import type { Checkpoint } from "./checkpoint/checkpoint";
import { tensorBytes } from "./checkpoint/tensorInfo";
import { readWeightHeader } from "./checkpoint/weightFile";
import {
  planConversion,
  plannedBytes,
  smallFiles,
  type ConversionPlan,
} from "./plan/conversionPlan";
import type { ConvertResult } from "./convertModel";
import { type ConvertWorkers, InThreadWorkers, type StartWorkers } from "./weights/convertWorkers";
import { MODEL_FOLDER, readJournal, syncFolder, writeJournal } from "./output/conversionJournal";
import type { DataFilePlan } from "./weights/dataFile";
import { DataFileWriter } from "./output/dataFileWriter";
import { KeptTensors } from "./output/keptTensors";
import { writeManifest, writeSmallFiles } from "./output/modelFiles";
import { plannedGraphs } from "./plan/modelPlan";
import { ShardPlan } from "./plan/shardPlan";
import { expectFree, writeFailure } from "./output/targetFolder";

export interface StreamOptions {
  /** Its weight files need not be there yet. */
  readonly checkpoint: Checkpoint;
  /** As `parsePrecisionPlan` reads it. */
  readonly precision: string;
  /** Where the work is kept between runs; on the disk of the model to be. */
  readonly folder: string;
  /** Tells the weights from others with the same names and sizes. */
  readonly identity: string;
  readonly signal?: AbortSignal | undefined;
  /** Who does the arithmetic. @default the caller's thread */
  readonly startWorkers?: StartWorkers | undefined;
  /** Called with the bytes of the model's data that are written, and of those in all. */
  readonly onProgress?: (progress: { doneBytes: number; totalBytes: number }) => void;
}

const KEPT = "What was converted is kept.";

export class StreamedConversion {
  readonly #options: StreamOptions;
  readonly #plan: ConversionPlan;
  readonly #shards: ShardPlan;
  readonly #tensors: KeptTensors;
  readonly #writers = new Map<DataFilePlan, DataFileWriter>();
  readonly #workers: ConvertWorkers;
  readonly #taken = new Map<string, ManifestFile>();
  readonly #planKey: string;
  readonly #modelFolder: string;
  #modelBytes = 0;
  #doneBytes = 0;

  private constructor(options: StreamOptions, plan: ConversionPlan, about: Prepared) {
    this.#options = options;
    this.#plan = plan;
    this.#workers = options.startWorkers?.() ?? new InThreadWorkers();
    this.#tensors = about.tensors;
    this.#planKey = about.planKey;
    this.#modelBytes = about.modelBytes;
    this.#shards = new ShardPlan(plan.model);
    this.#modelFolder = path.join(options.folder, MODEL_FOLDER);
  }

  /**
   * Plans the conversion, and finds what an earlier run of the same one has done; anything else in the
   * folder is deleted.
   * @throws AppError `checkpoint.incomplete`, `checkpoint.unsupported`, `option.invalid`, `convert.failed`
   * when the folder cannot be written to.
   */
  static async open(options: StreamOptions): Promise<StreamedConversion> {
    const tensors = new KeptTensors(options.folder);
    const plan = planConversion(options, tensors);
    const planKey = planKeyOf(plan, options);
    const modelBytes = plannedBytes(plan);
    const conversion = new StreamedConversion(options, plan, { tensors, planKey, modelBytes });
    try {
      await conversion.#begin();
      return conversion;
    } catch (thrown) {
      await conversion.close();
      throw writeFailure(thrown, options.folder, KEPT);
    }
  }

  /** Names of the weight files that need not be read again. */
  get taken(): ReadonlySet<string> {
    return new Set([...this.#taken.values()].map(({ path: name }) => name));
  }

  /** False for a weight file that is no part of the checkpoint. */
  needs(name: string): boolean {
    return this.#plan.checkpoint.weightFiles.some(({ path: file }) => path.basename(file) === name);
  }

  /** Bytes of the data files that are written, and in all. */
  get progress(): { readonly doneBytes: number; readonly totalBytes: number } {
    const totalBytes = this.#plan.model.dataFiles.reduce((sum, { bytes }) => sum + bytes, 0);
    return { doneBytes: this.#doneBytes, totalBytes };
  }

  /** Bytes that are still to be written, at most. */
  get pendingBytes(): number {
    const untaken = this.#plan.checkpoint.weightFiles.filter(({ path: f }) => !this.#taken.has(f));
    const kept = untaken.flatMap(({ path: file }) => this.#shards.sharedTensors(file));
    const keptBytes = kept.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
    return this.#modelBytes - this.#doneBytes + keptBytes;
  }

  /**
   * Writes what a weight file completes and keeps what is needed of it later; afterwards it can go.
   * After a failure nothing can be done but to close.
   * @param source its name, bytes and hash, for the manifest.
   * @throws AppError `checkpoint.*`, `convert.failed`, `request.cancelled`.
   */
  async take(source: ManifestFile): Promise<void> {
    const file = path.join(this.#options.checkpoint.folder, source.path);
    if (this.#taken.has(file)) return;
    try {
      this.#tensors.begin(file, (await readWeightHeader(file)).tensors);
      const before = this.#takenFiles();
      for (const { data, placed } of this.#shards.completedBy(file, before)) {
        await (await this.#writerOf(data)).write(placed);
      }
      const { signal } = this.#options;
      if (this.#shards.isAwaited(file, new Set([...before, file]))) {
        await this.#tensors.keep(this.#shards.sharedTensors(file), signal);
      }
      await this.#tensors.end();
      for (const writer of this.#writers.values()) await writer.sync();
      await syncFolder(this.#modelFolder);
      this.#taken.set(file, source);
      await this.#note();
    } catch (thrown) {
      throw writeFailure(thrown, this.#options.folder, KEPT);
    }
  }

  /**
   * Completes the model when every weight file was taken, and gives it its place.
   * @throws AppError `convert.failed`, `request.cancelled`.
   */
  async finish(out: string, sourceName: string): Promise<ConvertResult> {
    const { folder, signal, checkpoint } = this.#options;
    try {
      const sources = checkpoint.weightFiles.map(({ path: file }) => this.#sourceOf(file));
      const files = await writeSmallFiles(this.#modelFolder, this.#plan);
      for (const data of this.#plan.model.dataFiles) {
        files.push(await (await this.#writerOf(data)).finish());
      }
      const source = { name: sourceName, files: sources };
      const manifest = await writeManifest(this.#modelFolder, this.#plan, { source, files });
      await syncFolder(this.#modelFolder);
      await expectFree(out);
      throwIfAborted(signal);
      await mkdir(path.dirname(out), { recursive: true });
      await rename(this.#modelFolder, out);
      await syncFolder(path.dirname(out));
      await this.close();
      // Without a model in it the rest is of no use to anybody, and of no harm.
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      return { folder: out, manifest, dropped: this.#plan.dropped };
    } catch (thrown) {
      throw writeFailure(thrown, out, KEPT);
    }
  }

  /** Closes every file; what is there stays. */
  async close(): Promise<void> {
    await this.#workers.close();
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
    await this.#tensors.close();
  }

  /** Deletes all that was done. Nothing can be done with it afterwards. */
  async discard(): Promise<void> {
    await this.close();
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    const { folder, checkpoint } = this.#options;
    const journal = await readJournal(folder);
    if (journal?.plan === this.#planKey) {
      for (const source of journal.taken) {
        this.#taken.set(path.join(checkpoint.folder, source.path), source);
      }
    }
    if (this.#taken.size > 0 && (await this.#goOn())) return;
    this.#taken.clear();
    this.#doneBytes = 0;
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
    this.#writers.clear();
    await rm(folder, { recursive: true, force: true });
    await mkdir(this.#modelFolder, { recursive: true });
    await syncFolder(path.dirname(folder));
    await this.#note();
  }

  /** Looks whether what the journal says is there, and drops what was written after it. */
  async #goOn(): Promise<boolean> {
    const taken = this.#takenFiles();
    for (const file of taken) {
      const isNeeded = this.#shards.isAwaited(file, taken);
      if (isNeeded && !(await this.#tensors.recall(this.#shards.sharedTensors(file)))) return false;
    }
    for (const data of this.#plan.model.dataFiles) {
      const end = this.#shards.endOf(data, taken);
      const writer = await this.#writerOf(data);
      if ((await writer.size()) < end) return false;
      await writer.cutAt(end);
    }
    const written = this.#shards.writtenWith(taken);
    for (const { places } of written) {
      for (const { padding, end } of places) this.#doneBytes += end - padding;
    }
    return true;
  }

  async #writerOf(data: DataFilePlan): Promise<DataFileWriter> {
    const known = this.#writers.get(data);
    if (known !== undefined) return known;
    const writer = await DataFileWriter.reopen(data, this.#modelFolder, {
      signal: this.#options.signal,
      workers: this.#workers,
      onBytes: (bytes) => {
        this.#doneBytes += bytes;
        this.#options.onProgress?.(this.progress);
      },
    });
    this.#writers.set(data, writer);
    return writer;
  }

  async #note(): Promise<void> {
    const taken = [...this.#taken.values()];
    const { folder, precision } = this.#options;
    await writeJournal(folder, { plan: this.#planKey, precision, taken });
  }

  #takenFiles(): ReadonlySet<string> {
    return new Set(this.#taken.keys());
  }

  #sourceOf(file: string): ManifestFile {
    const source = this.#taken.get(file);
    if (source !== undefined) return source;
    throw new AppError("internal", `${file} was not converted, but the model was to be finished.`);
  }
}

interface Prepared {
  readonly tensors: KeptTensors;
  readonly planKey: string;
  readonly modelBytes: number;
}

/** The same for two conversions that write the same bytes to the same places. */
function planKeyOf(
  { checkpoint, model }: ConversionPlan,
  { precision, identity }: StreamOptions,
): string {
  const tensors = [...checkpoint.tensors.values()].map((tensor) => {
    const { name, dtype, shape, strides, file } = tensor;
    return [name, dtype, shape, strides, path.basename(file)];
  });
  const hash = createHash("sha256");
  hash.update(JSON.stringify([precision, identity, tensors]));
  for (const [name, bytes] of smallFiles(checkpoint)) {
    hash.update(JSON.stringify([name, bytes.length])).update(bytes);
  }
  // Graphs name every initializer with its type, its shape and its place.
  for (const { graph, graphFile } of plannedGraphs(model)) {
    hash.update(graphFile).update(graph.encode());
  }
  return hash.digest("hex");
}
