/** A converted model on disk: its manifest and configuration, validated; no weights are read. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import type { Device } from "../../model/ask/device";
import { type ModelConfig, parseModelConfig, writerOf } from "../../model/config/modelConfig";
import {
  type GenerationDefaults,
  parseGenerationDefaults,
} from "../../model/config/generationDefaults";
import type { PartName } from "../../model/graph/graphContract";
import {
  CONFIG_FILE,
  GENERATION_FILE,
  type Manifest,
  MANIFEST_FILE,
  type ManifestPart,
  parseManifest,
  PREPROCESSOR_FILE,
} from "../../model/folder/manifest";
import { parsePictureWorld, type PictureWorld, WORLD_FILE } from "../../model/folder/pictureWorld";
import type { Precision } from "../../model/precision/precision";
import {
  parsePreprocessorConfig,
  type PreprocessorConfig,
} from "../../model/config/preprocessorConfig";

export interface ModelFolder {
  readonly folder: string;
  /** The folder's own name. */
  readonly name: string;
  /** The same for the same weights in the same precision, wherever the folder lies. */
  readonly identity: string;
  readonly manifest: Manifest;
  readonly config: ModelConfig;
  readonly preprocessor: PreprocessorConfig;
  /** Absent for a model that is for all pictures. */
  readonly world: PictureWorld | undefined;
  /** Absent for retrieval models. */
  readonly generation: GenerationDefaults | undefined;
}

/**
 * Opens a model folder and checks that its files are there in the right size.
 * @throws AppError `model.missing` without a manifest, `model.corrupt` naming the file,
 * `model.unsupported` for another format.
 */
export async function openModelFolder(folder: string): Promise<ModelFolder> {
  const manifest = parseManifest(await readManifest(folder), path.join(folder, MANIFEST_FILE));
  for (const { path: name, bytes } of manifest.files) await expectFile(folder, name, bytes);
  const read = async (name: string): Promise<string> => readFile(path.join(folder, name), "utf8");
  const has = (name: string): boolean => manifest.files.some((file) => file.path === name);
  const at = (name: string): string => path.join(folder, name);
  try {
    const config = parseModelConfig(await read(CONFIG_FILE), at(CONFIG_FILE));
    const writer = writerOf(config);
    const generationText = has(GENERATION_FILE) ? await read(GENERATION_FILE) : "{}";
    return {
      folder,
      name: path.basename(path.resolve(folder)),
      identity: identityOf(manifest),
      manifest,
      config,
      preprocessor: parsePreprocessorConfig(await read(PREPROCESSOR_FILE), at(PREPROCESSOR_FILE)),
      world: has(WORLD_FILE)
        ? parsePictureWorld(await read(WORLD_FILE), at(WORLD_FILE))
        : undefined,
      generation:
        writer === undefined
          ? undefined
          : parseGenerationDefaults(generationText, at(GENERATION_FILE), writer),
    };
  } catch (thrown) {
    throw asModelError(thrown, folder);
  }
}

/** Where a graph runs: a device, or a CPU whose products of signed weights overflow. */
export type GraphPlace = Device | "exactCpu";

/**
 * The file of a part's graph for a device.
 * @throws AppError `model.corrupt` when the manifest has no such part.
 */
export function graphFile(
  model: ModelFolder,
  part: PartName,
  place: GraphPlace,
): { readonly file: string; readonly precision: Precision } {
  const entry = entryOf(model, part);
  const { graph, acceleratorGraph = graph, exactGraph = graph, precision } = entry;
  const name = place === "cpu" ? graph : place === "exactCpu" ? exactGraph : acceleratorGraph;
  return { file: path.join(model.folder, name), precision };
}

/**
 * The files of a part's graph for the CPU in as many pieces as it has: one, where it has no stages.
 * @throws AppError as `graphFile`.
 */
export function stageFiles(
  model: ModelFolder,
  part: PartName,
  place: GraphPlace,
): readonly string[] {
  const { graph, stages = [graph], exactStages = stages } = entryOf(model, part);
  return (place === "exactCpu" ? exactStages : stages).map((stage) =>
    path.join(model.folder, stage),
  );
}

function entryOf(model: ModelFolder, part: PartName): ManifestPart {
  const entry = model.manifest.parts.find(({ name }) => name === part);
  if (entry === undefined) {
    throw new AppError(
      "model.corrupt",
      `${path.join(model.folder, MANIFEST_FILE)} lists no part "${part}". Convert the checkpoint again.`,
      { detail: { file: model.folder } },
    );
  }
  return entry;
}

/**
 * Compares every file with its sha256 in the manifest; reads the whole model.
 * @throws AppError `model.corrupt` naming the first file that differs.
 */
export async function verifyFiles(model: ModelFolder): Promise<void> {
  for (const { path: name, sha256 } of model.manifest.files) {
    const file = path.join(model.folder, name);
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
    if (hash.digest("hex") !== sha256) {
      throw corrupt(file, "its contents are not those that were written");
    }
  }
}

async function readManifest(folder: string): Promise<string> {
  try {
    return await readFile(path.join(folder, MANIFEST_FILE), "utf8");
  } catch (cause) {
    throw new AppError(
      "model.missing",
      `There is no converted model in ${folder} (no ${MANIFEST_FILE}). Convert a checkpoint with "sightline convert CHECKPOINT ${folder}".`,
      { cause, detail: { file: folder } },
    );
  }
}

async function expectFile(folder: string, name: string, bytes: number): Promise<void> {
  const file = path.join(folder, name);
  const present = await stat(file).catch(() => undefined);
  if (present === undefined) throw corrupt(file, "it is gone");
  if (present.size !== bytes) {
    throw corrupt(file, `it has ${present.size} bytes instead of ${bytes}`);
  }
}

function corrupt(file: string, why: string): AppError {
  return new AppError(
    "model.corrupt",
    `${file} is damaged: ${why}. Delete the model and convert the checkpoint again.`,
    { detail: { file } },
  );
}

/** Configuration inside a model folder was valid when it was written; now it is the model that is damaged. */
function asModelError(thrown: unknown, folder: string): AppError {
  if (thrown instanceof AppError && !thrown.code.startsWith("checkpoint.")) return thrown;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError(
    "model.corrupt",
    `The model in ${folder} is damaged: ${why} Delete it and convert the checkpoint again.`,
    { cause: thrown, detail: { file: folder } },
  );
}

function identityOf(manifest: Manifest): string {
  const hash = createHash("sha256");
  for (const { path: name, sha256 } of manifest.files) hash.update(`${name} ${sha256}\n`);
  return hash.digest("hex");
}
