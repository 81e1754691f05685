import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  DataFilePlan,
  planInitializer,
  type Piece,
} from "../../../../src/convert/weights/dataFile";
import { DataFileWriter, writeDataFile } from "../../../../src/convert/output/dataFileWriter";
import { matrixSource } from "../../../helpers/matrixSource";
import { temporaryFolder } from "../../../helpers/kitModel";

const SIZES = [10, 5000, 4096, 100, 70];
const quiet = { signal: undefined, onBytes: (): void => undefined };

/** Each initializer is filled with its number. */
function planOf(): DataFilePlan {
  const plan = new DataFilePlan("x.onnx_data");
  for (const [i, size] of SIZES.entries()) {
    plan.place({
      initializers: [planInitializer(`t${i}`, "uint8", [size])],
      tensors: [],
      stored: { source: matrixSource(new Float32Array(), 1), layout: { kind: "channels" } },
      produce: async function* (): AsyncIterable<Piece> {
        yield await Promise.resolve({ index: 0, bytes: new Uint8Array(size).fill(i + 1) });
      },
    });
  }
  return plan;
}

describe("DataFileWriter", () => {
  async function expected(): Promise<Buffer> {
    const folder = await temporaryFolder();
    await writeDataFile(planOf(), folder, quiet);
    return await readFile(path.join(folder, "x.onnx_data"));
  }

  for (const order of [
    [0, 1, 2, 3, 4],
    [4, 3, 2, 1, 0],
    [1, 0, 4, 2, 3],
  ]) {
    it(`writes the same file in the order ${order.join(", ")}, also run by run`, async () => {
      const bytes = await expected();
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      for (const nRuns of [1, 2]) {
        const folder = await temporaryFolder();
        const plan = planOf();
        const half = Math.ceil(order.length / nRuns);
        let writer = await DataFileWriter.create(plan, folder, quiet);
        for (const [i, entry] of order.entries()) {
          if (i === half) {
            await writer.close();
            writer = await DataFileWriter.reopen(plan, folder, quiet);
          }
          await writer.write(plan.entries[entry]!);
        }
        assert.deepEqual(await writer.finish(), {
          ...{ path: "x.onnx_data", bytes: bytes.length, sha256 },
        });
        assert.ok((await readFile(path.join(folder, "x.onnx_data"))).equals(bytes));
      }
    });
  }

  it("drops what was written behind an offset and counts every byte of an entry", async () => {
    const folder = await temporaryFolder();
    const plan = planOf();
    const first = await DataFileWriter.create(plan, folder, quiet);
    for (const entry of [0, 4]) await first.write(plan.entries[entry]!);
    await first.close();
    let written = 0;
    const onBytes = (bytes: number): void => {
      written += bytes;
    };
    const writer = await DataFileWriter.reopen(plan, folder, { signal: undefined, onBytes });
    assert.equal(await writer.size(), plan.bytes);
    await writer.cutAt(10);
    assert.equal(await writer.size(), 10);
    for (const entry of [3, 1, 2, 4]) await writer.write(plan.entries[entry]!);
    assert.equal(written, plan.bytes - 10);
    await writer.finish();
    assert.ok((await readFile(path.join(folder, "x.onnx_data"))).equals(await expected()));
  });

  it("does not finish a file that ends too early, and stops hashing when it is cancelled", async () => {
    const plan = planOf();
    const cancel = new AbortController();
    const run = { ...quiet, signal: cancel.signal };
    const writer = await DataFileWriter.create(plan, await temporaryFolder(), run);
    await writer.write(plan.entries[1]!);
    await assert.rejects(writer.finish(), { code: "internal", message: /ends at byte/ });
    cancel.abort();
    await assert.rejects(writer.finish(), { code: "request.cancelled" });
    await writer.close();
  });
});
