/** An installed ONNX Runtime for tests of what is copied: files of the right names without content. */

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { nativeFolder } from "../../src/library/cuda/cudaRuntime";
import type { InstalledPackage } from "../../src/machine/onnxRuntimePackage";

/** Where the package has the provider's files. */
export const INSIDE = "runtimes/linux-x64/native";

/** @param index address of the feed that its metadata names. */
export async function madeUpRuntime(home: string, index: string): Promise<InstalledPackage> {
  const modules = path.join(home, "program", "node_modules");
  const folder = path.join(modules, "onnxruntime-node");
  const commonFolder = path.join(modules, "onnxruntime-common");
  const runtime = { folder, commonFolder, version: "9.8.7" };
  const files: Readonly<Record<string, string>> = {
    [path.join(folder, "package.json")]: '{"version": "9.8.7", "main": "dist/index.js"}',
    [path.join(folder, "dist", "index.js")]: "exports.isCopy = true;",
    [path.join(folder, "script", "install-metadata.js")]: metadata(index),
    [path.join(nativeFolder(runtime), "libonnxruntime.so.1")]: "runtime",
    [path.join(nativeFolder(runtime), "onnxruntime_binding.node")]: "binding",
    [path.join(commonFolder, "package.json")]: '{"main": "index.js"}',
    [path.join(commonFolder, "index.js")]: "",
  };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return runtime;
}

/** As the real package's file has it. */
function metadata(index: string): string {
  const file = (name: string): object => ({ package: "nuget:cuda", path: `${INSIDE}/${name}` });
  return `module.exports = ${JSON.stringify({
    requirements: { "linux/x64": ["cuda12"], "linux/arm64": [] },
    manifests: {
      "linux/x64:cuda12": {
        "./libonnxruntime_providers_cuda.so": file("libonnxruntime_providers_cuda.so"),
        "./libonnxruntime_providers_shared.so": file("libonnxruntime_providers_shared.so"),
        "./libonnxruntime_providers_tensorrt.so": file("libonnxruntime_providers_tensorrt.so"),
      },
    },
    packages: {
      "nuget:cuda": { name: "Made.Up", versions: [{ feed: "nuget", version: "1.2.3" }] },
    },
    feeds: { nuget: { type: "nuget", index } },
  })};\n`;
}
