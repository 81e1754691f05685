/** The sha256 of a checkpoint's weight files, in one pass over them. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import path from "node:path";
import type { ManifestFile } from "../model/manifest";
import type { Checkpoint } from "./checkpoint";
import { corruptFile } from "./checkpointText";

/**
 * sha256 of each weight file, comparable with what the hub publishes.
 * @param advance called with the bytes of each step; what it throws ends the work.
 * @throws AppError `checkpoint.corrupt` when a file cannot be read or has changed.
 */
export async function hashSources(
  { weightFiles }: Pick<Checkpoint, "weightFiles">,
  advance: (bytes: number) => void,
): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const { path: file, bytes } of weightFiles) {
    const hash = createHash("sha256");
    let hashed = 0;
    for await (const chunk of readSource(file)) {
      hash.update(chunk);
      hashed += chunk.length;
      advance(chunk.length);
    }
    if (hashed !== bytes) throw corruptFile({ file }, "it changed while it was converted");
    files.push({ path: path.basename(file), bytes, sha256: hash.digest("hex") });
  }
  return files;
}

/** @throws AppError `checkpoint.corrupt`: a failed read is no failed write. */
async function* readSource(file: string): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(file, { highWaterMark: 4 << 20 }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw corruptFile({ file }, "its bytes could not be read", cause);
  }
}
