/** Times a conversion in this process, and a copy of the same checkpoint to compare it with. */

import { open, readdir, rm } from "node:fs/promises";
import path from "node:path";
import type { ByteProgress } from "../../base/bytes";
import { AppError, throwIfAborted } from "../../base/errors";
import type { StartWorkers } from "../../convert/weights/convertWorkers";
import { importModel } from "../../library/checkpoints/importModel";
import type { ModelStore } from "../../library/store/modelStore";
import type { BenchConversion } from "./benchReport";

export interface ConversionOptions {
  readonly checkpoint: string;
  /** Folder of the model; must not exist yet. Its disk is the one that is copied to. */
  readonly out: string;
  /** As `convert --precision`. */
  readonly precision: string;
  readonly store: ModelStore;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ByteProgress) => void;
  /** As in ConvertOptions. */
  readonly startWorkers?: StartWorkers | undefined;
}

/**
 * Converts, and copies once before and once after: the system keeps files in memory as it likes, so the
 * faster copy is what counts. Both sides wait for the disk. The peak of the memory is that of the whole
 * process, which should do nothing else.
 * @throws AppError as `importModel`; `convert.failed` when the copy does not fit the disk;
 * `request.cancelled`.
 */
export async function measureConversion(options: ConversionOptions): Promise<BenchConversion> {
  const { checkpoint, out, precision, store, signal, onProgress, startWorkers } = options;
  const progress = onProgress === undefined ? {} : { onProgress };
  const first = await timeCopy(options);
  const begin = performance.now();
  const { manifest } = await importModel(
    { checkpoint, out, precision, signal, startWorkers, ...progress },
    store,
  );
  const convert = performance.now() - begin;
  const second = await timeCopy(options);
  return {
    convert,
    copy: Math.min(first.ms, second.ms),
    checkpointBytes: first.bytes,
    modelBytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    peakBytes: process.resourceUsage().maxRSS * KIB,
  };
}

const KIB = 1024;
const CHUNK_BYTES = 4 << 20;

/** Reads each file and writes as many bytes; one copy at a time is on the disk. */
async function timeCopy(
  options: ConversionOptions,
): Promise<{ readonly ms: number; readonly bytes: number }> {
  const { checkpoint, out, signal } = options;
  const entries = await readdir(checkpoint, { withFileTypes: true });
  const copy = `${out}.copy-${process.pid}`;
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let [ms, bytes] = [0, 0];
  try {
    for (const { name } of entries.filter((entry) => entry.isFile())) {
      const begin = performance.now();
      bytes += await copyFile({ from: path.join(checkpoint, name), to: copy, buffer, signal });
      ms += performance.now() - begin;
      await rm(copy);
    }
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : "an unknown reason";
    throw new AppError(
      "convert.failed",
      `${checkpoint} could not be copied to ${copy}: ${why}. Make room there, or choose another folder with --dir.`,
      { cause: thrown },
    );
  } finally {
    await rm(copy, { force: true });
  }
  return { ms, bytes };
}

/** Byte by byte: a file system that only notes that two files are the same would measure nothing. */
async function copyFile(copy: {
  readonly from: string;
  readonly to: string;
  readonly buffer: Buffer;
  readonly signal: AbortSignal;
}): Promise<number> {
  const { from, to, buffer, signal } = copy;
  const source = await open(from, "r");
  try {
    const target = await open(to, "w");
    try {
      let bytes = 0;
      for (;;) {
        throwIfAborted(signal);
        const { bytesRead } = await source.read(buffer, 0, buffer.length);
        if (bytesRead === 0) break;
        await target.writeFile(buffer.subarray(0, bytesRead));
        bytes += bytesRead;
      }
      await target.sync();
      return bytes;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
