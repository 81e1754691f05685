import assert from "node:assert/strict";
import { cp, mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { AppError } from "../../../../src/base/errors";
import { openCheckpoint } from "../../../../src/convert/checkpoint/checkpoint";
import { fixturePath } from "../../../helpers/fixtures";
import { temporaryFolder } from "../../../helpers/kitModel";

const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${"ab".repeat(32)}\nsize 4975000000\n`;

async function copy(): Promise<string> {
  const folder = path.join(await temporaryFolder(), "checkpoint");
  await cp(fixturePath("kits", "opt", "checkpoint"), folder, { recursive: true });
  return folder;
}

async function refuses(folder: string, ...words: readonly RegExp[]): Promise<void> {
  await assert.rejects(openCheckpoint(folder), (thrown) => {
    assert.ok(thrown instanceof AppError && thrown.code.startsWith("checkpoint."), String(thrown));
    for (const word of words) assert.match(thrown.message, word);
    return true;
  });
}

describe("a checkpoint whose files are something else", () => {
  const weights: Record<string, readonly [string | Uint8Array, RegExp, RegExp]> = {
    "a Git LFS pointer": [LFS, /Git LFS pointer/, /git lfs pull/],
    "a pointer of git-annex": ["/annex/objects/SHA256E-s1--ab\n", /git-annex/, /annex get/],
    "a web page": ["<!DOCTYPE html><html>Sign in", /web page/, /token/],
    "an XML answer": ['<?xml version="1.0"?><Error/>', /XML/, /again/],
    "a pickle": [Buffer.from("PK\x03\x04archive/data.pkl"), /pickle/, /\.bin or \.pth/],
    "an old pickle": [Buffer.from([0x80, 2, 0x8a, 10]), /pickle/, /\.bin or \.pth/],
    "a GGUF file": ["GGUF\x03\0\0\0", /GGUF/, /made from/],
    "an ONNX graph": [Buffer.from([8, 8, 0x12, 7, 112, 121]), /ONNX/, /made from/],
    zeros: [new Uint8Array(4096), /zeros/, /again/],
    "an empty file": ["", /empty/, /again/],
  };
  for (const [what, [content, names, advises]] of Object.entries(weights)) {
    it(`says that the weights are ${what}`, async () => {
      const folder = await copy();
      await writeFile(path.join(folder, "model.safetensors"), content);
      await refuses(folder, /model\.safetensors is /, names, advises);
    });
  }

  for (const name of ["config.json", "tokenizer.json", "preprocessor_config.json"]) {
    it(`says that ${name} is a Git LFS pointer, or a web page`, async () => {
      const folder = await copy();
      await writeFile(path.join(folder, name), LFS);
      await refuses(folder, new RegExp(name.replace(".", "\\.")), /git lfs pull/);
      await writeFile(path.join(folder, name), "<html><body>429 Too Many Requests");
      await refuses(folder, /web page/);
    });
  }

  it("says that the weights are not whole", async () => {
    const folder = await copy();
    await truncate(path.join(folder, "model.safetensors"), 60_000);
    await refuses(folder, /not whole/, /Download/);
  });
});

describe("a folder that is no checkpoint", () => {
  const folders: Record<string, readonly [Readonly<Record<string, string>>, RegExp, RegExp]> = {
    "a PEFT adapter": [
      {
        "adapter_config.json": '{"base_model_name_or_path": "Salesforce/blip2-opt-2.7b"}',
        "adapter_model.safetensors": "",
      },
      /PEFT adapter of Salesforce\/blip2-opt-2\.7b/,
      /merge_and_unload/,
    ],
    "a PEFT adapter that does not say of what": [
      { "adapter_config.json": "{" },
      /PEFT adapter of another checkpoint/,
      /merge_and_unload/,
    ],
    "LoRA weights": [{ "pytorch_lora_weights.safetensors": "" }, /LoRA/, /merge/],
    "a pipeline of diffusers": [{ "model_index.json": "{}" }, /diffusers/, /BLIP-2/],
    "a folder of GGUF files": [{ "blip.Q4_K.gguf": "GGUF" }, /blip\.Q4_K\.gguf/, /safetensors/],
    "an empty folder": [{}, /no file .*config\.json/, /save_pretrained/],
  };
  for (const [what, [files, names, advises]] of Object.entries(folders)) {
    it(`is told to be ${what}`, async () => {
      const folder = path.join(await temporaryFolder(), "given");
      await mkdir(folder);
      for (const [name, text] of Object.entries(files)) {
        await writeFile(path.join(folder, name), text);
      }
      await refuses(folder, names, advises);
    });
  }

  it("is told to be a file or an archive", async () => {
    const folder = await temporaryFolder();
    for (const [name, word] of [
      ["blip2.tar.gz", /archive.*Unpack/],
      ["model.safetensors", /file and not a folder/],
    ] as const) {
      await writeFile(path.join(folder, name), gzipSync("x"));
      await refuses(path.join(folder, name), word);
    }
  });

  it("names every part of the weights that is missing", async () => {
    const folder = await copy();
    await rm(path.join(folder, "model.safetensors"));
    await writeFile(path.join(folder, "model-00002-of-00004.safetensors"), "");
    await refuses(folder, /00001-of-00004.*00003-of-00004.*00004-of-00004/);
    assert.ok((await readdir(folder)).includes("config.json"));
  });
});
