/** What importing a checkpoint into the store would cost, told before anything is written. */

import type { ImportPlan } from "../../model/ask/models";
import { totalmem } from "node:os";
import path from "node:path";
import { defaultProfile } from "../../model/precision/defaultProfile";
import { isBundled } from "../../model/folder/world";
import { setNamed } from "../../model/ask/modelSets";
import { type Checkpoint, openCheckpoint } from "../../convert/checkpoint/checkpoint";
import { planConversion, plannedBytes } from "../../convert/plan/conversionPlan";
import { TensorReader } from "../../convert/checkpoint/tensorReader";
import { freeBytesAt } from "../store/diskSpace";
import { findCheckpoint } from "./findCheckpoint";
import { architectureName } from "../store/modelEntries";
import { folderNames, isDemoFolderName, isPlainName, type ModelStore } from "../store/modelStore";
import type { ProfileName } from "../../model/ask/kinds";
import { quantisedMemoryBytes } from "../../model/folder/memoryEstimate";

/** Above it weights are worth making smaller; kits and demos are below, real checkpoints far above. */
const SMALL_BYTES = 200e6;

/** Folders and their temporary siblings stay far below the 255 bytes of a file system. */
const MAX_NAME_LENGTH = 80;

/**
 * Plans an import. Writes nothing and reads no weights.
 * @param source `checkpoint` as `findCheckpoint` takes it; `precision` defaults to `usualPrecision`,
 * `name` to the checkpoint's.
 * @param memoryBytes of the machine that will run the model.
 * @throws AppError `checkpoint.*`, `option.invalid` for a precision.
 */
export async function planImport(
  source: {
    readonly checkpoint: string;
    readonly precision?: string | undefined;
    readonly name?: string | undefined;
  },
  store: ModelStore,
  memoryBytes = totalmem(),
): Promise<ImportPlan> {
  const found = await findCheckpoint(source.checkpoint);
  const checkpoint = await openCheckpoint(found.folder);
  const precision = source.precision ?? (await precisionFor(checkpoint, memoryBytes));
  const name = freeName(source.name ?? found.name, await folderNames(store));
  return {
    name,
    out: path.join(store.modelsDir, name),
    precision,
    kind: checkpoint.config.kind,
    architecture: architectureName(checkpoint.config),
    sourceBytes: bytesOf(checkpoint),
    modelBytes: await modelBytesIn(checkpoint, precision),
    freeBytes: await freeBytesAt(store.modelsDir),
  };
}

/**
 * The precision that an open checkpoint gets unless somebody chooses.
 * @param memoryBytes of the machine that will run the model.
 * @throws AppError `checkpoint.incomplete`, `checkpoint.unsupported`.
 */
export async function precisionFor(
  checkpoint: Checkpoint,
  memoryBytes = totalmem(),
): Promise<string> {
  const modelBytes = (precision: string): Promise<number> => modelBytesIn(checkpoint, precision);
  return await usualPrecision(bytesOf(checkpoint), { memoryBytes, modelBytes });
}

async function modelBytesIn(checkpoint: Checkpoint, precision: string): Promise<number> {
  const reader = new TensorReader();
  try {
    return plannedBytes(planConversion({ checkpoint, precision }, reader));
  } finally {
    await reader.close();
  }
}

function bytesOf({ weightFiles }: Checkpoint): number {
  return weightFiles.reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * The precision that a checkpoint gets unless somebody chooses: a small one stays as it is, a large one
 * gets its `defaultProfile`.
 */
export async function usualPrecision(
  sourceBytes: number,
  at: {
    readonly memoryBytes: number;
    /** Bytes of the model's files in a precision. */
    readonly modelBytes: (precision: ProfileName) => Promise<number>;
  },
): Promise<string> {
  if (sourceBytes < SMALL_BYTES) return "f32";
  const balancedBytes = quantisedMemoryBytes(await at.modelBytes("balanced"));
  return defaultProfile(balancedBytes, at.memoryBytes);
}

/**
 * A name that no model of the store has, not even in another case: `blip2`, `blip2-2`, `blip2-3` …
 * @param wanted any text; what a name cannot have becomes a dash.
 */
export function freeName(wanted: string, taken: readonly string[]): string {
  const used = new Set(taken.map((name) => name.toLowerCase()));
  const base = plainName(wanted);
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}-${n}`;
    const lower = name.toLowerCase();
    const isReserved = isBundled(lower) || isDemoFolderName(name) || setNamed(lower) !== undefined;
    if (!isReserved && !used.has(lower)) return name;
  }
}

/** Names of devices on Windows, with any extension. */
const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

function plainName(wanted: string): string {
  const name = wanted
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .slice(0, MAX_NAME_LENGTH)
    .replace(/^[^A-Za-z0-9]+/, "")
    // Windows drops a dot at the end of a name.
    .replace(/[._-]+$/, "");
  return isPlainName(name) && !DEVICE_NAME.test(name) ? name : "model";
}
