/** What loading a model would take of the memory, and what else could be loaded; loads nothing. */

import { openModelFolder } from "../engine/modelFolder";
import type { Manifest } from "../model/manifest";
import { memoryBytesOf } from "../model/memoryEstimate";
import { memoryFacts } from "./doctorMachine";
import { listModels, type ModelStore, resolveModel } from "./modelStore";
import { systemFiles } from "./systemFiles";

/** Sizes in bytes. */
export interface LoadPlan {
  /** About; 0 for the demo, which fits everywhere. */
  readonly neededBytes: number;
  /** Free in this machine's memory, or in the part of it that this process may use. */
  readonly availableBytes: number;
  /** The largest model of the store that was made from the same checkpoint and fits. */
  readonly smaller?: { readonly name: string; readonly neededBytes: number };
}

export interface LoadPlanOptions {
  /** As `resolveModel` takes it. */
  readonly model: string | undefined;
  readonly store: ModelStore;
  /** @default what the system says */
  readonly availableBytes?: () => Promise<number>;
}

/** @throws AppError `model.missing`, `model.corrupt`, `model.unsupported`. */
export async function planLoad(options: LoadPlanOptions): Promise<LoadPlan> {
  const { model, store, availableBytes: available = systemMemory } = options;
  const reference = await resolveModel(model, store);
  const availableBytes = await available();
  if (reference.kind === "demo") return { neededBytes: 0, availableBytes };
  const { manifest } = await openModelFolder(reference.folder);
  const neededBytes = memoryBytesOf(manifest);
  if (neededBytes <= availableBytes) return { neededBytes, availableBytes };
  const source = sourceOf(manifest);
  const stored = await listModels(store);
  const [smaller] = stored
    .flatMap(({ name, model: other }) =>
      other !== undefined && sourceOf(other.manifest) === source
        ? [{ name, neededBytes: memoryBytesOf(other.manifest) }]
        : [],
    )
    .filter((other) => other.neededBytes <= availableBytes)
    .sort((a, b) => b.neededBytes - a.neededBytes);
  return { neededBytes, availableBytes, ...(smaller === undefined ? {} : { smaller }) };
}

async function systemMemory(): Promise<number> {
  return (await memoryFacts(systemFiles())).availableBytes;
}

/** The same for models of one checkpoint. */
function sourceOf({ source }: Manifest): string {
  return source.files
    .map(({ sha256 }) => sha256)
    .sort()
    .join(" ");
}
