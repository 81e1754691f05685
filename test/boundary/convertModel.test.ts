/** Conversions of small checkpoints of every class, from files to files. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { convertModel, type ConvertProgress } from "../../src/convert/convertModel";
import { openModelFolder, verifyFiles } from "../../src/engine/session/modelFolder";
import { createOrtSessionFactory } from "../../src/engine/session/ortSession";
import { cpuTensor, floats } from "../../src/engine/session/session";
import { formatManifest } from "../../src/model/folder/manifest";
import { SeededRandom } from "../helpers/random";
import {
  tinyValues,
  writeTinyCheckpoint,
  type TinyCheckpointOptions,
  type TinyTensor,
} from "../helpers/tinyCheckpoint";

const KITS = ["opt", "t5", "itm"] as const;
const PRECISIONS = [
  "f32",
  "f16",
  "int8:16",
  "int4:128",
  "int8:64,vision_encoder=f16,qformer=int4:32",
];

/** Widths that no block size divides; the vocabulary is larger than the tokenizer's. */
const ODD = {
  vision_config: { hidden_size: 44, intermediate_size: 70, num_hidden_layers: 2 },
  qformer_config: { hidden_size: 36, intermediate_size: 50, encoder_hidden_size: 44 },
};
const ODD_TEXT = {
  opt: { hidden_size: 52, word_embed_proj_dim: 52, ffn_dim: 90, vocab_size: 451 },
  t5: { d_model: 52, d_kv: 10, d_ff: 90, vocab_size: 451, num_decoder_layers: 2 },
  itm: {},
};

describe("convertModel", () => {
  let root = "";
  let nFolders = 0;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "sightline-convert-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  async function write(options: TinyCheckpointOptions) {
    // The same last name everywhere, because the manifest keeps it.
    const folder = path.join(root, String(nFolders++), "checkpoint");
    return { folder, tensors: await writeTinyCheckpoint(folder, options) };
  }

  async function convert(checkpoint: string, precision: string) {
    const out = path.join(root, `model-${nFolders++}`);
    const result = await convertModel({ checkpoint, out, precision });
    assert.equal(result.folder, out);
    return { ...result, files: await filesIn(out) };
  }

  async function filesIn(folder: string): Promise<Map<string, Buffer>> {
    const files = new Map<string, Buffer>();
    for (const name of (await readdir(folder)).sort()) {
      files.set(name, await readFile(path.join(folder, name)));
    }
    return files;
  }

  for (const kit of KITS) {
    for (const precision of PRECISIONS) {
      it(`gives the same ${kit} model from any shards and storage types, ${precision}`, async () => {
        const config = { ...ODD, text_config: ODD_TEXT[kit] };
        const plain = await write({ kit, config });
        const first = await convert(plain.folder, precision);
        const again = await convert(plain.folder, precision);
        assert.equal(formatManifest(first.manifest), formatManifest(again.manifest));
        assert.deepEqual(first.files, again.files);
        for (const [nShards, dtype] of [
          [3, "F32"],
          [1, "F16"],
          [2, "BF16"],
        ] as const) {
          const other = await write({ kit, config, nShards, dtype });
          const { manifest, files } = await convert(other.folder, precision);
          assert.deepEqual(manifest.files, first.manifest.files);
          assert.equal(manifest.source.files.length, nShards);
          assert.deepEqual([...files.keys()], [...first.files.keys()]);
          for (const { path: name } of manifest.files) {
            assert.ok(files.get(name)!.equals(first.files.get(name)!), name);
          }
        }
      });
    }

    it(`writes a ${kit} model whose files are what the manifest says`, async () => {
      const { folder } = await write({ kit, nShards: 2 });
      const { folder: out, manifest, files } = await convert(folder, "int8");
      const expectTrue = (name: string, bytes: Buffer): void => {
        const listed = [...manifest.files, ...manifest.source.files].find((f) => f.path === name);
        assert.equal(listed?.bytes, bytes.length, name);
        assert.equal(listed.sha256, createHash("sha256").update(bytes).digest("hex"), name);
      };
      const names = [...manifest.files.map((file) => file.path), "manifest.json"];
      assert.deepEqual(names.sort(), [...files.keys()]);
      for (const [name, bytes] of files) if (name !== "manifest.json") expectTrue(name, bytes);
      const shards = (await readdir(folder)).filter((name) => name.endsWith(".safetensors"));
      assert.deepEqual(manifest.source.files.map((file) => file.path).sort(), shards.sort());
      for (const name of shards) expectTrue(name, await readFile(path.join(folder, name)));
      assert.equal(files.get("manifest.json")?.toString(), formatManifest(manifest));
      await verifyFiles(await openModelFolder(out));
    });

    it(`writes no path of this machine into a ${kit} model`, async () => {
      const { folder } = await write({ kit });
      const { files } = await convert(folder, "f32");
      for (const [name, bytes] of files) {
        for (const secret of [root, tmpdir() + path.sep, process.cwd()]) {
          assert.ok(!bytes.includes(secret), `${name} has ${secret}`);
        }
      }
    });

    it(`puts every tensor of a ${kit} checkpoint into the model`, async () => {
      const { folder, tensors } = await write({ kit, hasHead: kit !== "itm" });
      const { files, dropped } = await convert(folder, "f32");
      assert.deepEqual(dropped, []);
      const data = [...files].flatMap(([name, bytes]) => (/_data$/.test(name) ? [bytes] : []));
      for (const [name, tensor] of tensors) {
        for (const run of recognisableRuns(name, tensor)) {
          assert.ok(
            data.some((bytes) => bytes.includes(run)),
            name,
          );
        }
      }
    });
  }

  it("takes a stored head for the logits and the table where there is none", async () => {
    for (const kit of ["opt", "t5"] as const) {
      for (const hasHead of [true, false]) {
        const { folder, tensors } = await write({ kit, hasHead });
        const { files } = await convert(folder, "f32");
        const table =
          kit === "opt"
            ? "language_model.model.decoder.embed_tokens.weight"
            : "language_model.shared.weight";
        const name = hasHead ? "language_model.lm_head.weight" : table;
        const head = transposed(name, tensors.get(hasHead ? name : table)!);
        assert.ok(files.get("decoder.onnx_data")?.includes(head), `${kit} ${hasHead}`);
        const rows = bytesOf(tinyValues(table, tensors.get(table)!));
        assert.ok(files.get("embed_tokens.onnx_data")?.includes(rows), kit);
      }
    }
  });

  it("drops the copies that old T5 checkpoints carry, and says so", async () => {
    const copies = ["encoder", "decoder"].map(
      (stack) => `language_model.${stack}.embed_tokens.weight`,
    );
    const plain = await convert((await write({ kit: "t5" })).folder, "f32");
    const edit = (tensors: Map<string, TinyTensor>): void => {
      const shared = tensors.get("language_model.shared.weight")!;
      for (const copy of copies) tensors.set(copy, shared);
    };
    const { files, dropped } = await convert((await write({ kit: "t5", edit })).folder, "f32");
    assert.deepEqual(
      dropped.map(({ name }) => name),
      copies,
    );
    files.delete("manifest.json");
    for (const [name, bytes] of files) assert.ok(bytes.equals(plain.files.get(name)!), name);
  });

  for (const kit of KITS) {
    it(`computes about the same in every precision with odd sizes, ${kit}`, async () => {
      const { folder } = await write({ kit, config: { ...ODD, text_config: ODD_TEXT[kit] } });
      const exact = await imageStage(folder, "f32");
      for (const [precision, limit] of [
        ["f16", 5e-3],
        ["int8:16", 3e-2],
        ["int8:128", 3e-2],
        ["int4:16", 0.3],
        ["int4:128", 0.4],
      ] as const) {
        const error = relativeError(await imageStage(folder, precision), exact);
        assert.ok(error > 0 && error < limit, `${precision}: ${error}`);
      }
    });

    it(`writes graphs that ONNX Runtime opens, ${kit}`, async () => {
      const { folder } = await write({ kit, config: { ...ODD, text_config: ODD_TEXT[kit] } });
      for (const precision of PRECISIONS) {
        const { folder: out, manifest } = await convert(folder, precision);
        for (const { graph } of manifest.parts) {
          const session = await factory.open(path.join(out, graph), { device: "cpu" });
          assert.ok(session.outputNames.length > 0);
          await session.release();
        }
      }
    });
  }

  const factory = createOrtSessionFactory();

  /** The query output for a picture of noise. */
  async function imageStage(checkpoint: string, precision: string): Promise<Float32Array> {
    const { folder } = await convert(checkpoint, precision);
    const random = new SeededRandom(5);
    const noise = Float32Array.from({ length: 3 * 56 * 56 }, () => random.next() * 2 - 1);
    const vision = await factory.open(path.join(folder, "vision_encoder.onnx"), { device: "cpu" });
    const qformer = await factory.open(path.join(folder, "qformer.onnx"), { device: "cpu" });
    const image = await vision.run({ pixel_values: cpuTensor(noise, [1, 3, 56, 56]) });
    const queries = await qformer.run({ image_features: image["image_features"]! });
    await vision.release();
    await qformer.release();
    return floats(queries["query_output"]);
  }

  it("reports progress that never falls and ends at the total, for every shard", async () => {
    for (const nShards of [1, 3]) {
      const { folder } = await write({ kit: "opt", nShards });
      const reports: ConvertProgress[] = [];
      const out = path.join(root, `progress-${nShards}`);
      const onProgress = (report: ConvertProgress): unknown => reports.push(report);
      await convertModel({ checkpoint: folder, out, onProgress });
      const totals = new Set(reports.map(({ totalBytes }) => totalBytes));
      assert.equal(totals.size, 1);
      let last = 0;
      for (const { doneBytes } of reports) {
        assert.ok(doneBytes > last && doneBytes - last <= 64e6);
        last = doneBytes;
      }
      assert.equal(last, [...totals][0]);
    }
  });
});

const bytesOf = (values: Float32Array): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** A matrix [rows, cols] as the bytes of [cols, rows]. */
function transposed(name: string, tensor: TinyTensor): Buffer {
  const values = tinyValues(name, tensor);
  const [rows = 0, cols = 0] = tensor.shape;
  const out = Float32Array.from(
    { length: values.length },
    (_, i) => values[(i % rows) * cols + Math.floor(i / rows)]!,
  );
  return bytesOf(out);
}

/**
 * Bytes of a tensor that the f32 model must have somewhere: all of a table or vector, the first, middle
 * and last column of a linear layer, which may be packed with others.
 */
function recognisableRuns(name: string, tensor: TinyTensor): Buffer[] {
  const values = tinyValues(name, tensor);
  const [rows = 0, cols = 0] = tensor.shape;
  // Row 0 of the positions has the class token added to it, and OPT skips two rows.
  if (name.endsWith("class_embedding")) return [];
  if (name.endsWith("position_embedding")) return [bytesOf(values.subarray(tensor.shape[2]))];
  if (name.endsWith("embed_positions.weight")) return [bytesOf(values.subarray(2 * cols))];
  const isTable = /shared|embed_tokens|_embeddings\.|relative_attention_bias/.test(name);
  if (tensor.shape.length !== 2 || isTable) return [bytesOf(values)];
  const all = transposed(name, tensor);
  return [0, Math.floor(cols / 2), cols - 1].map((col) =>
    all.subarray(col * rows * 4, (col + 1) * rows * 4),
  );
}

/** Length of the difference relative to the length of what was expected. */
function relativeError(got: Float32Array, expected: Float32Array): number {
  assert.equal(got.length, expected.length);
  const length = (values: Float32Array): number =>
    Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return length(got.map((value, i) => value - expected[i]!)) / length(expected);
}
