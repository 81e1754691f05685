/**
 * A checkpoint folder as Hugging Face's tools write it: its configuration, validated, and where each
 * tensor lies. Everything that can be known to be wrong is refused here, before any work begins.
 * Knows no tensor by its name.
 */

import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import { parseBlip2Config, type Blip2Config } from "../../model/config/blip2Config";
import { parseGenerationDefaults } from "../../model/config/generationDefaults";
import {
  CONFIG_FILE,
  GENERATION_FILE,
  PREPROCESSOR_FILE,
  TOKENIZER_CONFIG_FILE,
  TOKENIZER_FILE,
} from "../../model/folder/manifest";
import { parsePictureWorld, WORLD_FILE } from "../../model/folder/pictureWorld";
import { parsePreprocessorConfig } from "../../model/config/preprocessorConfig";
import {
  corruptFile,
  decodeUtf8,
  objectMembers,
  parseJson,
  quoted,
  regularFileBytes,
} from "./checkpointText";
import { tensorBytes, type TensorInfo, type WeightHeader } from "./tensorInfo";
import { readWeightHeader } from "./weightFile";
import { refuseArchive, refuseStrangeFolder, refuseStranger } from "./strangeFile";

export interface Checkpoint {
  /** As it was given. */
  readonly folder: string;
  readonly config: Blip2Config;
  /** The texts the folder has, in no particular order; generation_config.json and others may lack. */
  readonly configFiles: readonly { readonly name: string; readonly path: string }[];
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

const MIB = 1 << 20;
/** The largest real ones have 4 KiB; an index of a thousand tensors has 100 KiB. */
const MAX_CONFIG_BYTES = 16 * MIB;
/** Real ones have at most 4 MiB for BLIP-2's language models. */
const MAX_TOKENIZER_BYTES = 64 * MIB;

const CONFIG_FILES = [
  CONFIG_FILE,
  TOKENIZER_FILE,
  TOKENIZER_CONFIG_FILE,
  PREPROCESSOR_FILE,
  PROCESSOR_FILE,
  GENERATION_FILE,
  WORLD_FILE,
];

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
  if (!names.has(CONFIG_FILE)) await refuseStrangeFolder(folder, names);
  const present = CONFIG_FILES.filter((name) => names.has(name));
  const contents = new Map<string, Uint8Array>();
  for (const name of present) contents.set(name, await readSmallFile(path.join(folder, name)));
  const configs = parseCheckpointConfigs(contents, folder);
  const headers = await readWeightHeaders(folder, { names, early });
  const tensors = mergeTensors(headers);
  return {
    folder,
    ...configs,
    configFiles: present.map((name) => ({ name, path: path.join(folder, name) })),
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
  const config = parseBlip2Config(
    required(texts, CONFIG_FILE, folder),
    path.join(folder, CONFIG_FILE),
  );
  required(texts, TOKENIZER_FILE, folder);
  const generationText = texts.get(GENERATION_FILE);
  if (generationText !== undefined && config.kind === "generation") {
    parseGenerationDefaults(generationText, path.join(folder, GENERATION_FILE), config.text);
  }
  const worldText = texts.get(WORLD_FILE);
  if (worldText !== undefined) parsePictureWorld(worldText, path.join(folder, WORLD_FILE));
  return { config, preprocessorText: findPreprocessor(texts, folder), generationText };
}

/**
 * The `weight_map` of an index: tensor name → name of its file.
 * @throws AppError `checkpoint.corrupt`, also for a file name that is not a plain one.
 */
export function parseWeightIndex(bytes: Uint8Array, file: string): ReadonlyMap<string, string> {
  const text = objectMembers(decodeUtf8(bytes, { file }), { file }).get("weight_map");
  if (text === undefined) throw corruptFile({ file }, 'it has no "weight_map"');
  const shards = new Map<string, string>();
  for (const [tensor, shardText] of objectMembers(text, { file })) {
    const shard = parseJson(shardText, { file });
    // A name from a stranger's file must not lead out of the folder.
    if (
      typeof shard !== "string" ||
      shard.includes("..") ||
      !/^[A-Za-z0-9][A-Za-z0-9._-]{0,250}$/.test(shard)
    ) {
      throw corruptFile({ file, tensor }, "its file is not given by a plain file name");
    }
    shards.set(tensor, shard);
  }
  if (shards.size === 0) throw corruptFile({ file }, 'its "weight_map" names no tensor');
  return shards;
}

async function listFolder(folder: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (cause) {
    throw new AppError(
      "checkpoint.missing",
      `${folder} is not a folder that can be read. Give the folder of a checkpoint, the one that holds ${CONFIG_FILE}.`,
      { cause, detail: { file: folder } },
    );
  }
}

async function readSmallFile(file: string): Promise<Uint8Array> {
  const nBytes = await regularFileBytes(file);
  const limit = path.basename(file) === TOKENIZER_FILE ? MAX_TOKENIZER_BYTES : MAX_CONFIG_BYTES;
  if (nBytes > limit) {
    throw corruptFile({ file }, `it has ${nBytes} bytes, and at most ${limit} are read`);
  }
  return readFile(file).catch((cause: unknown) => {
    throw corruptFile({ file }, "its bytes could not be read", cause);
  });
}

function required(texts: ReadonlyMap<string, string>, name: string, folder: string): string {
  const text = texts.get(name);
  if (text !== undefined) return text;
  return absent(
    path.join(folder, name),
    "Give the folder of a checkpoint saved by transformers' save_pretrained, model and processor.",
  );
}

/** transformers prefers the nested form too. */
function findPreprocessor(texts: ReadonlyMap<string, string>, folder: string): string {
  const file = path.join(folder, PROCESSOR_FILE);
  const nested = objectMembers(texts.get(PROCESSOR_FILE) ?? "{}", { file }).get("image_processor");
  if (nested !== undefined && nested.trim() !== "null") {
    parsePreprocessorConfig(nested, file);
    return nested;
  }
  const text = required(texts, PREPROCESSOR_FILE, folder);
  parsePreprocessorConfig(text, path.join(folder, PREPROCESSOR_FILE));
  return text;
}

/** The files that hold the weights of a checkpoint, in one of the two formats. */
export interface WeightFormat {
  readonly single: string;
  readonly index: string;
  /** Of numbered parts; the first group is how many there are. */
  readonly shard: RegExp;
  readonly shardName: (number: string, count: string) => string;
}

/** Best first: a folder that has both is read in the first, and never in a mixture. */
export const WEIGHT_FORMATS: readonly WeightFormat[] = [
  {
    single: "model.safetensors",
    index: "model.safetensors.index.json",
    shard: /^model-\d{5}-of-(\d{5})\.safetensors$/,
    shardName: (number, count) => `model-${number}-of-${count}.safetensors`,
  },
  {
    single: "pytorch_model.bin",
    index: "pytorch_model.bin.index.json",
    shard: /^pytorch_model-\d{5}-of-(\d{5})\.bin$/,
    shardName: (number, count) => `pytorch_model-${number}-of-${count}.bin`,
  },
];

/** Of one file, of the files an index names, or of numbered files without an index, in this order. */
async function readWeightHeaders(
  folder: string,
  files: WeightFiles,
): Promise<readonly WeightHeader[]> {
  for (const format of WEIGHT_FORMATS) {
    const headers = await headersIn(format, folder, files);
    if (headers.length > 0) return headers;
  }
  const other = [...files.names].find((name) => /\.(bin|pt|pth|msgpack|h5|gguf)$/.test(name));
  if (other === undefined) {
    return absent(
      path.join(folder, "model.safetensors"),
      "The weights of a checkpoint must be beside it.",
    );
  }
  throw new AppError(
    "checkpoint.unsupported",
    `${path.join(folder, other)} is none of the files that weights are read from: ${WEIGHT_FORMATS.map(({ single }) => single).join(" or ")}, whole or in numbered parts. Load the checkpoint in transformers and save it with save_pretrained, which writes model.safetensors.`,
    { detail: { file: path.join(folder, other) } },
  );
}

async function headersIn(
  format: WeightFormat,
  folder: string,
  files: WeightFiles,
): Promise<readonly WeightHeader[]> {
  const { names } = files;
  if (names.has(format.single)) return await readShards(folder, files, [format.single]);
  if (!names.has(format.index)) {
    return await readShards(folder, files, numberedShards(folder, names, format));
  }
  const file = path.join(folder, format.index);
  const shardOf = parseWeightIndex(await readSmallFile(file), file);
  const wanted = [...new Set(shardOf.values())];
  const stranger = wanted.find((name) => name !== format.single && !format.shard.test(name));
  if (stranger !== undefined && !stranger.endsWith(path.extname(format.single))) {
    throw corruptFile({ file }, `it names ${quoted(stranger)}, a file of another format`);
  }
  const headers = await readShards(folder, files, wanted);
  expectIndexed(headers, { shardOf, folder, index: file });
  return headers;
}

interface WeightFiles {
  /** Of the folder, and of what is still to come. */
  readonly names: ReadonlySet<string>;
  readonly early: ReadonlyMap<string, WeightHeader>;
}

async function readShards(
  folder: string,
  { names, early }: WeightFiles,
  wanted: readonly string[],
): Promise<readonly WeightHeader[]> {
  const [first, ...others] = wanted.filter((name) => !names.has(name));
  if (first !== undefined) {
    const more = others.length === 0 ? "" : ` Also missing: ${listOf(others)}.`;
    const part = others.length === 0 ? "this part" : "these parts";
    absent(path.join(folder, first), `Download ${part} of the weights too.${more}`);
  }
  const headers: WeightHeader[] = [];
  for (const name of wanted) {
    headers.push(early.get(name) ?? (await readWeightHeader(path.join(folder, name))));
  }
  return headers;
}

/** A hostile index can name thousands. */
const MAX_LISTED = 20;

function listOf(names: readonly string[]): string {
  const rest = names.length - MAX_LISTED;
  return names.slice(0, MAX_LISTED).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** The complete series that the numbered files of a folder belong to; none gives an empty list. */
function numberedShards(
  folder: string,
  names: ReadonlySet<string>,
  { shard, shardName }: WeightFormat,
): readonly string[] {
  const counts = new Set([...names].flatMap((name) => shard.exec(name)?.[1] ?? []));
  const [count, ...others] = counts;
  if (count === undefined) return [];
  if (others.length > 0) {
    throw corruptFile({ file: folder }, "its weight files belong to more than one series");
  }
  return Array.from({ length: Number(count) }, (_, i) => {
    return shardName(String(i + 1).padStart(5, "0"), count);
  });
}

/** Index and files must agree in both directions. */
function expectIndexed(
  headers: readonly WeightHeader[],
  at: { shardOf: ReadonlyMap<string, string>; folder: string; index: string },
): void {
  const byFile = new Map(headers.map((header) => [header.file, header.tensors]));
  for (const [tensor, shard] of at.shardOf) {
    const file = path.join(at.folder, shard);
    if (byFile.get(file)?.has(tensor) !== true) {
      throw corruptFile(
        { file, tensor },
        `${path.basename(at.index)} places it in this file, which lacks it`,
      );
    }
  }
  for (const { file, tensors } of headers) {
    for (const tensor of tensors.keys()) {
      if (at.shardOf.get(tensor) !== path.basename(file)) {
        throw corruptFile(
          { file, tensor },
          `${path.basename(at.index)} does not place it in this file`,
        );
      }
    }
  }
}

function mergeTensors(headers: readonly WeightHeader[]): ReadonlyMap<string, TensorInfo> {
  const merged = new Map<string, TensorInfo>();
  for (const { file, tensors } of headers) {
    for (const [name, info] of tensors) {
      const other = merged.get(name);
      if (other !== undefined) {
        throw corruptFile(
          { file, tensor: name },
          `${quoted(path.basename(other.file))} has it too`,
        );
      }
      merged.set(name, info);
    }
  }
  return merged;
}

/** Values that tensors share are counted once. */
function storedBytes(tensors: Iterable<TensorInfo>): number {
  const places = new Map<string, number>();
  for (const tensor of tensors) {
    places.set(JSON.stringify([tensor.file, tensor.begin, tensor.end]), tensorBytes(tensor));
  }
  return [...places.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function absent(file: string, advice: string): never {
  throw new AppError("checkpoint.missing", `There is no file ${file}. ${advice}`, {
    detail: { file },
  });
}
