import assert from "node:assert/strict";
import { cp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { silentLogger } from "../../../../src/base/logger";
import { loadEngine, type Blip2Engine } from "../../../../src/engine/blip2Engine";
import {
  graphFile,
  openModelFolder,
  stageFiles,
  verifyFiles,
} from "../../../../src/engine/session/modelFolder";
import { kitPicture } from "../../../helpers/kitCases";
import { copyOfKitModel, kitModel, temporaryFolder } from "../../../helpers/kitModel";

const load = (folder: string): Promise<Blip2Engine> =>
  loadEngine({ folder, device: "cpu", logger: silentLogger });

/** Opens the model and asks it something, as far as it comes. */
async function use(folder: string): Promise<void> {
  const engine = await load(folder);
  try {
    const image = kitPicture("t5-odd", "gray.png");
    const options = { maxNewTokens: 3, numBeams: 2 };
    await engine.generate({ image, prompt: { kind: "raw", text: "a" }, options });
  } finally {
    await engine.release();
  }
}

async function failsWith(work: Promise<unknown>, code: ErrorCode, text: string): Promise<void> {
  await assert.rejects(work, (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.ok(thrown.message.includes(text), `${thrown.message} does not mention ${text}`);
    return true;
  });
}

/** Other bytes of the same number. */
async function garble(file: string): Promise<void> {
  const { size } = await stat(file);
  await writeFile(file, Buffer.alloc(size, 0xa5));
}

async function changeManifest(
  folder: string,
  change: (manifest: Record<string, unknown>) => void,
): Promise<void> {
  const file = path.join(folder, "manifest.json");
  const manifest = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  change(manifest);
  await writeFile(file, JSON.stringify(manifest));
}

describe("a model folder", () => {
  it("is known by its weights and precision, wherever it lies", async () => {
    const model = await openModelFolder(await kitModel("t5-odd"));
    const copy = await openModelFolder(await copyOfKitModel("t5-odd"));
    const rounded = await openModelFolder(await kitModel("t5-odd", "f16"));
    const other = await openModelFolder(await kitModel("opt-odd"));
    assert.equal(copy.identity, model.identity);
    assert.equal(new Set([model.identity, rounded.identity, other.identity]).size, 3);
    assert.equal(copy.name, "t5-odd");
  });

  it("gives the graph and precision of each part", async () => {
    const folder = await kitModel("t5-odd", "f32,decoder=int8:16");
    const model = await openModelFolder(folder);
    assert.deepEqual(graphFile(model, "decoder", "cpu"), {
      file: path.join(folder, "decoder.onnx"),
      precision: { kind: "int8", blockSize: 16 },
    });
    assert.deepEqual(graphFile(model, "vision_encoder", "cpu").precision, { kind: "f32" });
    const onDevice = (part: "decoder" | "reorder_cache"): string =>
      path.basename(graphFile(model, part, "webgpu").file);
    assert.equal(onDevice("decoder"), "decoder.accelerator.onnx");
    assert.equal(onDevice("reorder_cache"), "reorder_cache.onnx");
    assert.throws(
      () => graphFile(model, "qformer_itm", "cpu"),
      (thrown) => thrown instanceof AppError && thrown.code === "model.corrupt",
    );
  });

  it("gives the stages of a part that has some, and else its graph", async () => {
    const folder = await kitModel("opt");
    const model = await openModelFolder(folder);
    const stages = (part: "vision_encoder" | "decoder"): string[] =>
      stageFiles(model, part, "cpu").map((file) => path.relative(folder, file));
    assert.deepEqual(stages("vision_encoder"), [
      "vision_encoder.1of3.onnx",
      "vision_encoder.2of3.onnx",
      "vision_encoder.3of3.onnx",
    ]);
    assert.deepEqual(stages("decoder"), ["decoder.onnx"]);
  });

  it("gives graphs of their own for exact products where a part has signed codes", async () => {
    const model = await openModelFolder(await kitModel("opt", "vision_encoder=w8a8"));
    const names = (part: "vision_encoder" | "decoder"): string[] =>
      [graphFile(model, part, "exactCpu").file, ...stageFiles(model, part, "exactCpu")].map(
        (file) => path.basename(file),
      );
    assert.deepEqual(names("vision_encoder"), [
      "vision_encoder.exact.onnx",
      ...[1, 2, 3].map((stage) => `vision_encoder.exact.${stage}of3.onnx`),
    ]);
    assert.deepEqual(names("decoder"), ["decoder.onnx", "decoder.onnx"]);
  });

  it("that nothing happened to passes the check of its files", async () => {
    await verifyFiles(await openModelFolder(await kitModel("t5-odd")));
  });

  it("with a changed byte fails the check of its files", async () => {
    const folder = await copyOfKitModel("t5-odd");
    const model = await openModelFolder(folder);
    const { data } = model.manifest.parts.find(({ name }) => name === "decoder") ?? {};
    assert.ok(data !== undefined);
    const file = path.join(folder, data);
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
    await writeFile(file, bytes);
    await failsWith(verifyFiles(model), "model.corrupt", file);
  });

  it("that is gone or has no manifest is missing", async () => {
    const folder = await temporaryFolder();
    await failsWith(load(folder), "model.missing", "sightline convert");
    await failsWith(load(path.join(folder, "none")), "model.missing", "none");
    await failsWith(load(path.join(await kitModel("t5-odd"), "config.json")), "model.missing", "");
    await failsWith(load(""), "model.missing", "");
    await failsWith(load("\0"), "model.missing", "");
  });

  it("of another format is not supported", async () => {
    const folder = await copyOfKitModel("t5-odd");
    await changeManifest(folder, (manifest) => {
      manifest["formatVersion"] = 999;
    });
    await failsWith(load(folder), "model.unsupported", "999");
  });

  it("that lost a file, or a part of one, is corrupt before anything is loaded", async () => {
    const { manifest } = await openModelFolder(await kitModel("t5-odd"));
    for (const { path: name } of manifest.files) {
      const folder = await copyOfKitModel("t5-odd");
      const file = path.join(folder, name);
      await truncate(file, (await stat(file)).size - 1);
      await failsWith(openModelFolder(folder), "model.corrupt", file);
      await rm(file);
      await failsWith(openModelFolder(folder), "model.corrupt", file);
    }
  });

  it("with garbage in a graph is corrupt when the graph is opened", async () => {
    const { manifest } = await openModelFolder(await kitModel("t5-odd"));
    for (const { graph, data } of manifest.parts) {
      // Those without weights move the cache of an accelerator, and the CPU never opens them.
      if (data === undefined) continue;
      const folder = await copyOfKitModel("t5-odd");
      await garble(path.join(folder, graph));
      await failsWith(use(folder), "model.corrupt", graph);
    }
  });

  it("whose weights are deleted after it was loaded is corrupt when they are needed", async () => {
    const { manifest } = await openModelFolder(await kitModel("t5-odd"));
    for (const { graph, data } of manifest.parts) {
      if (data === undefined) continue;
      const folder = await copyOfKitModel("t5-odd");
      const engine = await load(folder);
      await rm(path.join(folder, data));
      const image = kitPicture("t5-odd", "gray.png");
      const answer = engine.generate({ image, prompt: { kind: "raw", text: "a" } });
      await failsWith(answer, "model.corrupt", graph);
      // What is whole again works again.
      await cp(path.join(await kitModel("t5-odd"), data), path.join(folder, data));
      const { tokens } = await engine.generate({ image, prompt: { kind: "raw", text: "a" } });
      assert.ok(tokens > 0);
      await engine.release();
    }
  });

  it("with an invalid configuration or tokenizer is corrupt", async () => {
    const texts = ["{", "[]"];
    const wrong = '{"model_type": 5, "size": "x", "eos_token_id": "x"}';
    const damages: readonly (readonly [string, readonly string[]])[] = [
      ["config.json", [...texts, wrong]],
      ["preprocessor_config.json", [...texts, wrong]],
      ["generation_config.json", [...texts, wrong]],
      ["tokenizer.json", [...texts, wrong]],
      ["tokenizer_config.json", texts],
    ];
    for (const [name, text] of damages.flatMap(([name, all]) =>
      all.map((t) => [name, t] as const),
    )) {
      const folder = await copyOfKitModel("t5-odd");
      await writeFile(path.join(folder, name), text);
      await changeManifest(folder, (manifest) => {
        const files = manifest["files"] as { path: string; bytes: number }[];
        const entry = files.find((candidate) => candidate.path === name);
        assert.ok(entry, name);
        entry.bytes = text.length;
      });
      await failsWith(load(folder), "model.corrupt", folder);
    }
  });

  it("whose manifest lists no part for a stage is corrupt", async () => {
    const folder = await copyOfKitModel("t5-odd");
    await changeManifest(folder, (manifest) => {
      manifest["parts"] = [];
    });
    await failsWith(use(folder), "model.corrupt", "manifest.json");
  });

  it("whose manifest names a graph that is not there is corrupt", async () => {
    const folder = await copyOfKitModel("t5-odd");
    await changeManifest(folder, (manifest) => {
      for (const part of manifest["parts"] as { graph: string }[]) part.graph = "other.onnx";
    });
    await failsWith(use(folder), "model.corrupt", "other.onnx");
  });
});
