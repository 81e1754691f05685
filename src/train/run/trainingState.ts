/**
 * A run on the disk: the model as transformers reads it, what Hugging Face's classes have no place for, and the
 * optimiser's memory. Written beside and renamed, so that whenever the process ends a whole state is there.
 */

import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import { readFloatTensors } from "../../convert/checkpoint/floatTensors";
import type { Moments } from "../optimise/adamW";
import { writeSafetensors, type LateTensor, type StoredTensor } from "../output/safetensorsFile";
import { HEADS_FILE, isHead, type Parameters } from "../parameters";

const STATE_FILE = "training_state.json";
const OPTIMIZER_FILE = "optimizer.safetensors";
export const MODEL_FILE = "model.safetensors";

/** Names within a run's folder. */
const LATEST = "checkpoint";
const BEFORE_SUFFIX = ".before";
const NEXT = "checkpoint.next";
const BEST = "best";

export interface RunState {
  /** Steps that were taken. */
  readonly step: number;
  /** Of what decides the numbers: another configuration cannot go on with them. */
  readonly fingerprint: string;
  readonly moments: ReadonlyMap<string, Moments>;
}

/**
 * The folder of the last whole checkpoint of a run; nothing when it has none.
 * A process that ended between two renames left the one before.
 */
export async function latestCheckpoint(folder: string): Promise<string | undefined> {
  return await firstOf(folder, LATEST);
}

async function firstOf(folder: string, name: string): Promise<string | undefined> {
  const names = new Set(await readdir(folder).catch(() => []));
  const found = [name, `${name}${BEFORE_SUFFIX}`].find((other) => names.has(other));
  return found === undefined ? undefined : path.join(folder, found);
}

/**
 * Writes model, heads and state. The other files of a checkpoint (configuration, tokenizer) are copied.
 * @throws AppError `convert.failed` when the disk is full or refuses.
 */
export async function saveState(
  folder: string,
  parameters: Parameters,
  { step, fingerprint, moments }: RunState,
): Promise<void> {
  const next = path.join(folder, NEXT);
  try {
    await rm(next, { recursive: true, force: true });
    await mkdir(next, { recursive: true });
    await writeModel(next, parameters);
    await writeMoments(path.join(next, OPTIMIZER_FILE), parameters, moments);
    const steps = Object.fromEntries([...moments].map(([name, kept]) => [name, kept.steps]));
    await writeFile(
      path.join(next, STATE_FILE),
      `${JSON.stringify({ step, fingerprint, steps }, undefined, 2)}\n`,
    );
    await replace(path.join(folder, LATEST), next);
  } catch (cause) {
    throw new AppError(
      "convert.failed",
      `${folder}: the state after step ${step} cannot be written. Make room or give another folder; the state ` +
        "before is whole.",
      { cause, detail: { file: folder } },
    );
  }
}

/** Puts a folder in the place of another, so that at any moment one of them is whole. */
async function replace(folder: string, next: string): Promise<void> {
  const before = `${folder}${BEFORE_SUFFIX}`;
  await rm(before, { recursive: true, force: true });
  await rename(folder, before).catch(() => undefined);
  await rename(next, folder);
  await rm(before, { recursive: true, force: true });
}

/**
 * Keeps the model as it is now as the best of the run.
 * @throws AppError `convert.failed` when the disk is full or refuses.
 */
export async function saveBest(folder: string, parameters: Parameters): Promise<void> {
  const next = path.join(folder, `${BEST}.next`);
  try {
    await rm(next, { recursive: true, force: true });
    await mkdir(next, { recursive: true });
    await writeModel(next, parameters);
    await replace(path.join(folder, BEST), next);
  } catch (cause) {
    throw new AppError(
      "convert.failed",
      `${folder}: the best model so far cannot be written. Make room or give another folder.`,
      { cause, detail: { file: folder } },
    );
  }
}

/** The folder of the best model of a run; nothing when it keeps none. */
export async function bestCheckpoint(folder: string): Promise<string | undefined> {
  return await firstOf(folder, BEST);
}

export interface ModelOptions {
  /** F16 rounds to the nearest. @default "F32" */
  readonly storage?: "F32" | "F16";
}

/** Model and heads alone, with the texts of the checkpoint they come from. */
export async function writeModel(
  folder: string,
  parameters: Parameters,
  { storage = "F32" }: ModelOptions = {},
): Promise<void> {
  const from = parameters.checkpoint.folder;
  for (const name of await readdir(from)) {
    if (/\.(json|txt)$/.test(name) && !/index\.json$/.test(name) && name !== STATE_FILE) {
      await copyFile(path.join(from, name), path.join(folder, name));
    }
  }
  const model = new Map<string, LateTensor>();
  const heads = new Map<string, LateTensor>();
  for (const name of parameters.names()) {
    const tensor = { shape: parameters.shape(name), read: () => parameters.read(name) };
    (isHead(name) ? heads : model).set(name, tensor);
  }
  await writeSafetensors(path.join(folder, MODEL_FILE), model, storage);
  if (heads.size > 0) await writeSafetensors(path.join(folder, HEADS_FILE), heads, storage);
}

const FIRST = "first/";
const SECOND = "second/";

async function writeMoments(
  file: string,
  parameters: Parameters,
  moments: ReadonlyMap<string, Moments>,
): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { first, second }] of moments) {
    const shape = parameters.shape(name);
    tensors.set(FIRST + name, { shape, values: first });
    tensors.set(SECOND + name, { shape, values: second });
  }
  await writeSafetensors(file, tensors);
}

/**
 * Reads what `saveState` wrote beside the model.
 * @throws AppError `checkpoint.corrupt` when a file is damaged.
 */
export async function readState(checkpoint: string): Promise<RunState> {
  const file = path.join(checkpoint, STATE_FILE);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new AppError("checkpoint.corrupt", `${file} cannot be read. Begin the run anew.`, {
      cause,
      detail: { file },
    });
  });
  const json = JsonObject.parse(text, { file, code: "checkpoint.corrupt" });
  const steps = json.object("steps");
  const stored = await readFloatTensors(path.join(checkpoint, OPTIMIZER_FILE));
  const moments = new Map<string, Moments>();
  for (const name of steps.keys()) {
    const [first, second] = [stored.get(FIRST + name), stored.get(SECOND + name)];
    if (first === undefined || second === undefined) {
      throw new AppError(
        "checkpoint.corrupt",
        `${file} and ${OPTIMIZER_FILE} differ over ${name}.`,
      );
    }
    const count = steps.integer(name, { min: 0, max: Number.MAX_SAFE_INTEGER });
    moments.set(name, { first: first.values, second: second.values, steps: count });
  }
  return {
    step: json.integer("step", { min: 0, max: Number.MAX_SAFE_INTEGER }),
    fingerprint: json.string("fingerprint"),
    moments,
  };
}
