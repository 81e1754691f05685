/** Where the npm package of ONNX Runtime is installed, and its version; the package is not loaded. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { JsonObject } from "../base/json";

export interface InstalledPackage {
  readonly folder: string;
  readonly version: string;
  /** Of its other half, onnxruntime-common, which npm puts beside it or inside. */
  readonly commonFolder: string;
}

/** Undefined when it is not installed beside this program, or is damaged. */
export async function onnxRuntimePackage(): Promise<InstalledPackage | undefined> {
  try {
    const file = createRequire(__filename).resolve("onnxruntime-node/package.json");
    const json = JsonObject.parse(await readFile(file, "utf8"), { file, code: "internal" });
    // Its manifest cannot be asked for: the package exports only its code, dist/cjs/index.js.
    const common = createRequire(file).resolve("onnxruntime-common");
    return {
      folder: path.dirname(file),
      version: json.string("version"),
      commonFolder: path.join(common, "..", "..", ".."),
    };
  } catch {
    return undefined;
  }
}
