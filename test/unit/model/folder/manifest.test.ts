import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { GRAPH_CONTRACT_VERSION } from "../../../../src/model/graph/graphContract";
import {
  formatManifest,
  MANIFEST_FORMAT_VERSION,
  parseManifest,
  type Manifest,
} from "../../../../src/model/folder/manifest";

const sha256 = "0123456789abcdef".repeat(4);
const manifest: Manifest = {
  formatVersion: MANIFEST_FORMAT_VERSION,
  graphContractVersion: GRAPH_CONTRACT_VERSION,
  source: { name: "blip2-opt-2.7b", files: [{ path: "model.safetensors", bytes: 5, sha256 }] },
  parts: [
    {
      name: "vision_encoder",
      graph: "vision_encoder.onnx",
      acceleratorGraph: "vision_encoder.accelerator.onnx",
      stages: ["vision_encoder.1of2.onnx", "vision_encoder.2of2.onnx"],
      data: "vision_encoder.onnx_data",
      precision: { kind: "w8a8" },
    },
    {
      name: "decoder",
      graph: "decoder.onnx",
      acceleratorGraph: "decoder.accelerator.onnx",
      data: "decoder.onnx.data",
      precision: { kind: "int4", blockSize: 128 },
    },
    {
      name: "reorder_cache",
      graph: "reorder_cache.onnx",
      data: undefined,
      precision: { kind: "f32" },
    },
  ],
  files: [
    { path: "decoder.onnx", bytes: 0, sha256 },
    { path: "config.json", bytes: 2 ** 40, sha256 },
  ],
};

/** The manifest as plain JSON with one value replaced, by a path of keys. */
function withValue(keys: readonly (string | number)[], value: unknown): string {
  const json = JSON.parse(formatManifest(manifest)) as Record<string | number, unknown>;
  let at = json;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[keys.at(-1)!] = value;
  return JSON.stringify(json);
}

function refuses(text: string, code: ErrorCode, key: string): void {
  assert.throws(
    () => parseManifest(text, "/m/manifest.json"),
    (thrown) => {
      assert.ok(thrown instanceof AppError, String(thrown));
      assert.equal(thrown.code, code, thrown.message);
      assert.equal(thrown.detail?.["file"], "/m/manifest.json");
      assert.ok(thrown.message.includes("/m/manifest.json"), thrown.message);
      assert.ok(thrown.message.includes(key), `${thrown.message} names no ${key}`);
      return true;
    },
  );
}

describe("a manifest", () => {
  it("is read as it was written", () => {
    assert.deepEqual(parseManifest(formatManifest(manifest), "manifest.json"), manifest);
  });

  it("ends with a line break, as a text file does", () => {
    assert.ok(formatManifest(manifest).endsWith("}\n"));
  });

  it("of another version is refused and tells what to do", () => {
    for (const key of ["formatVersion", "graphContractVersion"]) {
      refuses(withValue([key], 999), "model.unsupported", "Convert the checkpoint again");
      for (const value of [0, -1, 1.5, "1", null]) {
        refuses(withValue([key], value), "model.corrupt", key);
      }
    }
  });

  it("that names a file outside its folder is refused", () => {
    for (const name of [
      "../x",
      "/etc/passwd",
      "a/b",
      "a\\b",
      "C:x",
      "..",
      ".",
      "",
      ".x",
      "a\u0000b",
    ]) {
      refuses(withValue(["files", 0, "path"], name), "model.corrupt", "files[0].path");
      refuses(withValue(["parts", 0, "graph"], name), "model.corrupt", "parts[0].graph");
      refuses(withValue(["parts", 0, "data"], name), "model.corrupt", "parts[0].data");
      refuses(withValue(["parts", 0, "stages", 1], name), "model.corrupt", "parts[0].stages");
    }
  });

  it("with a bad value is refused, naming file and key", () => {
    const corrupt: readonly [readonly (string | number)[], unknown, string][] = [
      [["source"], [], "source"],
      [["source", "name"], 5, "source.name"],
      [["source", "files"], {}, "source.files"],
      [["parts"], "x", "parts"],
      [["parts", 0], 7, "parts[0]"],
      [["parts", 0, "name"], "encoder", "parts[0].name"],
      [["parts", 0, "name"], "__proto__", "parts[0].name"],
      [["parts", 0, "stages"], [], "parts[0].stages"],
      [["parts", 0, "stages"], "all", "parts[0].stages"],
      [["parts", 0, "stages"], Array<string>(2_000).fill("a"), "parts[0].stages"],
      [["parts", 1, "precision"], "int3", "parts[1].precision"],
      [["parts", 1, "precision"], 4, "parts[1].precision"],
      [["files"], null, "files"],
      [["files", 1], null, "files[1]"],
      [["files", 1, "bytes"], -1, "files[1].bytes"],
      [["files", 1, "bytes"], 0.5, "files[1].bytes"],
      [["files", 1, "bytes"], 2 ** 60, "files[1].bytes"],
      [["files", 1, "sha256"], sha256.toUpperCase(), "files[1].sha256"],
      [["files", 1, "sha256"], sha256.slice(1), "files[1].sha256"],
    ];
    for (const [keys, value, key] of corrupt) {
      refuses(withValue(keys, value), "model.corrupt", key);
    }
    refuses("", "model.corrupt", "JSON");
    refuses("[]", "model.corrupt", "JSON object");
    refuses("{}", "model.corrupt", "formatVersion");
  });
});
