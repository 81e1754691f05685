import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  DataFilePlan,
  planInitializer,
  type DataEntry,
  type Piece,
} from "../../../../src/convert/weights/dataFile";
import { writeDataFile } from "../../../../src/convert/output/dataFileWriter";
import { matrixSource } from "../../../helpers/matrixSource";

/** An entry of uint8 initializers whose bytes come in the given pieces. */
function entryOf(sizes: Readonly<Record<string, number>>, pieces: readonly Piece[]): DataEntry {
  return {
    tensors: [],
    stored: { source: matrixSource(new Float32Array(), 1), layout: { kind: "channels" } },
    initializers: Object.entries(sizes).map(([name, n]) => planInitializer(name, "uint8", [n])),
    produce: async function* (): AsyncIterable<Piece> {
      for (const piece of pieces) yield await Promise.resolve(piece);
    },
  };
}

const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

const simple = (name: string, length: number, value: number): DataEntry =>
  entryOf({ [name]: length }, [{ index: 0, bytes: filled(length, value) }]);

const quiet = { signal: undefined, onBytes: (): void => undefined };

describe("DataFilePlan", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-data-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("works out the bytes of each element type", () => {
    const bytes = (["float32", "float16", "uint8", "int8", "int32", "int64", "bool"] as const).map(
      (type) => planInitializer("x", type, [3, 5]).bytes,
    );
    assert.deepEqual(bytes, [60, 30, 15, 15, 60, 120, 15]);
    assert.equal(planInitializer("scalar", "float32", []).bytes, 4);
  });

  it("places vectors on cache lines and whole pages on pages, and writes them there", async () => {
    const plan = new DataFilePlan("x.onnx_data");
    const sizes = [10, 4096, 100, 5000];
    const placed = sizes.map((size, i) => plan.place(simple(`t${i}`, size, i + 1))[0]!);
    const locations = placed.map(({ data }) => data as { offset: number; length: number });
    assert.deepEqual(
      locations.map(({ offset, length }) => [offset, length]),
      [
        [0, 10],
        [4096, 4096],
        [8192, 100],
        [12288, 5000],
      ],
    );
    const written = await writeDataFile(plan, folder, quiet);
    const bytes = await readFile(path.join(folder, "x.onnx_data"));
    assert.equal(written.path, "x.onnx_data");
    assert.equal(written.bytes, bytes.length);
    assert.equal(plan.bytes, bytes.length);
    assert.equal(written.sha256, createHash("sha256").update(bytes).digest("hex"));
    locations.forEach(({ offset, length }, i) => {
      assert.ok(bytes.subarray(offset, offset + length).equals(filled(length, i + 1)));
    });
    const used = sizes.reduce((sum, size) => sum + size, 0);
    assert.equal(bytes.filter((byte) => byte === 0).length, bytes.length - used);
  });

  it("finds an entry again that another graph placed, and writes it once", async () => {
    const plan = new DataFilePlan("x.onnx_data");
    const first = plan.place(simple("shared", 8, 1));
    plan.place(simple("own", 8, 2));
    assert.deepEqual(plan.place(simple("shared", 8, 9)), first);
    await writeDataFile(plan, folder, quiet);
    const bytes = await readFile(path.join(folder, "x.onnx_data"));
    assert.deepEqual([...bytes.subarray(0, 8)], [...filled(8, 1)]);
    assert.equal(bytes.length, 72);
  });

  it("refuses two different entries with one name among their initializers", () => {
    const plan = new DataFilePlan("x.onnx_data");
    plan.place(entryOf({ a: 4, b: 4 }, []));
    assert.throws(() => plan.place(entryOf({ c: 4, b: 4 }, [])), { code: "internal" });
  });

  it("joins the pieces of several initializers", async () => {
    const plan = new DataFilePlan("x.onnx_data");
    plan.place(
      entryOf({ codes: 6, scales: 4 }, [
        { index: 0, bytes: filled(4, 1) },
        { index: 0, bytes: filled(2, 2) },
        { index: 1, bytes: filled(4, 3) },
      ]),
    );
    await writeDataFile(plan, folder, quiet);
    const bytes = await readFile(path.join(folder, "x.onnx_data"));
    assert.deepEqual([...bytes.subarray(0, 6)], [1, 1, 1, 1, 2, 2]);
    assert.deepEqual([...bytes.subarray(64)], [3, 3, 3, 3]);
  });

  for (const [what, length] of [
    ["too little", 3],
    ["too much", 5],
  ] as const) {
    it(`notices an entry that gives ${what}`, async () => {
      const plan = new DataFilePlan("x.onnx_data");
      plan.place(entryOf({ a: 4 }, [{ index: 0, bytes: filled(length, 1) }]));
      await assert.rejects(writeDataFile(plan, folder, quiet), {
        code: "internal",
        message: /a was/,
      });
    });
  }

  it("reports every write, in steps of at most 64 MB", async () => {
    const big = 70 << 20;
    const plan = new DataFilePlan("x.onnx_data");
    plan.place(simple("small", 10, 1));
    plan.place(simple("big", big, 2));
    const steps: number[] = [];
    await writeDataFile(plan, folder, { signal: undefined, onBytes: (bytes) => steps.push(bytes) });
    assert.equal(
      steps.reduce((sum, bytes) => sum + bytes, 0),
      plan.bytes,
    );
    assert.ok(Math.max(...steps) <= 64e6, steps.join());
    const bytes = await readFile(path.join(folder, "x.onnx_data"));
    assert.ok(bytes.subarray(4096).equals(filled(big, 2)));
  });

  it("stops inside a big piece when it is cancelled", async () => {
    const plan = new DataFilePlan("x.onnx_data");
    plan.place(simple("big", 70 << 20, 2));
    const controller = new AbortController();
    let nWrites = 0;
    const onBytes = (): void => {
      nWrites += 1;
      controller.abort();
    };
    await assert.rejects(writeDataFile(plan, folder, { signal: controller.signal, onBytes }), {
      code: "request.cancelled",
    });
    assert.equal(nWrites, 1);
  });

  it("does not write over a file that is there", async () => {
    const plan = new DataFilePlan("x.onnx_data");
    plan.place(simple("a", 4, 1));
    await writeDataFile(plan, folder, quiet);
    await assert.rejects(writeDataFile(plan, folder, quiet), { code: "EEXIST" });
  });
});
