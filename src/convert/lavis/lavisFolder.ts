/**
 * A folder with a release of LAVIS in parts, read as if Hugging Face's tools had saved it whole: the image
 * encoder and the BLIP-2 part as .pth files, the language model or the tokenizer in a folder beside them.
 */

import { readdir, stat } from "node:fs/promises";
import path from "node:path";

import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import {
  CONFIG_FILE,
  GENERATION_FILE,
  PREPROCESSOR_FILE,
  TOKENIZER_CONFIG_FILE,
  TOKENIZER_FILE,
} from "../../model/folder/manifest";
import {
  absentFile,
  corruptFile,
  decodeUtf8,
  objectMembers,
  readSmallFile,
} from "../checkpoint/checkpointText";
import type { TensorInfo, WeightHeader } from "../checkpoint/tensorInfo";
import { readWeightHeader } from "../checkpoint/weightFile";
import { readWeightHeaders } from "../checkpoint/weightFiles";
import { STAGE_ONE_CLASS } from "../../model/config/blip2Config";
import { renamed } from "./lavisNames";
import { dims, type LavisParts, sizesOf, type Sizes, sortParts, type Told } from "./lavisParts";

/** What a folder in Hugging Face's layout would hold. */
export interface LavisFolder {
  /** The small files, by their names; some are made up here. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly headers: readonly WeightHeader[];
}

/** Says of a release what no file of it says; kits have it, and whoever trains a model of their own can. */
const ABOUT_FILE = "lavis.json";
/** Language models are published with one of them, which BLIP-2 has by another name. */
const TEXT_FILES = [TOKENIZER_FILE, TOKENIZER_CONFIG_FILE] as const;

/** True for a folder that could hold a release in parts. */
export function isLavisFolder(names: ReadonlySet<string>): boolean {
  return !names.has(CONFIG_FILE) && [...names].some((name) => name.endsWith(".pth"));
}

/**
 * Reads everything but the weights' values.
 * @param files `names` of the folder, and `early` headers of .pth files that are still to come.
 * @throws AppError `checkpoint.missing` naming the part that lacks, `checkpoint.incomplete` for parts that do
 * not belong together, `checkpoint.corrupt`, `checkpoint.unsupported`.
 */
export async function openLavisFolder(
  folder: string,
  files: {
    readonly names: ReadonlySet<string>;
    readonly early: ReadonlyMap<string, WeightHeader>;
  },
): Promise<LavisFolder> {
  const headers: WeightHeader[] = [];
  for (const name of [...files.names].filter((file) => file.endsWith(".pth")).sort()) {
    headers.push(files.early.get(name) ?? (await readWeightHeader(path.join(folder, name))));
  }
  const parts = sortParts(headers, folder);
  if (parts === undefined) throw noRelease(headers, folder);
  const about = files.names.has(ABOUT_FILE) ? await readAbout(path.join(folder, ABOUT_FILE)) : {};
  const sizes = sizesOf(parts, about);
  const nLayers = sizes.vision.num_hidden_layers;
  const own = [
    renamed(parts.vision.tensors, { part: parts.vision.kind, nLayers }),
    renamed(parts.blip2.tensors, { part: "blip2" }),
  ];
  const made =
    parts.blip2.kind === "stage1"
      ? await stageOne(folder, { parts, sizes })
      : await withLanguageModel(folder, { parts, sizes });
  return {
    contents: made.contents.set(PREPROCESSOR_FILE, json(preprocessorOf(sizes))),
    tensors: merged([...own, made.tensors]),
    headers: [...headers, ...made.headers],
  };
}

function noRelease(headers: readonly WeightHeader[], folder: string): AppError {
  const names = headers.map(({ file }) => path.basename(file)).join(", ");
  return new AppError(
    "checkpoint.missing",
    `${folder} has no ${CONFIG_FILE}, and of its files (${names}) none is the BLIP-2 part of a LAVIS release, such as blip2_pretrained_flant5xl.pth. Give the folder of a checkpoint, or put the parts of a release into one folder.`,
    { detail: { file: folder } },
  );
}

async function readAbout(file: string): Promise<Told> {
  const text = decodeUtf8(await readSmallFile(file), { file });
  objectMembers(text, { file });
  const root = JsonObject.parse(text, { file, code: "checkpoint.corrupt" });
  const number = (of: JsonObject, key: string): number | undefined =>
    of.has(key) ? of.integer(key, { min: 1, max: 1 << 16 }) : undefined;
  const vision = root.objectOrEmpty("vision");
  return {
    visionHeads: number(vision, "num_attention_heads"),
    visionLayers: number(vision, "num_hidden_layers"),
    qformerHeads: number(root.objectOrEmpty("qformer"), "num_attention_heads"),
  };
}

interface Made {
  readonly contents: Map<string, Uint8Array>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly headers: readonly WeightHeader[];
}

interface Wanted {
  readonly parts: LavisParts;
  readonly sizes: Sizes;
}

async function stageOne(folder: string, { parts, sizes }: Wanted): Promise<Made> {
  const found = await foldersWith(TOKENIZER_FILE, folder);
  const [place, ...others] = found;
  if (place === undefined) {
    return absentFile(
      path.join(folder, TOKENIZER_FILE),
      "The stage-1 model reads and writes with the tokenizer of bert-base-uncased: put its tokenizer.json there.",
    );
  }
  if (others.length > 0) throw severalFolders(found, folder);
  const contents = await textsOf(place);
  const projection = dims(parts.blip2, "vision_proj.weight", 2)[0] ?? 0;
  const config = {
    ...common(sizes),
    image_text_hidden_size: projection,
    ...(isCaptioner(parts.blip2)
      ? { architectures: [STAGE_ONE_CLASS], text_config: captionIds(contents) }
      : { architectures: ["Blip2ForImageTextRetrieval"] }),
  };
  contents.set(CONFIG_FILE, json(config));
  return { contents, tensors: new Map(), headers: [] };
}

/** Fine-tuned files may have lost what else only training needs. */
const isCaptioner = ({ tensors }: LavisParts["blip2"]): boolean =>
  tensors.has("Qformer.cls.predictions.bias") && tensors.has("temp");

/** [DEC] is the last word of the table and no word of the tokenizer's file. */
function captionIds(contents: ReadonlyMap<string, Uint8Array>): Record<string, unknown> {
  return {
    ...idOf(contents, "sep_token_id", /"\[SEP\]"\s*:\s*(\d{1,7})\b/),
    ...idOf(contents, "pad_token_id", /"\[PAD\]"\s*:\s*(\d{1,7})\b/),
  };
}

/** What people know the language model by, for advice. */
const USUAL_MODELS = {
  t5: new Map([
    [2048, "google/flan-t5-xl"],
    [4096, "google/flan-t5-xxl"],
  ]),
  opt: new Map([
    [2560, "facebook/opt-2.7b"],
    [4096, "facebook/opt-6.7b"],
  ]),
} as const;

async function withLanguageModel(folder: string, { parts, sizes }: Wanted): Promise<Made> {
  const { blip2 } = parts;
  const kind = blip2.kind === "opt" ? "opt" : "t5";
  const width = dims(blip2, `${kind}_proj.weight`, 2)[0] ?? 0;
  const usual = USUAL_MODELS[kind].get(width) ?? `a ${kind.toUpperCase()} of width ${width}`;
  const found = await foldersWith(CONFIG_FILE, folder);
  const [place, ...others] = found;
  if (place === undefined) {
    throw new AppError(
      "checkpoint.missing",
      `${path.basename(blip2.file)} needs its language model, ${usual}, and no folder with a ${CONFIG_FILE} is below ${folder}. Put the folder of the language model there.`,
      { detail: { file: folder } },
    );
  }
  if (others.length > 0) throw severalFolders(found, folder);
  const names = new Set(await readdir(place));
  const contents = await textsOf(place);
  const file = path.join(place, CONFIG_FILE);
  const text = decodeUtf8(await readSmallFile(file), { file });
  const members = objectMembers(text, { file });
  const language = JsonObject.parse(text, { file, code: "checkpoint.corrupt" });
  expectLanguageModel(language, { kind, width, usual, blip2: blip2.file });
  const config = {
    ...common(sizes),
    architectures: ["Blip2ForConditionalGeneration"],
    text_config: {
      ...parsed(members),
      // BLIP-2 was trained with the exact one, whatever Flan-T5's own file says.
      // An answer of OPT ends with the line, as BLIP-2 was trained.
      ...(kind === "t5"
        ? { dense_act_fn: "gelu" }
        : idOf(contents, "eos_token_id", /"\u010a"\s*:\s*(\d{1,7})\b/)),
    },
  };
  contents.set(CONFIG_FILE, json(config));
  if (names.has(GENERATION_FILE) && kind === "t5") {
    contents.set(GENERATION_FILE, await readSmallFile(path.join(place, GENERATION_FILE)));
  }
  const headers = await readWeightHeaders(place, { names, early: new Map() });
  const tensors = merged(headers.map((header) => renamed(header.tensors, { part: kind })));
  return { contents, tensors, headers };
}

function expectLanguageModel(
  config: JsonObject,
  wanted: { kind: "t5" | "opt"; width: number; usual: string; blip2: string },
): void {
  const { kind, width, usual } = wanted;
  const type = config.string("model_type", "");
  const key = kind === "t5" ? "d_model" : "hidden_size";
  const limits = { min: 1, max: 1 << 17, fallback: 0 };
  if (type === kind && config.integer(key, limits) === width) return;
  throw new AppError(
    "checkpoint.incomplete",
    `${config.file}: ${path.basename(wanted.blip2)} belongs to ${usual}, and this is another language model. Put that one's folder in its place.`,
    { detail: { file: config.file } },
  );
}

/** The id that a pattern finds in the tokenizer's file, under a key; nothing where it finds none. */
function idOf(
  contents: ReadonlyMap<string, Uint8Array>,
  key: string,
  pattern: RegExp,
): Record<string, unknown> {
  const text = Buffer.from(contents.get(TOKENIZER_FILE) ?? []).toString("utf8");
  const id = pattern.exec(text)?.[1];
  return id === undefined ? {} : { [key]: Number(id) };
}

function common({ vision, qformer, numQueryTokens }: Sizes): Record<string, unknown> {
  return {
    ...{ model_type: "blip-2", vision_config: vision, qformer_config: qformer },
    num_query_tokens: numQueryTokens,
  };
}

/** CLIP's mean and deviation are the defaults. */
function preprocessorOf({ vision }: Sizes): Record<string, unknown> {
  const side = vision["image_size"];
  return {
    ...{ image_processor_type: "BlipImageProcessor", do_resize: true, resample: 3 },
    size: { height: side, width: side },
    ...{ do_rescale: true, do_normalize: true, do_convert_rgb: true },
  };
}

/** Folders below one that hold a file, or the folder itself. */
async function foldersWith(name: string, folder: string): Promise<readonly string[]> {
  const holds = async (place: string): Promise<boolean> =>
    (await stat(path.join(place, name)).catch(() => undefined))?.isFile() === true;
  if (await holds(folder)) return [folder];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    const place = path.join(folder, entry.name);
    const isFolder = entry.isDirectory() || entry.isSymbolicLink();
    if (isFolder && !entry.name.startsWith(".") && (await holds(place))) found.push(place);
  }
  return found;
}

function severalFolders(found: readonly string[], folder: string): AppError {
  const names = found.map((place) => path.basename(place)).join(", ");
  return new AppError(
    "checkpoint.missing",
    `${folder} holds ${found.length} folders that could be the language model or the tokenizer: ${names}. Leave the right one there.`,
    { detail: { file: folder } },
  );
}

async function textsOf(place: string): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  for (const name of TEXT_FILES) {
    const file = path.join(place, name);
    const isThere = (await stat(file).catch(() => undefined))?.isFile() === true;
    if (isThere || name === TOKENIZER_FILE) contents.set(name, await readSmallFile(file));
  }
  return contents;
}

/** Of texts that were checked; a key of any name stays a key. */
function parsed(members: ReadonlyMap<string, string>): Record<string, unknown> {
  return Object.fromEntries([...members].map(([key, text]) => [key, JSON.parse(text) as unknown]));
}

const json = (value: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);

/** @throws AppError `checkpoint.corrupt` for a name that two parts have. */
function merged(
  parts: readonly ReadonlyMap<string, TensorInfo>[],
): ReadonlyMap<string, TensorInfo> {
  const all = new Map<string, TensorInfo>();
  for (const [name, info] of parts.flatMap((part) => [...part])) {
    const other = all.get(name);
    if (other !== undefined) {
      const file = path.basename(other.file);
      throw corruptFile({ file: info.file, tensor: info.name }, `${file} has it too`);
    }
    all.set(name, info);
  }
  return all;
}
