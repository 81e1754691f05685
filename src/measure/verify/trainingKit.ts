/**
 * A kit of training: a small checkpoint, batches, and what one step of each computes with them in float64.
 * Layout: checkpoint/ (with heads.safetensors in stage 1), training.json, tensors.safetensors (float32).
 */

import { access, readFile } from "node:fs/promises";
import path from "node:path";
import { defined } from "../../base/assert";
import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import type { Parameter } from "../../train/optimise/adamW";
import { Parameters } from "../../train/parameters";
import { numbers, readRecorded, strings } from "./kitFile";

const KINDS = ["stage1", "stage2-opt", "stage2-t5"] as const;

export type TrainingKind = (typeof KINDS)[number];

/** Rows of token ids or of 0 and 1, all of one length. */
export type Rows = readonly (readonly number[])[];

export interface TrainingBatch {
  readonly name: string;
  readonly ids: Rows;
  readonly mask: Rows;
  /** -100 where nothing is predicted; none in stage 1. */
  readonly labels: Rows | undefined;
  /** T5's. */
  readonly decoder: { readonly ids: Rows; readonly mask: Rows } | undefined;
  /** For each sample, its row of `image_features`. */
  readonly imageRows: readonly number[];
  /** Which samples show one picture, in a batch that has ids of pictures. */
  readonly imageIds: readonly number[] | undefined;
  /** Stage 1: the id that captions begin with, and the negatives that were drawn. */
  readonly contrast:
    | {
        readonly bos: number;
        readonly imageForText: readonly number[];
        readonly textForImage: readonly number[];
      }
    | undefined;
}

export interface TrainingKit {
  readonly folder: string;
  readonly kind: TrainingKind;
  readonly checkpoint: string;
  readonly batches: readonly TrainingBatch[];
  /** Of a batch, by name: the single losses and `total`. */
  readonly losses: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly optimizer: {
    readonly beta1: number;
    readonly beta2: number;
    readonly eps: number;
    readonly weightDecay: number;
  };
  /** The batch that all steps repeat, and what each found before it changed anything. */
  readonly optimizedBatch: string;
  readonly steps: readonly {
    readonly rate: number;
    readonly losses: ReadonlyMap<string, number>;
  }[];
  readonly trained: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Tensors whose gradient is zero by mathematics: rounding decides how they move. */
  readonly zeroGradient: ReadonlySet<string>;
  readonly hasTensor: (name: string) => boolean;
  /** @throws AppError `kit.invalid` when the kit has none of that name. */
  readonly tensor: (name: string) => Float32Array;
  /** The trained tensors of the checkpoint, new arrays at each call. */
  readonly parameters: () => Promise<Map<string, Parameter>>;
}

/** Whether a folder is a kit of training, and not one of answers. */
export async function isTrainingKit(folder: string): Promise<boolean> {
  return access(path.join(folder, "training.json")).then(
    () => true,
    () => false,
  );
}

/** @throws AppError `kit.invalid` naming the file. */
export async function readTrainingKit(folder: string): Promise<TrainingKit> {
  const file = path.join(folder, "training.json");
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new AppError("kit.invalid", `${file} cannot be read.`, { cause, detail: { file } });
  });
  const json = JsonObject.parse(text, { file, code: "kit.invalid" });
  const named = json.string("kind");
  const kind = KINDS.find((known) => known === named) ?? json.fail("kind", KINDS.join(", "));
  const batches = json.object("batches");
  if (batches.keys().length === 0) json.fail("batches", "at least one batch");
  const all = batches.keys().map((name) => readBatch(name, batches.object(name), kind));
  const optimizedBatch = json.string("optimized_batch");
  if (!batches.has(optimizedBatch)) json.fail("optimized_batch", "one of the batches");
  const tensors = await readRecorded(path.join(folder, "tensors.safetensors"));
  const trained = objects(json, "trained").map((entry) => ({
    name: entry.string("name"),
    shape: numbers(entry, "shape"),
  }));
  if (trained.length === 0) json.fail("trained", "at least one tensor");
  const checkpoint = path.join(folder, "checkpoint");
  return {
    ...{ folder, kind, checkpoint, optimizedBatch, trained },
    batches: all,
    losses: new Map(all.map(({ name }) => [name, lossesOf(json.object("losses").object(name))])),
    optimizer: readOptimizer(json.object("optimizer")),
    steps: objects(json, "steps").map((step) => ({
      rate: step.number("lr"),
      losses: lossesOf(step),
    })),
    zeroGradient: new Set(strings(json, "zero_gradient")),
    hasTensor: (name) => tensors.has(name),
    tensor: (name) => (tensors.get(name) ?? missing(folder, name)).values,
    parameters: () => readParameters(checkpoint, trained),
  };
}

function missing(file: string, tensor: string): never {
  throw new AppError("kit.invalid", `${file} has no tensor "${tensor}".`, {
    detail: { file, tensor },
  });
}

async function readParameters(
  checkpoint: string,
  trained: TrainingKit["trained"],
): Promise<Map<string, Parameter>> {
  const parameters = await Parameters.open(checkpoint);
  const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
  for (const { name, shape } of trained) {
    const isSame = parameters.has(name) && sizeOf(parameters.shape(name)) === sizeOf(shape);
    if (!isSame) missing(checkpoint, name);
  }
  const names = trained.map(({ name }) => name);
  await parameters.load(names);
  return parameters.trainable(names);
}

function readBatch(name: string, json: JsonObject, kind: TrainingKind): TrainingBatch {
  const ids = rows(json, "ids");
  const [first = []] = ids;
  if (first.length === 0) json.fail("ids", "at least one row of token ids");
  const has = (key: string): boolean => json.has(key);
  const isFirstStage = kind === "stage1";
  return {
    ...{ name, ids, mask: rows(json, "mask") },
    labels: isFirstStage ? undefined : rows(json, "labels"),
    decoder:
      kind === "stage2-t5"
        ? { ids: rows(json, "decoder_ids"), mask: rows(json, "decoder_mask") }
        : undefined,
    imageRows: has("image_rows") ? numbers(json, "image_rows") : ids.map((_, row) => row),
    imageIds: has("image_ids") ? numbers(json, "image_ids") : undefined,
    contrast: isFirstStage
      ? {
          bos: json.number("bos"),
          imageForText: numbers(json, "image_for_text"),
          textForImage: numbers(json, "text_for_image"),
        }
      : undefined,
  };
}

function readOptimizer(json: JsonObject): TrainingKit["optimizer"] {
  const [beta1, beta2] = numbers(json, "betas");
  return {
    beta1: defined(beta1, "The first beta"),
    beta2: defined(beta2, "The second beta"),
    eps: json.number("eps"),
    weightDecay: json.number("weight_decay"),
  };
}

function lossesOf(json: JsonObject): ReadonlyMap<string, number> {
  const names = json.keys().filter((key) => key !== "lr");
  return new Map(names.map((name) => [name, json.number(name)]));
}

function objects(json: JsonObject, key: string): JsonObject[] {
  const { file, code } = json;
  return json
    .array(key)
    .map((value, i) => new JsonObject(value, { file, code, path: `${key}[${i}]` }));
}

function rows(json: JsonObject, key: string): Rows {
  const list = json.array(key);
  const isRow = (row: unknown): row is readonly number[] =>
    Array.isArray(row) && row.every((value) => typeof value === "number");
  if (!list.every(isRow)) return json.fail(key, "lists of numbers");
  if (list.some((row) => row.length !== list[0]?.length)) json.fail(key, "rows of one length");
  return list;
}
