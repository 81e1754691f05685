import assert from "node:assert/strict";
import { cp, mkdtemp, mkdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { openCheckpoint } from "../../../../src/convert/checkpoint/checkpoint";
import { parseWeightIndex } from "../../../../src/convert/checkpoint/weightFiles";
import { readSafetensorsHeader } from "../../../../src/convert/checkpoint/safetensors";
import { fixturePath } from "../../../helpers/fixtures";
import { torchWeights } from "../../../helpers/torchFile";

const kit = (name: string): string => fixturePath("kits", name, "checkpoint");

/** Asserts the code, and that the message names the file to blame and says the words. */
async function expectFailure(
  folder: string,
  expected: { code: ErrorCode; file: string; words?: RegExp; tensor?: string },
): Promise<void> {
  await assert.rejects(openCheckpoint(folder), (thrown) => {
    assert.ok(thrown instanceof AppError);
    assert.equal(thrown.code, expected.code, thrown.message);
    assert.ok(thrown.message.includes(expected.file), thrown.message);
    assert.match(thrown.message, expected.words ?? /./);
    assert.equal(thrown.detail?.["tensor"], expected.tensor);
    return true;
  });
}

/** A file whose tensors are single bytes of these names. */
function byteTensors(names: readonly string[]): Buffer {
  const entries = names.map((name, i): [string, object] => [
    name,
    { dtype: "U8", shape: [1], data_offsets: [i, i + 1] },
  ]);
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(names.length)]);
}

describe("openCheckpoint", () => {
  let root: string;
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  const edit = async (name: string, change: (json: Record<string, unknown>) => object) => {
    const json = JSON.parse(await readFile(at(name), "utf8")) as Record<string, unknown>;
    await writeFile(at(name), JSON.stringify(change(json)));
  };
  /** Replaces the single weight file by these, each with single-byte tensors. */
  const shards = async (files: Readonly<Record<string, readonly string[]>>): Promise<void> => {
    await rm(at("model.safetensors"), { force: true });
    for (const [name, tensors] of Object.entries(files)) {
      await writeFile(at(name), byteTensors(tensors));
    }
  };
  const index = (weightMap: object): Promise<void> =>
    writeFile(at("model.safetensors.index.json"), JSON.stringify({ weight_map: weightMap }));

  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), "sightline-checkpoint-"));
  });
  after(async () => {
    await rm(root, { recursive: true });
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(root, "opt-"));
    await cp(kit("opt"), folder, { recursive: true });
  });

  for (const [name, kind] of [
    ["opt", "generation"],
    ["t5", "generation"],
    ["itm", "retrieval"],
  ] as const) {
    it(`opens the ${name} kit`, async () => {
      const checkpoint = await openCheckpoint(kit(name));
      const weights = await readSafetensorsHeader(path.join(kit(name), "model.safetensors"));
      assert.equal(checkpoint.config.kind, kind);
      assert.deepEqual(checkpoint.tensors, weights.tensors);
      assert.equal(checkpoint.totalTensorBytes, weights.fileBytes - weights.dataOffset);
      assert.deepEqual(checkpoint.weightFiles, [{ path: weights.file, bytes: weights.fileBytes }]);
      assert.deepEqual(checkpoint.configFiles.map((file) => file.name).sort(), [
        "config.json",
        ...(kind === "generation" ? ["generation_config.json"] : []),
        ...["preprocessor_config.json", "processor_config.json"],
        ...["tokenizer.json", "tokenizer_config.json"],
      ]);
      assert.equal(checkpoint.generationText !== undefined, kind === "generation");
    });
  }

  it("says that the folder is missing, for an absent one, a file and an impossible name", async () => {
    const missing = {
      code: "checkpoint.missing",
      words: /Give the folder of a checkpoint/,
    } as const;
    await expectFailure(at("absent"), { ...missing, file: at("absent") });
    await expectFailure(at("config.json"), { ...missing, file: at("config.json") });
    await expectFailure("with\0zero", { ...missing, file: "with\0zero" });
  });

  for (const name of ["config.json", "tokenizer.json", "model.safetensors"]) {
    it(`says that ${name} is missing`, async () => {
      await rm(at(name));
      await expectFailure(folder, { code: "checkpoint.missing", file: at(name) });
    });

    it(`says that ${name} is missing when a folder has its name`, async () => {
      await rm(at(name));
      await mkdir(at(name));
      await expectFailure(folder, { code: "checkpoint.missing", file: at(name) });
    });
  }

  it("does without the optional files", async () => {
    for (const name of [
      "generation_config.json",
      "tokenizer_config.json",
      "processor_config.json",
    ]) {
      await rm(at(name));
    }
    const checkpoint = await openCheckpoint(folder);
    assert.equal(checkpoint.generationText, undefined);
    assert.equal(checkpoint.configFiles.length, 3);
  });

  it("takes the image processor from processor_config.json, as transformers does", async () => {
    await edit("preprocessor_config.json", (json) => ({ ...json, size: { height: 7, width: 7 } }));
    const sizeOf = async (): Promise<unknown> =>
      (JSON.parse((await openCheckpoint(folder)).preprocessorText) as { size: unknown }).size;
    assert.deepEqual(await sizeOf(), { height: 56, width: 56 });
    await rm(at("preprocessor_config.json"));
    assert.deepEqual(await sizeOf(), { height: 56, width: 56 });
  });

  it("refuses pictures of another size than the image encoder's", async () => {
    await rm(at("processor_config.json"));
    const file = at("preprocessor_config.json");
    for (const size of [{ height: 56, width: 57 }, { height: 55, width: 56 }, 57]) {
      await edit("preprocessor_config.json", (json) => ({ ...json, size }));
      await expectFailure(folder, { code: "checkpoint.unsupported", file, words: /56 × 56/ });
    }
  });

  it("takes it from preprocessor_config.json when the processor nests none", async () => {
    for (const nested of [{}, { image_processor: null }]) {
      await writeFile(at("processor_config.json"), JSON.stringify(nested));
      const { preprocessorText } = await openCheckpoint(folder);
      assert.equal(preprocessorText, await readFile(at("preprocessor_config.json"), "utf8"));
    }
    await rm(at("preprocessor_config.json"));
    await expectFailure(folder, {
      code: "checkpoint.missing",
      file: at("preprocessor_config.json"),
    });
  });

  it("refuses a bad value in each of the texts, naming file and key", async () => {
    const corrupt = async (name: string, change: object, words: RegExp): Promise<void> => {
      const original = await readFile(at(name));
      await edit(name, (json) => ({ ...json, ...change }));
      await expectFailure(folder, { code: "checkpoint.corrupt", file: at(name), words });
      await writeFile(at(name), original);
    };
    await corrupt("config.json", { num_query_tokens: -1 }, /num_query_tokens/);
    await corrupt("generation_config.json", { eos_token_id: "</s>" }, /eos_token_id/);
    await corrupt("processor_config.json", { image_processor: { size: -1 } }, /size/);
    await corrupt("processor_config.json", { image_processor: [] }, /object/);
    await rm(at("processor_config.json"));
    await corrupt("preprocessor_config.json", { image_std: [1, 0, 1] }, /image_std/);
  });

  it("refuses a text that is not UTF-8, not JSON, ambiguous, too deep or too large", async () => {
    const wide = `{"a":[${"[],".repeat(2_000_001)}0]}`;
    const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    for (const [text, words] of [
      [Buffer.from([0x7b, 0xff, 0x7d]), /UTF-8/],
      ["", /is empty/],
      ["[]", /JSON object/],
      ['{"a":{1}}', /JSON/],
      ['{"a":1,"a":2}', /"a" occurs twice/],
      [deep, /more than 100 levels/],
      [wide, /more than 4000000 parts/],
    ] as const) {
      for (const name of ["config.json", "tokenizer.json", "tokenizer_config.json"]) {
        const original = await readFile(at(name));
        await writeFile(at(name), text);
        await expectFailure(folder, { code: "checkpoint.corrupt", file: at(name), words });
        await writeFile(at(name), original);
      }
    }
    await truncate(at("config.json"), 2 ** 24 + 1);
    await expectFailure(folder, {
      code: "checkpoint.corrupt",
      file: at("config.json"),
      words: /16777217 bytes/,
    });
  });

  it("does not convert another model", async () => {
    await edit("config.json", (json) => ({ ...json, model_type: "llava" }));
    await expectFailure(folder, { code: "checkpoint.unsupported", file: at("config.json") });
  });

  it("does not take one format for the other", async () => {
    await rename(at("model.safetensors"), at("pytorch_model.bin"));
    const renamed = { file: at("pytorch_model.bin"), words: /is a safetensors file/ };
    await expectFailure(folder, { code: "checkpoint.corrupt", ...renamed });
    await rm(at("pytorch_model.bin"));
    await writeFile(at("model.safetensors"), torchWeights({ a: 1 }));
    const pickled = { file: at("model.safetensors"), words: /PyTorch/ };
    await expectFailure(folder, { code: "checkpoint.unsupported", ...pickled });
  });

  it("says which files it would read when there are others", async () => {
    await rename(at("model.safetensors"), at("flax_model.msgpack"));
    await expectFailure(folder, {
      code: "checkpoint.unsupported",
      file: at("flax_model.msgpack"),
      words: /save_pretrained/,
    });
  });

  it("reads weights of torch, and counts once what tensors share", async () => {
    await rm(at("model.safetensors"));
    await writeFile(at("pytorch_model.bin"), torchWeights({ a: 1, tied: 1, b: 2 }));
    const checkpoint = await openCheckpoint(folder);
    assert.deepEqual([...checkpoint.tensors.keys()], ["a", "tied", "b"]);
    assert.equal(checkpoint.totalTensorBytes, 128);
    assert.deepEqual(
      checkpoint.weightFiles.map(({ path: file }) => file),
      [at("pytorch_model.bin")],
    );
  });

  it("joins parts of torch, with an index and without", async () => {
    await rm(at("model.safetensors"));
    const parts = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"] as const;
    await writeFile(at(parts[0]), torchWeights({ a: 1 }));
    await writeFile(at(parts[1]), torchWeights({ b: 1 }));
    const names = async (): Promise<string[]> => [...(await openCheckpoint(folder)).tensors.keys()];
    assert.deepEqual(await names(), ["a", "b"]);
    const indexFile = at("pytorch_model.bin.index.json");
    await writeFile(indexFile, JSON.stringify({ weight_map: { a: parts[0], b: parts[1] } }));
    assert.deepEqual(await names(), ["a", "b"]);
    await writeFile(indexFile, JSON.stringify({ weight_map: { a: parts[0], b: parts[0] } }));
    await expectFailure(folder, { code: "checkpoint.corrupt", file: at(parts[0]), tensor: "b" });
    await writeFile(indexFile, JSON.stringify({ weight_map: { a: "model.safetensors" } }));
    const mixed = { file: indexFile, words: /another format/ };
    await expectFailure(folder, { code: "checkpoint.corrupt", ...mixed });
    await rm(indexFile);
    await rm(at(parts[1]));
    await expectFailure(folder, { code: "checkpoint.missing", file: at(parts[1]) });
  });

  it("reads safetensors alone where both formats are there", async () => {
    await writeFile(at("pytorch_model.bin"), torchWeights({ a: 1 }));
    const { weightFiles } = await openCheckpoint(folder);
    assert.deepEqual(
      weightFiles.map(({ path: file }) => file),
      [at("model.safetensors")],
    );
  });

  it("refuses a damaged weight file, naming the tensor", async () => {
    await truncate(at("model.safetensors"), 1_000_000);
    await assert.rejects(openCheckpoint(folder), (thrown) => {
      assert.ok(thrown instanceof AppError && thrown.code === "checkpoint.corrupt");
      assert.ok(thrown.message.includes(at("model.safetensors")));
      assert.ok(typeof thrown.detail?.["tensor"] === "string");
      return true;
    });
  });

  it("joins the files that an index names", async () => {
    await shards({ "one.safetensors": ["a", "b"], "two.safetensors": ["c"], "other.bin": [] });
    await index({ a: "one.safetensors", c: "two.safetensors", b: "one.safetensors" });
    const checkpoint = await openCheckpoint(folder);
    assert.deepEqual([...checkpoint.tensors.keys()], ["a", "b", "c"]);
    assert.equal(checkpoint.tensors.get("c")?.file, at("two.safetensors"));
    assert.equal(checkpoint.totalTensorBytes, 3);
    assert.deepEqual(
      checkpoint.weightFiles.map((file) => file.path),
      [at("one.safetensors"), at("two.safetensors")],
    );
  });

  it("says which file of an index is missing", async () => {
    await shards({ "one.safetensors": ["a"] });
    await index({ a: "one.safetensors", b: "two.safetensors" });
    await expectFailure(folder, { code: "checkpoint.missing", file: at("two.safetensors") });
  });

  it("refuses an index that disagrees with its files", async () => {
    const corrupt = { code: "checkpoint.corrupt" } as const;
    await shards({ "one.safetensors": ["a"], "two.safetensors": ["b"] });
    const one = { file: at("one.safetensors"), words: /index\.json/ };
    const two = { file: at("two.safetensors"), words: /index\.json/ };
    await index({ a: "one.safetensors", b: "two.safetensors", c: "two.safetensors" });
    await expectFailure(folder, { ...corrupt, ...two, tensor: "c" });
    await index({ a: "two.safetensors", b: "one.safetensors" });
    await expectFailure(folder, { ...corrupt, ...two, tensor: "a" });
    await shards({ "one.safetensors": ["a", "b"] });
    await index({ a: "one.safetensors", b: "two.safetensors" });
    await expectFailure(folder, { ...corrupt, ...one, tensor: "b" });
    await shards({ "one.safetensors": ["a", "left over"] });
    await expectFailure(folder, { ...corrupt, ...one, tensor: "left over" });
  });

  it("joins a complete numbered series without an index", async () => {
    const name = (n: number): string => `model-0000${n}-of-00002.safetensors`;
    await shards({ [name(1)]: ["a"], [name(2)]: ["b"] });
    assert.deepEqual([...(await openCheckpoint(folder)).tensors.keys()], ["a", "b"]);
    await shards({ [name(2)]: ["a"] });
    await expectFailure(folder, {
      code: "checkpoint.corrupt",
      file: at(name(2)),
      words: /model-00001-of-00002\.safetensors" has it too/,
      tensor: "a",
    });
    await rm(at(name(1)));
    await expectFailure(folder, { code: "checkpoint.missing", file: at(name(1)) });
    await shards({ "model-00001-of-00003.safetensors": ["a"] });
    await expectFailure(folder, {
      code: "checkpoint.corrupt",
      file: folder,
      words: /more than one series/,
    });
  });
});

describe("parseWeightIndex", () => {
  const parse = (json: string): ReadonlyMap<string, string> =>
    parseWeightIndex(Buffer.from(json), "model.safetensors.index.json");
  const corrupt = { code: "checkpoint.corrupt", message: /^model\.safetensors\.index\.json: / };

  it("gives the file of each tensor, whatever the tensor is called", () => {
    const shards = parse('{"metadata":{},"weight_map":{"__proto__":"a.safetensors","b":"b-1_x"}}');
    assert.deepEqual(
      [...shards],
      [
        ["__proto__", "a.safetensors"],
        ["b", "b-1_x"],
      ],
    );
  });

  it("refuses a file name that could lead out of the folder or is none", () => {
    for (const name of [
      ...["../a", "..", ".", "", "a/b", "a\\b", "/a", "C:a", "a\0", ".a", "a..b", "a b"],
      ...["a".repeat(300), "a\n"],
      ...[7, null, [], {}],
    ]) {
      assert.throws(() => parse(JSON.stringify({ weight_map: { a: name } })), corrupt);
    }
  });

  it("refuses an index without tensors, with a tensor twice or of another form", () => {
    for (const json of [
      "{}",
      '{"weight_map":{}}',
      '{"weight_map":[]}',
      '{"weight_map":{"a":"x","a":"y"}}',
      '{"weight_map":{"a":x}}',
      "[]",
      "",
    ]) {
      assert.throws(() => parse(json), corrupt);
    }
  });
});
