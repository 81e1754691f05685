/** Conversions that must not succeed: what they say, and that they leave nothing behind. */

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AppError, type ErrorCode } from "../../src/base/errors";
import { convertModel, type ConvertOptions } from "../../src/convert/convertModel";
import { WorkerPool } from "../../src/convert/workers/workerPool";
import type { ConvertReport } from "../helpers/convertChild";
import {
  writeTinyCheckpoint,
  type TinyCheckpointOptions,
  type TinyTensor,
} from "../helpers/tinyCheckpoint";

const WORKER = path.resolve("dist", "convertWorker.js");
const CHILD = path.join(__dirname, "..", "helpers", "convertChild.js");

describe("a conversion that fails", () => {
  let root = "";
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "sightline-fail-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  const at = (...names: string[]): string => path.join(root, ...names);

  async function write(options: TinyCheckpointOptions): Promise<string> {
    await writeTinyCheckpoint(at("checkpoint"), options);
    return at("checkpoint");
  }

  /** Asserts the code and the words of the message, and that the folder holds only these names. */
  async function expectFailure(
    run: ConvertOptions,
    expected: { code: ErrorCode; words: RegExp; left?: readonly string[] },
  ): Promise<AppError> {
    const thrown: unknown = await convertModel(run).catch((error: unknown) => error);
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, expected.code, thrown.message);
    assert.match(thrown.message, expected.words);
    assert.deepEqual((await readdir(root)).sort(), expected.left ?? ["checkpoint"]);
    return thrown;
  }

  const victim = "vision_model.encoder.layers.1.mlp.fc1.weight";
  const edits: readonly [string, ErrorCode, (tensors: Map<string, TinyTensor>) => void][] = [
    ["lacks a tensor", "checkpoint.incomplete", (tensors) => tensors.delete(victim)],
    [
      "has a tensor of another shape",
      "checkpoint.incomplete",
      (tensors) => tensors.set(victim, { shape: [64, 160], dtype: "F32" }),
    ],
    [
      "has a tensor of integers",
      "checkpoint.unsupported",
      (tensors) => tensors.set(victim, { shape: [160, 64], dtype: "I64" }),
    ],
  ];
  for (const kit of ["opt", "t5", "itm"] as const) {
    for (const [what, code, edit] of edits) {
      it(`names the tensor when the ${kit} checkpoint ${what}`, async () => {
        const checkpoint = await write({ kit, edit });
        // The parent of the target must not appear either.
        const thrown = await expectFailure(
          { checkpoint, out: at("new", "model") },
          { code, words: new RegExp(victim.replaceAll(".", "\\.")) },
        );
        assert.equal(thrown.detail?.["tensor"], victim);
      });
    }

    it(`names a tensor of the ${kit} checkpoint that nothing uses`, async () => {
      const extra = "language_model.model.decoder.layers.99.fc1.weight";
      const edit = (tensors: Map<string, TinyTensor>): unknown =>
        tensors.set(extra, { shape: [2], dtype: "F32" });
      const checkpoint = await write({ kit, nShards: 2, edit });
      const thrown = await expectFailure(
        { checkpoint, out: at("model") },
        { code: "checkpoint.incomplete", words: /layers\.99.* has no place/ },
      );
      assert.equal(thrown.detail?.["tensor"], extra);
    });
  }

  it("says that something is at the target already: a folder, a file, a link to nothing", async () => {
    const checkpoint = await write({ kit: "opt" });
    await mkdir(at("folder"));
    await writeFile(at("file"), "");
    await symlink(at("nowhere"), at("link"), "junction");
    for (const out of ["folder", "file", "link"]) {
      await expectFailure(
        { checkpoint, out: at(out) },
        {
          code: "convert.failed",
          words: new RegExp(`${out} already exists`),
          left: ["checkpoint", "file", "folder", "link"],
        },
      );
    }
  });

  it("says that there is no checkpoint", async () => {
    await expectFailure(
      { checkpoint: at("absent"), out: at("model") },
      { code: "checkpoint.missing", words: /absent/, left: [] },
    );
  });

  it("refuses a precision it does not know", async () => {
    const checkpoint = await write({ kit: "opt" });
    await expectFailure(
      { checkpoint, out: at("model"), precision: "int3" },
      { code: "option.invalid", words: /int3/ },
    );
  });

  it("refuses a precision for a part that this model does not have, or that has no weights", async () => {
    for (const [kit, part] of [
      ["itm", "decoder"],
      ["itm", "qformer_itm"],
      ["opt", "text_encoder"],
      ["t5", "reorder_cache"],
    ] as const) {
      const checkpoint = await write({ kit });
      await expectFailure(
        { checkpoint, out: at("model"), precision: `f16,${part}=int8` },
        { code: "option.invalid", words: new RegExp(`"${part}"[^]*vision_encoder, qformer`) },
      );
    }
  });

  it("says that the path leads through a file", async () => {
    const checkpoint = await write({ kit: "opt" });
    await writeFile(at("file"), "");
    for (const out of [at("file", "model"), at("file", "deeper", "model")]) {
      await expectFailure(
        { checkpoint, out },
        {
          code: "convert.failed",
          words: /could not be written to .*model: .* Choose another folder. Nothing was kept/,
          left: ["checkpoint", "file"],
        },
      );
    }
  });

  it("says how much room is needed and how much there is", async () => {
    // Four million rows of 2^16 columns: about 1.1 TB, in a file of holes.
    const text = { vocab_size: 1 << 22, hidden_size: 1 << 16, word_embed_proj_dim: 1 << 16 };
    const sizes = { ffn_dim: 8, num_hidden_layers: 1, num_attention_heads: 64 };
    const config = { text_config: { ...text, ...sizes } };
    const checkpoint = await write({ kit: "opt", config, isSparse: true });
    const thrown = await expectFailure(
      { checkpoint, out: at("new", "model"), precision: "f32" },
      { code: "convert.failed", words: /needs 2[.\d]* TB .* are free/ },
    );
    const neededBytes = Number(thrown.detail?.["neededBytes"]);
    const freeBytes = Number(thrown.detail?.["freeBytes"]);
    assert.ok(neededBytes > 2 * 2 ** 40 && freeBytes > 0 && freeBytes < neededBytes);
  });

  it("names weights that cannot be quantised and leaves nothing behind", async () => {
    const edit = (tensors: Map<string, TinyTensor>): void => {
      tensors.delete(victim);
      tensors.set(victim, { shape: [160, 64], dtype: "F16" });
    };
    const checkpoint = await write({ kit: "opt", dtype: "F16", edit });
    await spoil(path.join(checkpoint, "model.safetensors"));
    await expectFailure(
      { checkpoint, out: at("new", "model"), precision: "int8" },
      { code: "checkpoint.corrupt", words: /layers\.1\/mlp\/fc1\/weight.* not finite/ },
    );
  });

  it("leaves another conversion of this process to the same target alone", async () => {
    const checkpoint = await write({ kit: "opt" });
    const partial = `model.partial-${process.pid}`;
    await mkdir(at(partial));
    await writeFile(at(partial, "decoder.onnx"), "unfinished");
    await expectFailure(
      { checkpoint, out: at("model") },
      { code: "convert.failed", words: /is under way/, left: ["checkpoint", partial] },
    );
    assert.deepEqual(await readdir(at(partial)), ["decoder.onnx"]);
    // The same folder from before this process began is what an earlier one of this id left behind.
    await utimes(at(partial), 1, 1);
    await convertModel({ checkpoint, out: at("model") });
    assert.deepEqual((await readdir(root)).sort(), ["checkpoint", "model"]);
  });

  it("says that one of its threads ended, and leaves nothing behind", async () => {
    await writeFile(at("worker.js"), "process.exit(7);");
    const width = { hidden_size: 1024, word_embed_proj_dim: 1024, ffn_dim: 1024 };
    const text_config = { ...width, num_attention_heads: 16, num_hidden_layers: 1 };
    const checkpoint = await write({ kit: "opt", config: { text_config }, isSparse: true });
    const startWorkers = (): WorkerPool => new WorkerPool({ programFile: at("worker.js") });
    await expectFailure(
      { checkpoint, out: at("new", "model"), precision: "int8:128", startWorkers },
      {
        code: "convert.failed",
        words: /A thread of the conversion ended .*exit code 7/,
        left: ["checkpoint", "worker.js"],
      },
    );
  });

  describe("when it is cancelled", () => {
    it("stops before it reads anything", async () => {
      const signal = AbortSignal.abort();
      await expectFailure(
        { checkpoint: at("absent"), out: at("model"), signal },
        { code: "request.cancelled", words: /./, left: [] },
      );
    });

    it("stops at any progress and leaves nothing behind", async () => {
      const checkpoint = await write({ kit: "itm", nShards: 2 });
      const run = { checkpoint, precision: "int8" };
      let nReports = 0;
      await convertModel({ ...run, out: at("model"), onProgress: () => (nReports += 1) });
      await rm(at("model"), { recursive: true });
      // A step that meets different moments of an entry, and the very last report.
      const moments = Array.from({ length: nReports }, (_, i) => i + 1).filter(
        (i) => i <= 3 || i % 37 === 0 || i >= nReports - 1,
      );
      for (const moment of moments) {
        const controller = new AbortController();
        let nSeen = 0;
        const onProgress = (): void => {
          nSeen += 1;
          if (nSeen === moment) controller.abort();
        };
        const options = { ...run, out: at("new", "model"), onProgress };
        await assert.rejects(convertModel({ ...options, signal: controller.signal }), {
          code: "request.cancelled",
        });
        assert.equal(nSeen, moment);
        assert.deepEqual(await readdir(root), ["checkpoint"]);
      }
      assert.ok(moments.length > 8);
    });

    it("leaves nothing behind when the listener itself fails", async () => {
      const checkpoint = await write({ kit: "itm" });
      const onProgress = (): never => {
        throw new Error("listener");
      };
      await assert.rejects(convertModel({ checkpoint, out: at("model"), onProgress }), {
        code: "internal",
        message: /listener/,
      });
      assert.deepEqual(await readdir(root), ["checkpoint"]);
    });
  });

  describe("in a process of its own", () => {
    const children: ChildProcess[] = [];
    afterEach(() => {
      for (const child of children.splice(0)) child.kill("SIGKILL");
    });

    function start(command: string, args: readonly string[]) {
      const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
      children.push(child);
      return child;
    }

    it("is cleaned up after when it was killed, and the next one succeeds", async () => {
      const checkpoint = await write({ kit: "opt" });
      const child = start(process.execPath, [CHILD, checkpoint, at("model"), "f32", "--hold"]);
      const [line] = (await once(child.stdout, "data")) as [Buffer];
      assert.equal(line.toString(), "held\n");
      child.kill("SIGKILL");
      await once(child, "exit");
      const partial = `model.partial-${child.pid}`;
      assert.deepEqual((await readdir(root)).sort(), ["checkpoint", partial]);
      assert.ok((await readdir(at(partial))).length > 0);
      await convertModel({ checkpoint, out: at("model") });
      assert.deepEqual((await readdir(root)).sort(), ["checkpoint", "model"]);
    });

    it("leaves the unfinished work of a living process and other folders alone", async () => {
      const checkpoint = await write({ kit: "opt" });
      const child = start(process.execPath, [CHILD, checkpoint, at("model"), "f32", "--hold"]);
      await once(child.stdout, "data");
      const others = ["model.partial-", "model.partial-x", "other.partial-1", "model.part"];
      for (const other of others) await mkdir(at(other));
      await convertModel({ checkpoint, out: at("model") });
      const partial = `model.partial-${child.pid}`;
      assert.deepEqual(
        (await readdir(root)).sort(),
        ["checkpoint", "model", partial, ...others].sort(),
      );
      assert.ok((await readdir(at(partial))).length > 0);
    });

    it("says that files may not become that large, and leaves nothing behind", async () => {
      const checkpoint = await write({ kit: "opt" });
      // 100 KiB: more than the texts, less than the weights.
      const limited = ["-c", 'ulimit -f 100 && exec "$0" "$@"', process.execPath];
      const child = start("bash", [...limited, CHILD, checkpoint, at("new", "model"), "f32"]);
      const { code, message = "" } = await reportOf(child);
      assert.equal(code, "convert.failed", message);
      assert.match(message, /files of that size are not allowed there/);
      assert.deepEqual(await readdir(root), ["checkpoint"]);
    });

    // Each layer has two matrices of 64 MiB and four of 16 MiB, in a file of holes.
    for (const [precision, threads, num_hidden_layers, inputBytes] of [
      ["int8:128", "one thread", 7, 1.4e9],
      ["int8:128", "four threads", 7, 1.4e9],
      ["w8a8", "four threads", 7, 1.4e9],
      ["f32", "one thread", 2, 0.4e9],
      ["f32", "four threads", 2, 0.4e9],
    ] as const) {
      it(`needs no more memory than 300 MB and three times the largest tensor, ${precision}, ${threads}`, async () => {
        const width = { hidden_size: 2048, word_embed_proj_dim: 2048, ffn_dim: 8192 };
        const text_config = { ...width, vocab_size: 8192, num_attention_heads: 16 };
        const config = { text_config: { ...text_config, num_hidden_layers } };
        const checkpoint = await write({ kit: "opt", config, isSparse: true });
        const args = [CHILD, checkpoint, at("model"), precision];
        if (threads !== "one thread") args.push(WORKER);
        const report = await reportOf(start(process.execPath, args));
        assert.equal(report.code, undefined, report.message);
        assert.ok(report.totalBytes - report.outputBytes > inputBytes * 0.95);
        assert.ok(report.peakBytes <= 300e6 + 3 * (64 << 20), `${report.peakBytes} bytes`);
      });
    }
  });
});

/** What the child says at its end. */
async function reportOf(child: ChildProcess): Promise<ConvertReport> {
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(code, 0, text);
  return JSON.parse(text) as ConvertReport;
}

/** Makes the last values of a file of halves infinite. */
async function spoil(file: string): Promise<void> {
  const handle = await open(file, "r+");
  const { size } = await handle.stat();
  await handle.write(Uint8Array.of(0, 0x7c, 0, 0x7c), 0, 4, size - 4);
  await handle.close();
}
