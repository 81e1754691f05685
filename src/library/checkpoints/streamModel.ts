/**
 * A published model while it arrives: each weight file is converted as soon as it is whole, and deleted
 * once everything that the model needs of it is written.
 */

import { lstat, rm } from "node:fs/promises";
import path from "node:path";
import { invariant } from "../../base/assert";
import { formatBytes } from "../../base/bytes";
import { AppError, throwIfAborted } from "../../base/errors";
import { openCheckpoint } from "../../convert/checkpoint/checkpoint";
import { readJournal } from "../../convert/output/conversionJournal";
import type { StartWorkers } from "../../convert/weights/convertWorkers";
import { hashSources } from "../../convert/output/sourceHashes";
import { StreamedConversion } from "../../convert/streamedConversion";
import {
  type ComingWeights,
  downloadCheckpoint,
  type DownloadOptions,
  type DownloadProgress,
} from "./downloadCheckpoint";
import { isWholeFile } from "../download/downloadFile";
import type { WeightTaker } from "./downloadWeights";
import type { HubFile } from "../download/hubClient";
import { freeName, precisionFor } from "./importPlan";
import { withModelLock } from "../store/modelLock";
import { folderNames, type ModelStore } from "../store/modelStore";
import { expectHeader } from "./weightHeaders";

export interface StreamModelOptions extends Omit<DownloadOptions, "prepare" | "onProgress"> {
  readonly store: ModelStore;
  /** What the model is called if the name is free, and what its manifest calls the checkpoint. */
  readonly name: string;
  /** Where the conversion is kept between runs; on the disk of the models. */
  readonly workFolder: string;
  /** As `parsePrecisionPlan` reads it. @default that of an earlier run, or what an import would choose */
  readonly precision?: string | undefined;
  /** True when the weight files stay. */
  readonly isKeeping: boolean;
  readonly onProgress: (progress: StreamProgress) => void;
  /** As in StreamOptions. */
  readonly startWorkers?: StartWorkers | undefined;
}

/** Bytes so far and in all; a download counts bytes that arrive, a conversion those of the model. */
export interface StreamProgress {
  readonly step: "download" | "convert";
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Bytes of the model that are written while the download goes on. */
  readonly convertedBytes?: number;
}

/**
 * Downloads and converts; after a failure another call goes on from what has arrived and was converted.
 * @throws AppError as `downloadCheckpoint` and `StreamedConversion`; `option.invalid` for another precision
 * than that of a conversion whose weights are gone.
 */
export async function streamModel(
  options: StreamModelOptions,
): Promise<{ readonly name: string; readonly folder: string }> {
  await expectSamePrecision(options);
  const report = new Report(options.onProgress);
  const held: { taker?: ConvertingTaker } = {};
  try {
    await downloadCheckpoint({
      ...options,
      onProgress: (progress) => {
        report.downloaded(progress);
      },
      prepare: async (coming) => {
        const conversion = await openConversion(coming, options, report);
        held.taker = new ConvertingTaker(conversion, { coming, options });
        await held.taker.tidy();
        return held.taker;
      },
    });
    invariant(held.taker !== undefined, "The weights came, but nothing took them.");
    const { conversion } = held.taker;
    report.converted(conversion.progress);
    return await place(conversion, options);
  } finally {
    await held.taker?.conversion.close();
  }
}

/** What was converted and deleted would have to arrive again, and nobody said so. */
async function expectSamePrecision(options: StreamModelOptions): Promise<void> {
  const { workFolder, folder, precision, name } = options;
  const journal = await readJournal(workFolder);
  if (journal === undefined || precision === undefined || precision === journal.precision) return;
  let goneBytes = 0;
  for (const { path: file, bytes } of journal.taken) {
    const isThere = await isWholeFile({ file: { name: file, bytes }, folder });
    if (!isThere) goneBytes += bytes;
  }
  if (goneBytes === 0) return;
  throw new AppError(
    "option.invalid",
    `${formatBytes(goneBytes)} of ${name} were converted as ${journal.precision} and are no longer there. Continue with ${journal.precision}, or delete what has arrived and begin again with ${precision}.`,
    { detail: { precision: journal.precision } },
  );
}

async function openConversion(
  { commit, files, headers }: ComingWeights,
  options: StreamModelOptions,
  report: Report,
): Promise<StreamedConversion> {
  const { folder, workFolder } = options;
  const parsed = new Map([...headers].map(([name, { header }]) => [name, header]));
  const checkpoint = await openCheckpoint(folder, parsed);
  const precision =
    options.precision ??
    (await readJournal(workFolder))?.precision ??
    (await precisionFor(checkpoint));
  // Without a digest only the commit says which bytes a name stands for.
  const identity = JSON.stringify(files.map(({ name, digest }) => [name, digest?.hex ?? commit]));
  return await StreamedConversion.open({
    ...options,
    checkpoint,
    precision,
    folder: workFolder,
    identity,
    onProgress: (progress) => {
      report.converted(progress);
    },
  });
}

/** Under a name that is free when the model is whole. */
async function place(
  conversion: StreamedConversion,
  { store, name: wanted, signal }: StreamModelOptions,
): Promise<{ readonly name: string; readonly folder: string }> {
  // Also what is no folder, and so in no list.
  const used: string[] = [];
  for (;;) {
    const name = freeName(wanted, [...(await folderNames(store)), ...used]);
    const out = path.join(store.modelsDir, name);
    const isPlaced = await withModelLock(
      { store, folder: out, ifBusy: "wait", signal },
      async () => {
        const present = await lstat(out).catch(() => undefined);
        if (present === undefined) await conversion.finish(out, wanted);
        return present === undefined;
      },
    );
    if (isPlaced) return { name, folder: out };
    used.push(name);
  }
}

class ConvertingTaker implements WeightTaker {
  readonly conversion: StreamedConversion;
  readonly isDeleting: boolean;
  readonly #coming: ComingWeights;
  readonly #options: StreamModelOptions;
  /** See `WeightTaker`. */
  #taken: ReadonlySet<string> = new Set();

  constructor(
    conversion: StreamedConversion,
    about: { readonly coming: ComingWeights; readonly options: StreamModelOptions },
  ) {
    this.conversion = conversion;
    this.isDeleting = !about.options.isKeeping;
    this.#coming = about.coming;
    this.#options = about.options;
  }

  get taken(): ReadonlySet<string> {
    return this.#taken;
  }

  get pendingBytes(): number {
    return this.conversion.pendingBytes;
  }

  /** Deletes what an earlier run had no time to delete, and settles what need not arrive. */
  async tidy(): Promise<void> {
    const { folder } = this.#options;
    const unneeded = new Set<string>();
    for (const file of this.#coming.files) {
      const isConverted = this.conversion.taken.has(file.name);
      if (isConverted && this.isDeleting) await this.#delete(file);
      const isThere = this.isDeleting || (await isWholeFile({ file, folder }));
      if (!this.conversion.needs(file.name) || (isConverted && isThere)) unneeded.add(file.name);
    }
    this.#taken = unneeded;
  }

  async take(file: HubFile): Promise<void> {
    const { folder, repository } = this.#options;
    const early = this.#coming.headers.get(file.name);
    if (early !== undefined) {
      await expectHeader({ file, folder, repository }, early).catch(async (thrown: unknown) => {
        // The plan was made of bytes that nobody published.
        await this.conversion.discard();
        throw thrown;
      });
    }
    const { name, bytes } = file;
    await this.conversion.take({ path: name, bytes, sha256: await this.#sha256Of(file) });
    if (this.isDeleting) await this.#delete(file);
  }

  /** What the file was compared with when it had arrived; a mirror need not have told it. */
  async #sha256Of({ name, bytes, digest }: HubFile): Promise<string> {
    if (digest?.kind === "sha256") return digest.hex;
    const { folder, signal } = this.#options;
    const weightFiles = [{ path: path.join(folder, name), bytes }];
    const [hashed] = await hashSources({ weightFiles }, () => {
      throwIfAborted(signal);
    });
    return hashed?.sha256 ?? "";
  }

  /** What cannot be deleted now goes with the folder. */
  async #delete({ name }: HubFile): Promise<void> {
    const file = path.join(this.#options.folder, name);
    await rm(file, { force: true }).catch(() => undefined);
  }
}

/** A fast line brings thousands of pieces each second, in ms. */
const REPORT_MS = 100;

/** Tells of download and conversion as of one work. */
class Report {
  readonly #onProgress: (progress: StreamProgress) => void;
  #download: DownloadProgress = { doneBytes: 0, totalBytes: Infinity };
  #convertedBytes = 0;
  #reportedMs = -Infinity;

  constructor(onProgress: (progress: StreamProgress) => void) {
    this.#onProgress = onProgress;
  }

  downloaded(progress: DownloadProgress): void {
    this.#download = progress;
    this.#reportDownload();
  }

  converted(progress: DownloadProgress): void {
    this.#convertedBytes = progress.doneBytes;
    if (this.#isDownloading) this.#reportDownload();
    else this.#report({ step: "convert", ...progress });
  }

  get #isDownloading(): boolean {
    return this.#download.doneBytes < this.#download.totalBytes;
  }

  #reportDownload(): void {
    const convertedBytes = this.#convertedBytes;
    const also = convertedBytes > 0 ? { convertedBytes } : {};
    this.#report({ step: "download", ...this.#download, ...also });
  }

  #report(progress: StreamProgress): void {
    const nowMs = performance.now();
    const isEnd = progress.doneBytes === progress.totalBytes;
    if (nowMs - this.#reportedMs < REPORT_MS && !isEnd) return;
    this.#reportedMs = nowMs;
    this.#onProgress(progress);
  }
}
