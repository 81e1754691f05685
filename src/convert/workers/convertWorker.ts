/**
 * The program of a converter's thread: one job at a time, each answered before the next one is sent.
 * A bundle of its own, so that a thread reads neither engine nor command line.
 */

import { parentPort, type MessagePort } from "node:worker_threads";
import { defined } from "../../base/assert";
import { AppError } from "../../base/errors";
import { hashFile } from "../weights/fileHash";
import { quantizeMatrix } from "../weights/quantize";
import type { WorkerJob, WorkerReply } from "./workerMessages";

const port = defined(parentPort, "The thread that this program was started from");
port.on("message", (job: WorkerJob) => {
  void answer(port, job);
});

async function answer(to: MessagePort, job: WorkerJob): Promise<void> {
  const reply = (message: WorkerReply, handedOver: ArrayBuffer[] = []): void => {
    to.postMessage(message, handedOver);
  };
  try {
    if ("hash" in job) {
      const file = await hashFile(job.hash, (bytes) => {
        reply({ kind: "hashedBytes", bytes });
      });
      reply({ kind: "hashed", file });
    } else {
      const quantized = quantizeMatrix(job.quantize);
      const { codes, scales } = quantized;
      reply({ kind: "quantized", quantized }, [codes.buffer, scales.buffer]);
    }
  } catch (thrown) {
    reply({ kind: "failed", error: AppError.from(thrown).toWire() });
  }
}
