import assert from "node:assert/strict";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { openCheckpoint } from "../../../../src/convert/checkpoint/checkpoint";
import { convertModel } from "../../../../src/convert/convertModel";
import { TensorReader } from "../../../../src/convert/checkpoint/tensorReader";
import { tensorBytes, type TensorInfo } from "../../../../src/convert/checkpoint/tensorInfo";
import { readWeightHeader } from "../../../../src/convert/checkpoint/weightFile";
import { type Part, type Sizes, sizesOf } from "../../../../src/convert/lavis/lavisParts";
import { openModelFolder } from "../../../../src/engine/session/modelFolder";
import { fixturePath } from "../../../helpers/fixtures";
import { temporaryFolder } from "../../../helpers/kitModel";
import { stateDict, type StoredEntry, torchWeights } from "../../../helpers/torchFile";

const T5 = "blip2_pretrained_flant5xl_vitL.pth";
const CLIP = "clip_vit_L.pth";
const EVA = "eva_vit_g.pth";
const STAGE_ONE = "blip2_pretrained.pth";

describe("a LAVIS release in parts", () => {
  let folder: string;
  const at = (...names: string[]): string => path.join(folder, ...names);

  async function copyOf(kit: string): Promise<void> {
    folder = path.join(await temporaryFolder(), kit);
    await cp(fixturePath("lavis", kit, "checkpoint"), folder, { recursive: true });
  }

  async function refuses(code: ErrorCode, words: RegExp, file?: string): Promise<void> {
    await assert.rejects(openCheckpoint(folder), (thrown) => {
      assert.ok(thrown instanceof AppError, String(thrown));
      assert.equal(thrown.code, code, thrown.message);
      assert.match(thrown.message, words);
      if (file !== undefined) assert.equal(thrown.detail?.["file"], file);
      return true;
    });
  }

  async function edit(file: string, change: (json: Record<string, unknown>) => object) {
    const json = JSON.parse(await readFile(at(file), "utf8")) as Record<string, unknown>;
    await writeFile(at(file), JSON.stringify(change(json)));
  }

  describe("with a language model", () => {
    beforeEach(() => copyOf("blip2-vitl-pth"));

    it("is read as one checkpoint, with Hugging Face's names", async () => {
      const { config, tensors, weightFiles } = await openCheckpoint(folder);
      assert.ok(config.kind === "generation" && config.text.kind === "t5");
      // Flan-T5's own file says the approximation.
      assert.equal(config.text.activation, "gelu");
      assert.equal(config.vision.isClip, true);
      assert.equal(config.vision.postNormEps, 1e-5);
      assert.equal(config.vision.nLayers, 3);
      assert.deepEqual(tensors.get("vision_model.embeddings.class_embedding")?.shape.length, 3);
      assert.equal(tensors.get("vision_model.post_layernorm.bias")?.name, "ln_vision.bias");
      assert.equal(tensors.has("vision_model.encoder.layers.3.mlp.fc1.weight"), false);
      assert.ok(tensors.has("language_model.lm_head.weight"));
      const files = weightFiles.map(({ path: file }) => path.relative(folder, file));
      assert.deepEqual(files.sort(), [T5, CLIP, path.join("flan-t5-xl", "model.safetensors")]);
    });

    it("becomes a model that remembers its files", async () => {
      const out = path.join(await temporaryFolder(), "model");
      const { manifest } = await convertModel({ checkpoint: folder, out });
      const names = manifest.source.files.map((file) => file.path);
      assert.deepEqual(names.sort(), [T5, CLIP, "model.safetensors"]);
      const { config } = await openModelFolder(out);
      assert.equal(config.vision.isClip, true);
    });

    it("says which part is missing", async () => {
      await rename(at(CLIP), path.join(await temporaryFolder(), CLIP));
      await refuses("checkpoint.missing", /no image encoder of its own.*eva_vit_g\.pth/, at(EVA));
      await copyOf("blip2-vitl-pth");
      await rm(at("flan-t5-xl"), { recursive: true });
      await refuses("checkpoint.missing", /needs its language model, a T5 of width \d+/);
      await copyOf("blip2-vitl-pth");
      await rm(at("flan-t5-xl", "tokenizer.json"));
      await refuses("checkpoint.missing", /tokenizer\.json/);
      await copyOf("blip2-vitl-pth");
      await rm(at(T5));
      await refuses("checkpoint.missing", /none is the BLIP-2 part of a LAVIS release/);
    });

    it("notices a part of another model", async () => {
      await edit("flan-t5-xl/config.json", (json) => ({ ...json, d_model: 999 }));
      await refuses(
        "checkpoint.incomplete",
        /another language model/,
        at("flan-t5-xl", "config.json"),
      );
      await copyOf("blip2-vitl-pth");
      const narrow = (entry: StoredEntry): StoredEntry =>
        entry.name.startsWith("ln_vision.")
          ? { ...entry, shape: [8], content: entry.content.subarray(0, 32) }
          : entry;
      await writeFile(at(T5), stateDict((await entriesOf(at(T5))).map(narrow)));
      await refuses("checkpoint.incomplete", /The two are of different models/, at(T5));
      await cp(fixturePath("lavis", "blip2-stage1-pth", "checkpoint", STAGE_ONE), at(STAGE_ONE));
      await refuses("checkpoint.corrupt", /2 BLIP-2 parts: .* and /, folder);
      await copyOf("blip2-vitl-pth");
      await cp(at(CLIP), at("clip_vit_L (1).pth"));
      await refuses("checkpoint.corrupt", /2 image encoders/, folder);
      await copyOf("blip2-vitl-pth");
      await writeFile(at("other.pth"), torchWeights({ "resnet.conv.weight": 0 }));
      await refuses("checkpoint.unsupported", /neither an image encoder/, at("other.pth"));
    });

    it("asks to choose between two language models", async () => {
      await cp(at("flan-t5-xl"), at("flan-t5-xxl"), { recursive: true });
      await refuses("checkpoint.missing", /flan-t5-xl, flan-t5-xxl/);
    });

    it("notices a tensor that has no place in its part, and one in two parts", async () => {
      const entries = await entriesOf(at(CLIP));
      const [first] = entries;
      assert.ok(first);
      await writeFile(at(CLIP), stateDict([...entries, { ...first, name: "logit_scale" }]));
      await refuses("checkpoint.incomplete", /"logit_scale" has no place in CLIP's/, at(CLIP));
      const kept = entries.filter(({ name }) => name !== "conv1.weight");
      await writeFile(at(CLIP), stateDict(kept));
      await refuses("checkpoint.unsupported", /neither an image encoder/, at(CLIP));
    });

    it("may have its image encoder in the same file, with the blocks that are used", async () => {
      const encoder = (await entriesOf(at(CLIP))).filter(
        ({ name }) => !/^(?:transformer\.resblocks\.3\.|ln_post|proj$)/.test(name),
      );
      const named = encoder.map((entry) => ({ ...entry, name: `visual_encoder.${entry.name}` }));
      const separate = await modelOf(folder);
      await writeFile(at(T5), stateDict([...(await entriesOf(at(T5))), ...named]));
      await refuses("checkpoint.corrupt", /2 image encoders/, folder);
      await rm(at(CLIP));
      assert.deepEqual(await modelOf(folder), separate);
    });

    it("may have its language model as files of torch", async () => {
      const expected = await modelOf(folder);
      const entries = await entriesOf(at("flan-t5-xl", "model.safetensors"));
      await rm(at("flan-t5-xl", "model.safetensors"));
      await writeFile(at("flan-t5-xl", "pytorch_model.bin"), stateDict(entries));
      assert.deepEqual(await modelOf(folder), expected);
    });
  });

  describe("of stage 1", () => {
    beforeEach(() => copyOf("blip2-stage1-pth"));

    it("scores texts and writes captions with the tokenizer that is beside it", async () => {
      const { config, tensors } = await openCheckpoint(folder);
      assert.ok(config.kind === "stage1");
      const { bosTokenId, eosTokenId, padTokenId, vocabSize } = config.text;
      // [DEC] is the last row of the table; [SEP] and [PAD] are the tokenizer's.
      assert.deepEqual([bosTokenId, eosTokenId, padTokenId, vocabSize], [200, 3, 0, 201]);
      assert.equal(tensors.get("temp")?.shape.length, 0);
      assert.ok(tensors.has("cls.predictions.transform.LayerNorm.weight"));
      assert.equal(config.vision.isClip, false);
      assert.ok(tensors.has("vision_model.encoder.layers.0.self_attn.q_bias"));
      await mkdir(at("again"));
      await cp(at("bert-base-uncased", "tokenizer.json"), at("again", "tokenizer.json"));
      await refuses("checkpoint.missing", /2 folders that could be/);
      await rm(at("again"), { recursive: true });
      await rm(at("bert-base-uncased"), { recursive: true });
      await refuses("checkpoint.missing", /bert-base-uncased/, at("tokenizer.json"));
    });

    it("only scores texts where its file has lost the head or the temperature", async () => {
      const all = await entriesOf(at(STAGE_ONE));
      for (const lost of [/^Qformer\.cls\./, /^temp$/]) {
        await writeFile(at(STAGE_ONE), stateDict(all.filter(({ name }) => !lost.test(name))));
        const { config } = await openCheckpoint(folder);
        assert.equal(config.kind, "retrieval");
        const out = path.join(await temporaryFolder(), "model");
        const { manifest } = await convertModel({ checkpoint: folder, out });
        assert.equal(manifest.parts.length, 5);
      }
    });

    it("refuses widths of no published encoder where nothing else tells the heads", async () => {
      await rm(at("lavis.json"));
      await refuses("checkpoint.incomplete", /is not that of a published model/, at(EVA));
    });
  });
});

/** The bytes of every file of the model but its manifest. */
async function modelOf(checkpoint: string): Promise<Readonly<Record<string, string>>> {
  const out = path.join(await temporaryFolder(), "model");
  const { manifest } = await convertModel({ checkpoint, out });
  return Object.fromEntries(manifest.files.map(({ path: name, sha256 }) => [name, sha256]));
}

async function entriesOf(file: string): Promise<StoredEntry[]> {
  return await stored((await readWeightHeader(file)).tensors.values());
}

async function stored(
  tensors: Iterable<Parameters<TensorReader["read"]>[0]>,
): Promise<StoredEntry[]> {
  const reader = new TensorReader();
  try {
    const entries: StoredEntry[] = [];
    for (const info of tensors) {
      const content = Buffer.from(await reader.read(info));
      assert.equal(content.length, tensorBytes(info));
      entries.push({ name: info.name, dtype: info.dtype, shape: info.shape, content });
    }
    return entries;
  } finally {
    await reader.close();
  }
}

describe("the sizes of a release", () => {
  const info = (shape: readonly number[]): TensorInfo => {
    return { name: "x", dtype: "F16", shape, begin: 0, end: 0, file: "x.pth" };
  };
  const part = (shapes: Readonly<Record<string, readonly number[]>>): Part => ({
    file: "x.pth",
    tensors: new Map(Object.entries(shapes).map(([name, shape]) => [name, info(shape)])),
  });
  const blip2 = (width: number): Part => {
    const layer = "Qformer.bert.encoder.layer";
    return part({
      ...{ query_tokens: [1, 32, 768], "ln_vision.weight": [width] },
      [`${layer}.0.crossattention.self.key.weight`]: [768, width],
      [`${layer}.0.intermediate_query.dense.weight`]: [3072, 768],
      [`${layer}.2.crossattention.self.key.weight`]: [768, width],
      [`${layer}.11.attention.self.key.weight`]: [768, 768],
    });
  };

  it("are those of the published encoders, whose last block is left out", () => {
    const clip = part({
      "conv1.weight": [1024, 3, 14, 14],
      positional_embedding: [257, 1024],
      "transformer.resblocks.0.mlp.c_fc.weight": [4096, 1024],
      "transformer.resblocks.23.mlp.c_fc.weight": [4096, 1024],
    });
    const eva = part({
      "patch_embed.proj.weight": [1408, 3, 14, 14],
      pos_embed: [1, 677, 1408],
      "blocks.0.mlp.fc1.weight": [6144, 1408],
      "blocks.39.mlp.fc1.weight": [6144, 1408],
    });
    const sizes = (kind: "clip" | "eva", vision: Part, width: number): Sizes =>
      sizesOf(
        {
          vision: { ...vision, kind, isOfBackbone: true },
          blip2: { ...blip2(width), kind: "t5" },
        },
        {},
      );
    const large = sizes("clip", clip, 1024);
    assert.deepEqual(
      [large.vision.num_hidden_layers, large.vision["num_attention_heads"]],
      [23, 16],
    );
    assert.equal(large.vision["image_size"], 224);
    const giant = sizes("eva", eva, 1408);
    assert.deepEqual(
      [giant.vision.num_hidden_layers, giant.vision["num_attention_heads"]],
      [39, 16],
    );
    assert.equal(giant.vision["image_size"], 364);
    assert.deepEqual(
      [giant.qformer["num_attention_heads"], giant.qformer["cross_attention_frequency"]],
      [12, 2],
    );
    assert.equal(giant.numQueryTokens, 32);
  });
});
