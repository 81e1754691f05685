/**
 * The arithmetic of a conversion on all cores. Threads are started when there is work for them and ended
 * with the conversion. Values lie in memory that all threads share and results are handed over, so that
 * nothing is copied. Values are not handed over, because each arrival of memory counts as an allocation:
 * the garbage collector would look for 15 GB of it.
 */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { invariant } from "../../base/assert";
import { AppError } from "../../base/errors";
import { type ConvertWorkers, InThreadWorkers } from "../weights/convertWorkers";
import { RunBuffers } from "../weights/runBuffers";
import type { HashedFile } from "../weights/fileHash";
import type { Quantized, QuantizeJob } from "../weights/quantize";
import type { WorkerJob, WorkerReply, WorkerResult } from "./workerMessages";

/** With more, whoever reads and writes is the one that the others wait for. */
const MAX_THREADS = 4;

/** What takes a few milliseconds takes no longer than to start a thread for it. */
const SMALL_VALUES = 1 << 18;
const SMALL_FILE_BYTES = 16 << 20;

interface Task {
  readonly job: WorkerJob;
  readonly handedOver: readonly ArrayBuffer[];
  readonly onBytes: (bytes: number) => void;
  readonly resolve: (result: WorkerResult) => void;
  readonly reject: (reason: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  task: Task | undefined;
}

export interface WorkerPoolOptions {
  /** The bundle of `convertWorker.ts`. */
  readonly programFile: string;
  /** @default as many as there are cores, at most 4 */
  readonly nThreads?: number;
}

export class WorkerPool implements ConvertWorkers {
  readonly nAtOnce: number;
  readonly buffers = new RunBuffers("shared");
  readonly #programFile: string;
  readonly #nThreads: number;
  readonly #inThread = new InThreadWorkers();
  readonly #threads: Thread[] = [];
  /** In the order in which they are begun. */
  readonly #waiting: Task[] = [];
  /** Why nothing can be asked for any more. */
  #end: AppError | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#programFile = options.programFile;
    this.#nThreads = options.nThreads ?? Math.min(availableParallelism(), MAX_THREADS);
    // One is read and one is written while all threads compute.
    this.nAtOnce = this.#nThreads + 2;
  }

  /** See ConvertWorkers. */
  async quantize(quantize: QuantizeJob): Promise<Quantized> {
    const { values } = quantize;
    const quantized =
      values.length <= SMALL_VALUES
        ? await this.#inThread.quantize(quantize)
        : await this.#quantizeElsewhere(quantize);
    this.buffers.give(values);
    return quantized;
  }

  /** See ConvertWorkers. */
  async hashFile(
    file: { readonly path: string; readonly bytes: number },
    onBytes: (bytes: number) => void,
  ): Promise<HashedFile> {
    if (file.bytes <= SMALL_FILE_BYTES) return await this.#inThread.hashFile(file, onBytes);
    const result = await this.#do({ hash: file.path }, { onBytes });
    invariant(result.kind === "hashed", "A thread gave another answer than was asked for.");
    return result.file;
  }

  /** See ConvertWorkers. */
  async close(): Promise<void> {
    this.#stop(new AppError("request.cancelled", "The conversion has ended."));
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  async #quantizeElsewhere(quantize: QuantizeJob): Promise<Quantized> {
    const { buffer } = quantize.values;
    const handedOver = buffer instanceof ArrayBuffer ? [buffer] : [];
    const result = await this.#do({ quantize }, { handedOver });
    invariant(result.kind === "quantized", "A thread gave another answer than was asked for.");
    return result.quantized;
  }

  #do(
    job: WorkerJob,
    { handedOver = [], onBytes = () => undefined }: Partial<Task>,
  ): Promise<WorkerResult> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#end);
        return;
      }
      this.#waiting.push({ job, handedOver, onBytes, resolve, reject });
      this.#assign();
    });
  }

  /** Gives waiting tasks to idle threads; a thread that has one keeps the process alive. */
  #assign(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#threads.find(({ task }) => task === undefined) ?? this.#start();
      if (thread === undefined) return;
      thread.task = this.#waiting.shift();
      if (thread.task === undefined) return;
      thread.worker.ref();
      thread.worker.postMessage(thread.task.job, thread.task.handedOver);
    }
  }

  #start(): Thread | undefined {
    if (this.#threads.length >= this.#nThreads) return undefined;
    const worker = new Worker(this.#programFile);
    const thread: Thread = { worker, task: undefined };
    this.#threads.push(thread);
    worker.on("message", (reply: WorkerReply) => {
      this.#onReply(thread, reply);
    });
    worker.once("error", (cause) => {
      this.#stop(threadEnded(cause.message, cause));
    });
    worker.once("messageerror", (cause) => {
      this.#stop(threadEnded(cause.message, cause));
    });
    worker.once("exit", (code) => {
      this.#stop(threadEnded(`exit code ${code}`));
    });
    return thread;
  }

  #onReply(thread: Thread, reply: WorkerReply): void {
    const { task } = thread;
    if (task === undefined) return;
    if (reply.kind === "hashedBytes") {
      try {
        task.onBytes(reply.bytes);
      } catch (thrown) {
        // The thread itself goes on until the conversion, which nobody wants any more, is closed.
        task.reject(thrown);
      }
      return;
    }
    thread.task = undefined;
    thread.worker.unref();
    if (reply.kind === "failed") task.reject(AppError.fromWire(reply.error));
    else task.resolve(reply);
    this.#assign();
  }

  /** Whatever is under way or asked for later fails with the first reason. */
  #stop(reason: AppError): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    const running = this.#threads.flatMap(({ task }) => task ?? []);
    for (const task of [...running, ...this.#waiting.splice(0)]) task.reject(reason);
  }
}

function threadEnded(why: string, cause?: unknown): AppError {
  return new AppError(
    "convert.failed",
    `A thread of the conversion ended before its work was done (${why}). Close other programs and convert again.`,
    { cause },
  );
}
