/**
 * A checkpoint folder as Hugging Face's tools write it: its configuration, validated, and where each
 * tensor lies. Everything that can be known to be wrong is refused here, before any work begins.
 * Knows no tensor by its name.
 */

import { readdir } from "node:fs/promises";
import path from "node:path";

import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import {
  parseModelConfig,
  type ModelConfig,
  writerOf,
  readsInstruction,
} from "../../model/config/modelConfig";
import { parseGenerationDefaults } from "../../model/config/generationDefaults";
import {
  CONFIG_FILE,
  GENERATION_FILE,
  PREPROCESSOR_FILE,
  QFORMER_TOKENIZER_CONFIG_FILE,
  QFORMER_TOKENIZER_FILE,
  TOKENIZER_CONFIG_FILE,
  TOKENIZER_FILE,
} from "../../model/folder/manifest";
import { parsePictureWorld, WORLD_FILE } from "../../model/folder/pictureWorld";
import {
  parsePreprocessorConfig,
  type PreprocessorConfig,
} from "../../model/config/preprocessorConfig";
import { absentFile, decodeUtf8, objectMembers, readSmallFile } from "./checkpointText";
import type { TensorInfo, WeightHeader } from "./tensorInfo";
import { mergeTensors, readWeightHeaders, storedBytes } from "./weightFiles";
import { isLavisFolder, type LavisFolder, openLavisFolder } from "../lavis/lavisFolder";
import { refuseArchive, refuseStrangeFolder, refuseStranger } from "./strangeFile";

export interface Checkpoint {
  /** As it was given. */
  readonly folder: string;
  readonly config: ModelConfig;
  /** The texts the folder has, or would have, in no particular order; generation_config.json and others may lack. */
  readonly configFiles: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** JSON of the image processor, whichever file it came from. */
  readonly preprocessorText: string;
  /** JSON of generation_config.json; undefined when the folder has none. */
  readonly generationText: string | undefined;
  /** Of all weight files. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly weightFiles: readonly { readonly path: string; readonly bytes: number }[];
  readonly totalTensorBytes: number;
}

/** What the small files of a checkpoint say. */
export type CheckpointConfigs = Pick<Checkpoint, "config" | "preprocessorText" | "generationText">;

/** Where recent versions of transformers nest the image processor. */
const PROCESSOR_FILE = "processor_config.json";

const QFORMER_TOKENIZER_FOLDER = "qformer_tokenizer";
const QFORMER_TOKENIZER = `${QFORMER_TOKENIZER_FOLDER}/${TOKENIZER_FILE}`;

/** The texts of a checkpoint that are read, and the names under which a model keeps some of them as they are. */
export const CHECKPOINT_TEXTS: ReadonlyMap<string, { readonly keptAs?: string }> = new Map([
  [CONFIG_FILE, { keptAs: CONFIG_FILE }],
  [TOKENIZER_FILE, { keptAs: TOKENIZER_FILE }],
  [TOKENIZER_CONFIG_FILE, { keptAs: TOKENIZER_CONFIG_FILE }],
  [QFORMER_TOKENIZER, { keptAs: QFORMER_TOKENIZER_FILE }],
  [
    `${QFORMER_TOKENIZER_FOLDER}/${TOKENIZER_CONFIG_FILE}`,
    { keptAs: QFORMER_TOKENIZER_CONFIG_FILE },
  ],
  [PREPROCESSOR_FILE, {}],
  [PROCESSOR_FILE, {}],
  [GENERATION_FILE, {}],
  [WORLD_FILE, { keptAs: WORLD_FILE }],
]);

/**
 * Reads everything but the weights' values.
 * @param early headers, by the files' names, of weight files that are still to come.
 * @throws AppError `checkpoint.missing` for an absent folder or file, `checkpoint.corrupt` for a file
 * that breaks its format, `checkpoint.unsupported` for a kind of checkpoint that is not converted.
 */
export async function openCheckpoint(
  folder: string,
  early: ReadonlyMap<string, WeightHeader> = new Map(),
): Promise<Checkpoint> {
  await refuseArchive(folder);
  const names = new Set([...(await listFolder(folder)), ...early.keys()]);
  if (isLavisFolder(names)) {
    const parts = await openLavisFolder(folder, { names, early });
    return { folder, ...parseCheckpointConfigs(parts.contents, folder), ...weightsOf(parts) };
  }
  if (!names.has(CONFIG_FILE)) await refuseStrangeFolder(folder, names);
  const present = [...CHECKPOINT_TEXTS.keys()].filter((name) => names.has(name));
  const contents = new Map<string, Uint8Array>();
  for (const name of present) contents.set(name, await readSmallFile(path.join(folder, name)));
  const configs = parseCheckpointConfigs(contents, folder);
  const headers = await readWeightHeaders(folder, { names, early });
  const tensors = mergeTensors(headers);
  return { folder, ...configs, ...weightsOf({ contents, headers, tensors }) };
}

function weightsOf({
  contents,
  headers,
  tensors,
}: LavisFolder): Omit<Checkpoint, "folder" | keyof CheckpointConfigs> {
  return {
    configFiles: [...contents].map(([name, bytes]) => ({ name, bytes })),
    tensors,
    weightFiles: headers.map(({ file, fileBytes }) => ({ path: file, bytes: fileBytes })),
    totalTensorBytes: storedBytes(tensors.values()),
  };
}

/**
 * Checks the contents of the small files, by their names; the folder is for messages only.
 * @throws AppError as `openCheckpoint`.
 */
export function parseCheckpointConfigs(
  contents: ReadonlyMap<string, Uint8Array>,
  folder: string,
): CheckpointConfigs {
  const texts = new Map<string, string>();
  for (const [name, bytes] of contents) {
    const file = path.join(folder, name);
    refuseStranger(bytes, file);
    const text = decodeUtf8(bytes, { file });
    // Refuses nesting that would exhaust the stack of whoever walks the value.
    objectMembers(text, { file });
    JsonObject.parse(text, { file, code: "checkpoint.corrupt" });
    texts.set(name, text);
  }
  const config = parseModelConfig(
    required(texts, CONFIG_FILE, folder),
    path.join(folder, CONFIG_FILE),
  );
  required(texts, TOKENIZER_FILE, folder);
  if (readsInstruction(config)) required(texts, QFORMER_TOKENIZER, folder);
  const generationText = texts.get(GENERATION_FILE);
  const writer = writerOf(config);
  if (generationText !== undefined && writer !== undefined) {
    parseGenerationDefaults(generationText, path.join(folder, GENERATION_FILE), writer);
  }
  const worldText = texts.get(WORLD_FILE);
  if (worldText !== undefined) parsePictureWorld(worldText, path.join(folder, WORLD_FILE));
  const { text: preprocessorText, file, size } = findPreprocessor(texts, folder);
  const { imageSize: side } = config.vision;
  if (size.height !== side || size.width !== side) {
    throw new AppError(
      "checkpoint.unsupported",
      `${file} makes pictures of ${size.width} × ${size.height} pixels, and the image encoder of ${CONFIG_FILE} takes ${side} × ${side}. Correct "size", or take both files from the same checkpoint.`,
      { detail: { file } },
    );
  }
  return { config, preprocessorText, generationText };
}

async function listFolder(folder: string): Promise<ReadonlySet<string>> {
  try {
    const inner = await readdir(path.join(folder, QFORMER_TOKENIZER_FOLDER)).catch(() => []);
    return new Set([
      ...(await readdir(folder)),
      ...inner.map((name) => `${QFORMER_TOKENIZER_FOLDER}/${name}`),
    ]);
  } catch (cause) {
    throw new AppError(
      "checkpoint.missing",
      `${folder} is not a folder that can be read. Give the folder of a checkpoint, the one that holds ${CONFIG_FILE}.`,
      { cause, detail: { file: folder } },
    );
  }
}

function required(texts: ReadonlyMap<string, string>, name: string, folder: string): string {
  const text = texts.get(name);
  if (text !== undefined) return text;
  return absentFile(
    path.join(folder, name),
    "Give the folder of a checkpoint saved by transformers' save_pretrained, model and processor.",
  );
}

/** transformers prefers the nested form too. */
function findPreprocessor(
  texts: ReadonlyMap<string, string>,
  folder: string,
): Pick<PreprocessorConfig, "size"> & { readonly text: string; readonly file: string } {
  const outer = path.join(folder, PROCESSOR_FILE);
  const nested = objectMembers(texts.get(PROCESSOR_FILE) ?? "{}", { file: outer }).get(
    "image_processor",
  );
  const isNested = nested !== undefined && nested.trim() !== "null";
  const file = isNested ? outer : path.join(folder, PREPROCESSOR_FILE);
  const text = isNested ? nested : required(texts, PREPROCESSOR_FILE, folder);
  return { text, file, size: parsePreprocessorConfig(text, file).size };
}
