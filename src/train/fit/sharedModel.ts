/**
 * A model that differs from another one in what has learnt: it shares all other files with it, as hard links, so that
 * it takes the room of the changed ones alone, and either can be deleted without the other.
 */

import { constants, copyFile, link, rm } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { writeDataFile } from "../../convert/output/dataFileWriter";
import { writeModelFile } from "../../convert/output/modelFiles";
import { writeBeside } from "../../convert/output/targetFolder";
import type { ModelFolder } from "../../engine/session/modelFolder";
import {
  formatManifest,
  LEARNT_FILE,
  MANIFEST_FILE,
  type ManifestFile,
} from "../../model/folder/manifest";
import type { StoredTensor } from "../output/safetensorsFile";
import { planLearning } from "./modelTensors";

export interface SharedModel {
  /** Must not exist. */
  readonly out: string;
  /** All tensors of the files that hold what learns. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Becomes `learnt.json`. */
  readonly record: object;
  readonly signal?: AbortSignal | undefined;
  /** Looks at the whole model before it gets its name; false throws it away. */
  readonly keep: (folder: string) => Promise<boolean>;
}

/**
 * Writes the model beside its name, in the precision of the old one, and renames it if it is to be kept.
 * @returns whether it was.
 * @throws AppError `convert.failed` when something is there or the disk refuses, `request.cancelled`.
 */
export async function writeSharedModel(model: ModelFolder, shared: SharedModel): Promise<boolean> {
  const { files } = planLearning(model, shared.tensors);
  const notKept = new AppError("internal", "The model is not kept.");
  try {
    await writeBeside(shared.out, async (folder) => {
      const run = { signal: shared.signal, onBytes: () => undefined };
      const written: ManifestFile[] = [];
      for (const data of files) written.push(await writeDataFile(data, folder, run));
      written.push(await writeModelFile(folder, LEARNT_FILE, json(shared.record)));
      const { manifest } = model;
      const changed = new Set(written.map((file) => file.path));
      const kept = manifest.files.filter((file) => !changed.has(file.path));
      for (const file of kept) await share(path.join(model.folder, file.path), folder);
      const text = formatManifest({
        ...manifest,
        source: { ...manifest.source, name: path.basename(shared.out) },
        files: [...kept, ...written],
      });
      await writeModelFile(folder, MANIFEST_FILE, Buffer.from(text, "utf8"));
      if (!(await shared.keep(folder))) throw notKept;
    });
    return true;
  } catch (thrown) {
    if (thrown === notKept) return false;
    throw thrown;
  }
}

/** A second name for a file; a copy where the disk has no second names. */
export async function share(file: string, folder: string): Promise<void> {
  const to = path.join(folder, path.basename(file));
  await rm(to, { force: true });
  await link(file, to).catch(() => copyFile(file, to, constants.COPYFILE_FICLONE));
}

function json(record: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`, "utf8");
}
