/**
 * Which files of a folder hold its weights, and the tensors of all of them: one file, the parts that an
 * index names, or numbered parts without one; in the better of two formats. Knows no tensor by its name.
 */

import path from "node:path";

import { AppError } from "../../base/errors";
import {
  absentFile,
  corruptFile,
  decodeUtf8,
  objectMembers,
  parseJson,
  quoted,
  readSmallFile,
} from "./checkpointText";
import { tensorBytes, type TensorInfo, type WeightHeader } from "./tensorInfo";
import { readWeightHeader } from "./weightFile";

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
export async function readWeightHeaders(
  folder: string,
  files: WeightFiles,
): Promise<readonly WeightHeader[]> {
  for (const format of WEIGHT_FORMATS) {
    const headers = await headersIn(format, folder, files);
    if (headers.length > 0) return headers;
  }
  const other = [...files.names].find((name) => /\.(bin|pt|pth|msgpack|h5|gguf)$/.test(name));
  if (other === undefined) {
    return absentFile(
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

export interface WeightFiles {
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
    absentFile(path.join(folder, first), `Download ${part} of the weights too.${more}`);
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

export function mergeTensors(headers: readonly WeightHeader[]): ReadonlyMap<string, TensorInfo> {
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
export function storedBytes(tensors: Iterable<TensorInfo>): number {
  const places = new Map<string, number>();
  for (const tensor of tensors) {
    places.set(JSON.stringify([tensor.file, tensor.begin, tensor.end]), tensorBytes(tensor));
  }
  return [...places.values()].reduce((sum, bytes) => sum + bytes, 0);
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
