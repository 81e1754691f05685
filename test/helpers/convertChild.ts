/**
 * A conversion in a process of its own, so that a test can kill it or limit its memory and files.
 * Usage: `node convertChild.js CHECKPOINT OUT PRECISION [--hold | WORKER]`. Says how it ended as one line
 * of JSON; with `--hold` it stops for ever at the first progress, after the line "held". With the program
 * of a worker it uses four threads, the most there can be.
 */

import { writeSync } from "node:fs";
import { AppError } from "../../src/base/errors";
import { convertModel } from "../../src/convert/convertModel";
import { WorkerPool } from "../../src/convert/workers/workerPool";

/** What the child says at its end. */
export interface ConvertReport {
  /** Absent when it succeeded. */
  readonly code?: string;
  readonly message?: string;
  /** Peak of the resident memory of the whole process, in bytes. */
  readonly peakBytes: number;
  readonly outputBytes: number;
  readonly totalBytes: number;
  readonly seconds: number;
  /** Computing time of all threads, which does not depend on what else the machine does. */
  readonly cpuSeconds: number;
}

const [checkpoint = "", out = "", precision = "", mode] = process.argv.slice(2);
const isHeld = mode === "--hold";

async function main(): Promise<void> {
  const begin = performance.now();
  let totalBytes = 0;
  let end: { code?: string; message?: string; outputBytes: number };
  try {
    const { manifest } = await convertModel({
      checkpoint,
      out,
      precision,
      startWorkers: isHeld || mode === undefined ? undefined : () => poolOf(mode),
      onProgress: (progress) => {
        totalBytes = progress.totalBytes;
        if (isHeld) holdForEver();
      },
    });
    end = { outputBytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0) };
  } catch (thrown) {
    const { code, message } = AppError.from(thrown);
    end = { code, message, outputBytes: 0 };
  }
  const { user, system } = process.cpuUsage();
  const report: ConvertReport = {
    ...end,
    // maxRSS is in KiB.
    peakBytes: process.resourceUsage().maxRSS * 1024,
    totalBytes,
    seconds: (performance.now() - begin) / 1000,
    cpuSeconds: (user + system) / 1e6,
  };
  writeSync(1, `${JSON.stringify(report)}\n`);
}

const poolOf = (programFile: string): WorkerPool => new WorkerPool({ programFile, nThreads: 4 });

/** Blocks the whole thread, so that nothing can go on before the kill. */
function holdForEver(): void {
  writeSync(1, "held\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

void main();
