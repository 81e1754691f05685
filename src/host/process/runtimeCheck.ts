/** Whether this installation can compute here; there is a package of the extension without a runtime. */

import { existsSync } from "node:fs";
import path from "node:path";

export interface Platform {
  /** As `process.platform` says it. */
  readonly os: string;
  /** As `process.arch` says it. */
  readonly arch: string;
}

/**
 * The platform, such as `linux-armhf`, when the extension's folder has no ONNX Runtime for it; undefined
 * when it has. Reads no file.
 */
export function missingRuntime(
  extensionFolder: string,
  { os, arch }: Platform = { os: process.platform, arch: process.arch },
): string | undefined {
  // The layout of onnxruntime-node 1.30, which loads its binding from there.
  const folder = path.join("node_modules/onnxruntime-node/bin/napi-v6", os, arch);
  return existsSync(path.join(extensionFolder, folder)) ? undefined : `${os}-${arch}`;
}
