/**
 * The port to whoever does the arithmetic of a conversion, and the plain way: in the caller's thread,
 * which is all that tests and small checkpoints need. `workerPool.ts` does it in threads.
 */

import { hashFile, type HashedFile } from "./fileHash";
import { quantizeMatrix, type Quantized, type QuantizeJob } from "./quantize";
import { RunBuffers } from "./runBuffers";

export interface ConvertWorkers {
  /** Runs of rows that are worth having under way, from their reading to their writing. */
  readonly nAtOnce: number;
  /** For the values of a job. */
  readonly buffers: RunBuffers;
  /**
   * As `quantizeMatrix`. The values go back to `buffers`; the caller must not look at them any more.
   * @throws AppError `convert.failed` when a thread ended.
   */
  quantize(job: QuantizeJob): Promise<Quantized>;
  /**
   * As `hashFile`.
   * @param file its size in bytes is what is expected.
   * @throws AppError `checkpoint.corrupt`, `convert.failed` when a thread ended; what `onBytes` throws.
   */
  hashFile(
    file: { readonly path: string; readonly bytes: number },
    onBytes: (bytes: number) => void,
  ): Promise<HashedFile>;
  /** Ends what is under way, which then fails; nothing may be asked for afterwards. */
  close(): Promise<void>;
}

/** Called once for each conversion, which closes what it gets. */
export type StartWorkers = () => ConvertWorkers;

export class InThreadWorkers implements ConvertWorkers {
  /** One run is read while another one is computed. */
  readonly nAtOnce = 2;
  readonly buffers = new RunBuffers("own");

  quantize(job: QuantizeJob): Promise<Quantized> {
    const quantized = quantizeMatrix(job);
    this.buffers.give(job.values);
    return Promise.resolve(quantized);
  }

  async hashFile(
    file: { readonly path: string },
    onBytes: (bytes: number) => void,
  ): Promise<HashedFile> {
    return await hashFile(file.path, onBytes);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
