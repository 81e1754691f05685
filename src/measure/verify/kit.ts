/**
 * A reference kit: a small checkpoint, pictures, and what transformers computed with them.
 * Layout: checkpoint/, images/, cases.json, tensors.safetensors (float32).
 */

import { readFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import type { GenerationOptions } from "../../model/ask/generationOptions";
import { numbers, readRecorded, strings } from "./kitFile";

export interface KitGeneration {
  readonly setting: string;
  readonly options: Partial<GenerationOptions>;
  /** One list of new token ids for each returned sequence, padding removed. */
  readonly ids: readonly (readonly number[])[];
  /** Of beams. */
  readonly scores: readonly number[] | undefined;
  /** One for each list of ids, where they were recorded. */
  readonly texts: readonly string[] | undefined;
}

export interface KitCase {
  readonly name: string;
  /** File name below images/. */
  readonly image: string;
  readonly imageIndex: number;
  readonly text: string;
  readonly textIds: readonly number[];
  /** What the Q-Former reads; of InstructBLIP. */
  readonly qformerTextIds: readonly number[] | undefined;
  /** Ids of BLIP's or stage 1's decoder that logits were recorded for; a prompt is among them. */
  readonly logitsIds: readonly number[] | undefined;
  readonly generation: readonly KitGeneration[];
  /** BLIP's question as it was in training: values and sequences of it have the suffix `_enc`. */
  readonly trained:
    | { readonly textIds: readonly number[]; readonly generation: readonly KitGeneration[] }
    | undefined;
  /** What the authors' way to choose among the kit's answers gives for the question in its trained form. */
  readonly rank: KitRank | undefined;
}

export interface KitRank {
  /** By answer: probability of its first id. */
  readonly firstWord: readonly number[];
  /** By answer: label-smoothed log-likelihood of the whole. */
  readonly smoothed: readonly number[];
}

const KINDS = [
  ...(["opt", "t5", "itm", "blip-caption", "blip-vqa", "blip-itm"] as const),
  ...(["instructblip-t5", "instructblip-llama"] as const),
  ...(["blip2-vitl-pth", "blip2-stage1-pth"] as const),
] as const;

/** What computed the values; those of .pth files are releases of LAVIS in parts. */
export type KitKind = (typeof KINDS)[number];

export interface Kit {
  readonly folder: string;
  readonly kind: KitKind;
  readonly images: readonly string[];
  readonly cases: readonly KitCase[];
  /** Ids of answers to choose among, [DEC] first; of blip-vqa. */
  readonly answers: readonly (readonly number[])[];
  /** Of ITC; of stage 1. */
  readonly temperature: number | undefined;
  readonly hasTensor: (name: string) => boolean;
  /** A recorded tensor. @throws AppError `kit.invalid` when the kit has none of that name. */
  readonly tensor: (name: string) => Float32Array;
  readonly checkpoint: string;
}

/** @throws AppError `kit.invalid` naming the file. */
export async function readKit(folder: string): Promise<Kit> {
  const file = path.join(folder, "cases.json");
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new AppError(
      "kit.invalid",
      `${folder} is no reference kit: ${file} cannot be read. A kit has checkpoint/, images/, cases.json and tensors.safetensors.`,
      { cause, detail: { file } },
    );
  });
  const json = JsonObject.parse(text, { file, code: "kit.invalid" });
  const named = json.string("kind");
  const kind = KINDS.find((known) => known === named) ?? json.fail("kind", KINDS.join(", "));
  const images = strings(json, "images");
  const entries = json.array("cases");
  // A kit that compares nothing would agree with everything.
  if (images.length === 0) json.fail("images", "a list of at least one picture");
  if (entries.length === 0) json.fail("cases", "a list of at least one case");
  const tensors = await readRecorded(path.join(folder, "tensors.safetensors"));
  return {
    folder,
    kind,
    images,
    cases: entries.map((value, index) => {
      const entry = new JsonObject(value, { file, code: "kit.invalid", path: `cases[${index}]` });
      return readCase(entry, images);
    }),
    answers: (json.has("answers") ? json.array("answers") : []).map((value, index) =>
      numbers(
        new JsonObject(value, { file, code: "kit.invalid", path: `answers[${index}]` }),
        "ids",
      ),
    ),
    temperature: json.has("temp") ? json.number("temp") : undefined,
    hasTensor: (name) => tensors.has(name),
    tensor: (name) => {
      const tensor = tensors.get(name);
      if (tensor === undefined) {
        throw new AppError("kit.invalid", `${folder} has no recorded tensor "${name}".`, {
          detail: { file: folder, tensor: name },
        });
      }
      return tensor.values;
    },
    checkpoint: path.join(folder, "checkpoint"),
  };
}

/** The bytes of a kit's picture. @throws AppError `kit.invalid`. */
export async function readKitPicture(kit: Kit, name: string): Promise<Uint8Array> {
  const file = path.join(kit.folder, "images", name);
  return readFile(file).catch((cause: unknown) => {
    throw new AppError("kit.invalid", `The kit's picture ${file} cannot be read.`, {
      cause,
      detail: { file },
    });
  });
}

function readCase(json: JsonObject, images: readonly string[]): KitCase {
  const image = json.string("image");
  const imageIndex = images.indexOf(image);
  if (imageIndex < 0) json.fail("image", "one of the kit's images");
  const logitsKey = ["logits_ids", "decoder_ids"].find((key) => json.has(key));
  return {
    name: json.string("name"),
    image,
    imageIndex,
    text: json.string("text"),
    textIds: numbers(json, "text_ids"),
    qformerTextIds: json.has("qformer_text_ids") ? numbers(json, "qformer_text_ids") : undefined,
    logitsIds: logitsKey === undefined ? undefined : numbers(json, logitsKey),
    generation: readGenerations(json, "generation"),
    trained: json.has("enc_text_ids")
      ? {
          textIds: numbers(json, "enc_text_ids"),
          generation: readGenerations(json, "generation_enc"),
        }
      : undefined,
    rank: json.has("rank_enc") ? readRank(json.object("rank_enc")) : undefined,
  };
}

function readRank(json: JsonObject): KitRank {
  return { firstWord: numbers(json, "first_word"), smoothed: numbers(json, "smoothed") };
}

function readGenerations(json: JsonObject, key: string): readonly KitGeneration[] {
  const all = json.objectOrEmpty(key);
  return all.keys().map((setting) => readGeneration(setting, all));
}

function readGeneration(setting: string, all: JsonObject): KitGeneration {
  const json = all.object(setting);
  return {
    setting,
    options: readOptions(json.object("settings")),
    ids: json.array("ids").map((row) => {
      if (Array.isArray(row) && row.every((id) => typeof id === "number")) return row;
      return json.fail("ids", "lists of token ids");
    }),
    scores: json.has("scores") ? numbers(json, "scores") : undefined,
    texts: json.has("text") ? strings(json, "text") : undefined,
  };
}

/** Settings under transformers' names, as generate() takes them. */
function readOptions(json: JsonObject): Partial<GenerationOptions> {
  const options: Record<string, unknown> = {};
  for (const key of json.keys()) {
    const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    options[name] = json.raw(key);
  }
  return options;
}
