/** The sha256 of a checkpoint's weight files, in one pass over them. */

import path from "node:path";
import type { ManifestFile } from "../../model/folder/manifest";
import type { Checkpoint } from "../checkpoint/checkpoint";
import { corruptFile } from "../checkpoint/checkpointText";
import { type ConvertWorkers, InThreadWorkers } from "../weights/convertWorkers";

/**
 * sha256 of each weight file, comparable with what the hub publishes.
 * @param advance called with the bytes of each step; what it throws ends the work.
 * @throws AppError `checkpoint.corrupt` when a file cannot be read or has changed.
 */
export async function hashSources(
  { weightFiles }: Pick<Checkpoint, "weightFiles">,
  advance: (bytes: number) => void,
  workers: Pick<ConvertWorkers, "hashFile"> = new InThreadWorkers(),
): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const file of weightFiles) {
    const { bytes, sha256 } = await workers.hashFile(file, advance);
    if (bytes !== file.bytes) {
      throw corruptFile({ file: file.path }, "it changed while it was converted");
    }
    files.push({ path: path.basename(file.path), bytes, sha256 });
  }
  return files;
}
