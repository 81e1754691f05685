/** Threads that quantise and hash; their program is the built one. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { quantizeMatrix, type QuantizeJob } from "../../../../src/convert/weights/quantize";
import { WorkerPool } from "../../../../src/convert/workers/workerPool";
import { SeededRandom } from "../../../helpers/random";

const programFile = path.resolve("dist", "convertWorker.js");
const COLS = 512;
/** More than is worth a thread. */
const N_VALUES = 600 * COLS;

function fill(values: Float32Array, seed: number): Float32Array {
  const random = new SeededRandom(seed);
  for (let i = 0; i < values.length; i++) values[i] = random.next() - 0.5;
  return values;
}

describe("WorkerPool", () => {
  let folder = "";
  let pool = new WorkerPool({ programFile });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-pool-"));
    pool = new WorkerPool({ programFile, nThreads: 2 });
  });
  afterEach(async () => {
    await pool.close();
    await rm(folder, { recursive: true });
  });

  /** A job of shared memory. */
  const jobOf = (layout: QuantizeJob["layout"], seed: number): QuantizeJob => ({
    values: fill(pool.buffers.take(N_VALUES), seed),
    cols: COLS,
    layout,
  });

  async function bigFile(): Promise<{ path: string; bytes: number; sha256: string }> {
    const file = path.join(folder, "model.safetensors");
    const content = new Uint8Array((17 << 20) + 5).map((_, i) => i % 251);
    await writeFile(file, content);
    const sha256 = createHash("sha256").update(content).digest("hex");
    return { path: file, bytes: content.length, sha256 };
  }

  it("gives the bytes that one thread gives, each job its own", async () => {
    const layouts = [{ bits: 4, blockSize: 128 }, { bits: 8, blockSize: 32 }, "columns"] as const;
    const jobs = [1, 2, 3].flatMap((seed) => layouts.map((layout) => jobOf(layout, seed)));
    const expected = jobs.map((job) => quantizeMatrix(job));
    const found = await Promise.all(jobs.map((job) => pool.quantize(job)));
    assert.deepEqual(found, expected);
  });

  it("takes values in other memory and little work as well", async () => {
    for (const rows of [1, 600, 3000]) {
      const values = fill(new Float32Array(rows * COLS), rows);
      const expected = quantizeMatrix({ values, cols: COLS, layout: "columns" });
      assert.deepEqual(await pool.quantize({ values, cols: COLS, layout: "columns" }), expected);
    }
  });

  it("uses the memory of a run again", async () => {
    const job = jobOf("columns", 1);
    const { buffer } = job.values;
    await pool.quantize(job);
    assert.equal(pool.buffers.take(N_VALUES).buffer, buffer);
    assert.notEqual(pool.buffers.take(N_VALUES).buffer, buffer);
  });

  it("hashes files and counts their bytes", async () => {
    const file = await bigFile();
    let nBytes = 0;
    const count = (bytes: number): unknown => (nBytes += bytes);
    const { bytes, sha256 } = await pool.hashFile(file, count);
    assert.deepEqual({ ...file, bytes, sha256 }, file);
    assert.equal(nBytes, file.bytes);
  });

  it("passes on what the listener throws", async () => {
    const hashing = pool.hashFile(await bigFile(), () => {
      throw new Error("enough");
    });
    await assert.rejects(hashing, /enough/);
  });

  it("says which file cannot be read, and goes on", async () => {
    const absent = { path: path.join(folder, "absent"), bytes: 1 << 30 };
    const hashing = pool.hashFile(absent, () => undefined);
    await assert.rejects(hashing, { code: "checkpoint.corrupt", message: /absent: its bytes/ });
    assert.ok((await pool.hashFile(await bigFile(), () => undefined)).bytes > 0);
  });

  for (const [what, program] of [
    ["ends", "require('node:worker_threads').parentPort.on('message', () => process.exit(3))"],
    [
      "fails",
      "require('node:worker_threads').parentPort.on('message', () => { throw Error('no') })",
    ],
    ["cannot be started", undefined],
  ] as const) {
    it(`fails with one error when a thread ${what}`, async () => {
      const file = path.join(folder, "program.js");
      if (program !== undefined) await writeFile(file, program);
      const broken = new WorkerPool({ programFile: file, nThreads: 2 });
      const jobs = [1, 2, 3, 4].map((seed) => broken.quantize(jobOf("columns", seed)));
      const results = await Promise.allSettled(jobs);
      const reasons = results.map((result): unknown =>
        result.status === "rejected" ? result.reason : 0,
      );
      assert.equal(new Set(reasons).size, 1);
      await assert.rejects(broken.quantize(jobOf("columns", 5)), {
        code: "convert.failed",
        message: /A thread of the conversion ended .*convert again/,
      });
      await broken.close();
    });
  }

  it("lets nothing wait for threads that were ended", async () => {
    const jobs = [1, 2, 3, 4].map((seed) => pool.quantize(jobOf("columns", seed)));
    const results = Promise.allSettled(jobs);
    await pool.close();
    assert.deepEqual(new Set((await results).map(({ status }) => status)), new Set(["rejected"]));
    await assert.rejects(pool.quantize(jobOf("columns", 5)), { code: "request.cancelled" });
  });
});
